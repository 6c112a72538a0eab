#include "packager/ts/packet_writer.h"

#include <gtest/gtest.h>

#include "packager/ts/program_tables.h"

namespace usher::ts {
namespace {

constexpr uint16_t kPid = 0x100;

struct Packet {
  bool start = false;
  uint16_t pid = 0;
  int counter = 0;
  Bytes payload;
};

// By ISO/IEC 13818-1 2.4.3.2 and nothing of the writer's.
std::vector<Packet> Split(ByteView bytes) {
  EXPECT_EQ(bytes.size() % 188, 0U);
  std::vector<Packet> packets;
  for (; bytes.size() >= 188; bytes = bytes.subspan(188)) {
    EXPECT_EQ(bytes[0], 0x47);
    Packet packet;
    packet.start = (bytes[1] & 0x40) != 0;
    packet.pid = static_cast<uint16_t>((bytes[1] & 0x1f) << 8 | bytes[2]);
    packet.counter = bytes[3] & 15;
    EXPECT_NE(bytes[3] & 0x10, 0);
    size_t header = 4;
    if ((bytes[3] & 0x20) != 0) header += 1 + size_t{bytes[4]};
    EXPECT_LT(header, 188U);
    packet.payload.assign(bytes.begin() + static_cast<ptrdiff_t>(header),
                          bytes.begin() + 188);
    packets.push_back(std::move(packet));
  }
  return packets;
}

Bytes Numbered(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 7);
  return bytes;
}

Bytes PayloadOf(const std::vector<Packet>& packets) {
  Bytes all;
  for (const Packet& packet : packets) {
    all.insert(all.end(), packet.payload.begin(), packet.payload.end());
  }
  return all;
}

// Around every edge at which one more packet, or a byte of stuffing, is needed.
TEST(PacketWriter, CarriesPesPacketsOfEverySizeWhole) {
  for (size_t size = 16; size < 16 + 4 * 188; ++size) {
    Bytes out;
    PacketWriter writer(out);
    const Bytes pes = Numbered(size);
    writer.Pes(kPid, {.clock = 1, .random_access = true}, pes);
    const auto packets = Split(out);
    EXPECT_EQ(PayloadOf(packets), pes);
    EXPECT_EQ(packets.size(),
              1 + (std::max<size_t>(size, 176) - 176 + 183) / 184);
    for (size_t i = 0; i < packets.size(); ++i) {
      EXPECT_EQ(packets[i].start, i == 0);
      EXPECT_EQ(packets[i].counter, static_cast<int>(i % 16));
    }
  }
}

// A PES packet of sound as Muxer writes it: one frame of silence is that small.
Bytes SoundPes(size_t payload) {
  Bytes pes = {0, 0, 1, 0xC0, 0, 0, 0x84, 0x80, 5, 0x21, 0, 1, 0, 1};
  for (size_t i = 0; i < payload; ++i) pes.push_back(static_cast<uint8_t>(i));
  pes[4] = static_cast<uint8_t>((pes.size() - 6) >> 8);
  pes[5] = static_cast<uint8_t>(pes.size() - 6);
  return pes;
}

// Regression: fifteen packets shared the header of a frame of silence, and no
// reader found its timestamp.
TEST(PacketWriter, KeepsTheHeaderOfTheLastPesPacketTogether) {
  for (size_t payload = 1; payload < 40; ++payload) {
    Bytes out;
    PacketWriter writer(out);
    const Bytes pes = SoundPes(payload);
    writer.LastPes(kPid, {}, pes);
    const auto packets = Split(out);
    ASSERT_EQ(packets.size(), 16u);
    const Bytes all = PayloadOf(packets);
    const Bytes& first = packets.front().payload;
    ASSERT_GE(first.size(), 14u);
    EXPECT_TRUE(
        std::equal(first.begin() + 9, first.begin() + 14, pes.begin() + 9));
    const size_t header = 9 + size_t{all[8]};
    EXPECT_EQ(all[4] << 8 | all[5], static_cast<int>(all.size()) - 6);
    EXPECT_EQ(Bytes(all.begin() + static_cast<ptrdiff_t>(header), all.end()),
              Bytes(pes.begin() + 14, pes.end()));
  }
}

TEST(PacketWriter, EndsASegmentSoThatTheNextOnesCounterIsZero) {
  for (size_t before = 0; before < 20; ++before) {
    for (const size_t size : {16, 31, 32, 176, 177, 184, 360, 5000}) {
      Bytes out;
      PacketWriter writer(out);
      for (size_t i = 0; i < before; ++i) writer.Pes(kPid, {}, Numbered(20));
      const Bytes pes = SoundPes(size);
      writer.LastPes(kPid, {}, pes);
      auto packets = Split(out);
      EXPECT_EQ(packets.size() % 16, 0U);
      EXPECT_EQ(packets.back().counter, 15);
      packets.erase(packets.begin(),
                    packets.begin() + static_cast<ptrdiff_t>(before));
      EXPECT_EQ(PayloadOf(packets), pes);
    }
  }
}

TEST(PacketWriter, TellsTheClockIn33Bits) {
  Bytes out;
  PacketWriter writer(out);
  const uint64_t clock = (uint64_t{1} << 33) + 0x123456789;
  writer.Pes(kPid, {.clock = clock, .random_access = true}, Numbered(16));
  EXPECT_EQ(out[5], 0x50);
  const uint64_t base = uint64_t{out[6]} << 25 | uint64_t{out[7]} << 17 |
                        uint64_t{out[8]} << 9 | uint64_t{out[9]} << 1 |
                        out[10] >> 7;
  EXPECT_EQ(base, 0x123456789U);
  EXPECT_EQ(out[10] & 1, 0);
  EXPECT_EQ(out[11], 0);
}

// A CRC over a whole section, its own CRC counted, is 0 (Annex A).
TEST(ProgramTables, EndInTheirCrc) {
  for (const Bytes& section : {ProgramAssociation(), ProgramMap(kPid, 0x1B)}) {
    uint32_t crc = 0xFFFFFFFF;
    for (const uint8_t byte : section) {
      for (int bit = 7; bit >= 0; --bit) {
        const bool carry =
            (crc >> 31) != static_cast<uint32_t>(byte >> bit & 1);
        crc = crc << 1 ^ (carry ? 0x04C11DB7U : 0);
      }
    }
    EXPECT_EQ(crc, 0U);
    EXPECT_EQ((section[1] & 15) << 8 | section[2],
              static_cast<int>(section.size()) - 3);
  }
}

}  // namespace
}  // namespace usher::ts

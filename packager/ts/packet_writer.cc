#include "packager/ts/packet_writer.h"

#include <algorithm>

namespace usher::ts {
namespace {

constexpr size_t kCounters = 16;
constexpr size_t kBody = kPacketSize - 4;
constexpr size_t kClockField = 8;  // length, flags, PCR
constexpr size_t kFirstBody = kBody - kClockField;

size_t PacketsFor(size_t bytes) {
  if (bytes <= kFirstBody) return 1;
  return 1 + (bytes - kFirstBody + kBody - 1) / kBody;
}

// 33 bits at 90 kHz, 6 reserved bits, 9 bits of extension: 0.
void WriteClock(ByteWriter& out, uint64_t clock) {
  clock &= (uint64_t{1} << 33) - 1;
  out.U32(static_cast<uint32_t>(clock >> 1));
  out.U16(static_cast<uint16_t>((clock & 1) << 15 | 0x7E00));
}

// `size` bytes, the length byte counted.
void WriteStuffing(ByteWriter& out, size_t size) {
  constexpr uint8_t kStuffing = 0xFF;
  out.U8(static_cast<uint8_t>(size - 1));
  if (size == 1) return;
  out.U8(0);
  for (size_t i = 2; i < size; ++i) out.U8(kStuffing);
}

void WriteStartField(ByteWriter& out, const PesStart& start, size_t size) {
  constexpr uint8_t kRandomAccess = 0x40;
  constexpr uint8_t kHasClock = 0x10;
  out.U8(static_cast<uint8_t>(size - 1));
  out.U8(kHasClock | (start.random_access ? kRandomAccess : 0));
  WriteClock(out, start.clock);
  for (size_t i = kClockField; i < size; ++i) out.U8(0xFF);
}

constexpr size_t kHeaderLengthAt = 8;

// 2.4.3.7: what lies in front of the payload.
size_t PesHeaderSize(ByteView pes) {
  return std::min(pes.size(), kHeaderLengthAt + 1 + pes[kHeaderLengthAt]);
}

// The same with `stuffing` bytes, at most 15, behind its header's fields.
Bytes Stuffed(ByteView pes, size_t header, size_t stuffing) {
  constexpr size_t kLengthAt = 4;
  Bytes stuffed(pes.begin(), pes.end());
  stuffed.insert(stuffed.begin() + static_cast<ptrdiff_t>(header), stuffing,
                 0xFF);
  stuffed[kHeaderLengthAt] += static_cast<uint8_t>(stuffing);
  const size_t length =
      size_t{stuffed[kLengthAt]} << 8 | stuffed[kLengthAt + 1];
  if (length != 0) {  // it is said
    stuffed[kLengthAt] = static_cast<uint8_t>((length + stuffing) >> 8);
    stuffed[kLengthAt + 1] = static_cast<uint8_t>(length + stuffing);
  }
  return stuffed;
}

}  // namespace

void PacketWriter::Section(uint16_t pid, uint64_t counter, ByteView section) {
  Header(pid, true, false, counter);
  out_.U8(0);  // pointer_field
  out_.Append(section);
  for (size_t i = 1 + section.size(); i < kBody; ++i) out_.U8(0xFF);
}

void PacketWriter::Pes(uint16_t pid, const PesStart& start, ByteView pes) {
  Spread(pid, start, pes, PacketsFor(pes.size()));
}

void PacketWriter::LastPes(uint16_t pid, const PesStart& start, ByteView pes) {
  const size_t least = PacketsFor(pes.size());
  const size_t over = (packets_ + least) % kCounters;
  const size_t packets = over == 0 ? least : least + kCounters - over;
  const size_t header = PesHeaderSize(pes);
  const size_t wanted = header + packets - 1;
  if (pes.size() >= wanted) return Spread(pid, start, pes, packets);
  Spread(pid, start, Stuffed(pes, header, wanted - pes.size()), packets);
}

void PacketWriter::Spread(uint16_t pid, const PesStart& start, ByteView pes,
                          size_t packets) {
  for (size_t left = packets; left > 0; --left) {
    const bool first = left == packets;
    // Packets are filled as long as each later one keeps a byte.
    const size_t most = first ? kFirstBody : kBody;
    const size_t size = std::min(most, pes.size() - (left - 1));
    Header(pid, first, first || size < kBody, packets_++);
    if (first) {
      WriteStartField(out_, start, kBody - size);
    } else if (size < kBody) {
      WriteStuffing(out_, kBody - size);
    }
    out_.Append(pes.first(size));
    pes = pes.subspan(size);
  }
}

void PacketWriter::Header(uint16_t pid, bool start, bool field,
                          uint64_t counter) {
  constexpr uint8_t kSync = 0x47;
  constexpr uint16_t kUnitStart = 0x4000;
  constexpr uint8_t kPayload = 0x10;
  constexpr uint8_t kField = 0x20;
  out_.U8(kSync);
  out_.U16(static_cast<uint16_t>(pid | (start ? kUnitStart : 0)));
  out_.U8(static_cast<uint8_t>(kPayload | (field ? kField : 0) |
                               counter % kCounters));
}

}  // namespace usher::ts

#include "packager/track/opus_config.h"

#include <array>

#include "core/base/byte_writer.h"

namespace usher {
namespace {

constexpr size_t kHeadSize = 19;  // up to the mapping family
constexpr size_t kMagicSize = 8;

auto Broken(const char* what) {
  return BadInput("Opus header", what, "encode or re-mux the sound again");
}

uint32_t LittleEndian(ByteView bytes) {
  uint32_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

// Table 2 of RFC 6716, in samples.
uint32_t FrameSize(unsigned config) {
  constexpr std::array<uint32_t, 4> kSilk = {480, 960, 1920, 2880};
  constexpr std::array<uint32_t, 2> kHybrid = {480, 960};
  constexpr std::array<uint32_t, 4> kCelt = {120, 240, 480, 960};
  if (config < 12) return kSilk[config % 4];
  if (config < 16) return kHybrid[config % 2];
  return kCelt[config % 4];
}

}  // namespace

Result<OpusConfig> OpusConfig::FromHead(ByteView head) {
  if (head.size() < kHeadSize || AsText(head.first(kMagicSize)) != "OpusHead") {
    return Broken("is missing");
  }
  OpusConfig config;
  config.channels = head[9];
  config.pre_skip = static_cast<uint16_t>(LittleEndian(head.subspan(10, 2)));
  const uint8_t family = head[18];
  // A mapping table: streams, coupled streams, one byte a channel.
  const size_t table = family == 0 ? 0 : 2 + size_t{config.channels};
  if (config.channels == 0 || head.size() < kHeadSize + table) {
    return Broken("is cut short");
  }
  ByteWriter out(config.box);
  out.U8(0);  // Version
  out.U8(head[9]);
  out.U16(config.pre_skip);
  out.U32(LittleEndian(head.subspan(12, 4)));
  out.U16(static_cast<uint16_t>(LittleEndian(head.subspan(16, 2))));
  out.U8(family);
  out.Append(head.subspan(kHeadSize, table));
  return config;
}

uint32_t OpusDuration(ByteView packet) {
  constexpr uint32_t kMaxSamples = 5760;  // 120 ms
  if (packet.empty()) return 0;
  uint32_t frames = 1;
  const unsigned code = packet[0] & 3;
  if (code == 1 || code == 2) frames = 2;
  if (code == 3) frames = packet.size() < 2 ? 0 : packet[1] & 0x3f;
  const uint32_t samples = frames * FrameSize(packet[0] >> 3);
  return samples <= kMaxSamples ? samples : 0;
}

}  // namespace usher

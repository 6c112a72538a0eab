#include "packager/track/av1_config.h"

#include <cstdio>

#include "packager/track/bit_reader.h"
#include "packager/track/obu.h"

namespace usher {
namespace {

bool BelongsIntoSample(const Obu& obu) {
  return obu.type != ObuType::kTemporalDelimiter &&
         obu.type != ObuType::kPadding;
}

bool IsShownKeyFrame(ByteView payload) {
  BitReader bits(payload);
  const bool shows_existing = bits.Flag();
  const bool key = bits.Bits(2) == 0;
  const bool shown = bits.Flag();
  return !bits.overrun() && !shows_existing && key && shown;
}

}  // namespace

Result<std::string> Av1Codecs(ByteView av1c) {
  constexpr uint8_t kMarkerAndVersion = 0x81;
  if (av1c.size() < 4 || av1c[0] != kMarkerAndVersion) {
    return BadInput("AV1 decoder configuration", "is no av1C record",
                    "encode or re-mux the film again");
  }
  const unsigned depth = (av1c[2] & 0x40) == 0   ? 8
                         : (av1c[2] & 0x20) != 0 ? 12
                                                 : 10;
  char text[32];
  std::snprintf(text, sizeof text, "av01.%u.%02u%c.%02u", av1c[1] >> 5U,
                av1c[1] & 31U, (av1c[2] & 0x80) != 0 ? 'H' : 'M', depth);
  return std::string(text);
}

bool IsAv1KeySample(ByteView sample) {
  Obus obus(sample);
  while (const auto obu = obus.Next()) {
    if (obu->type == ObuType::kFrame || obu->type == ObuType::kFrameHeader) {
      return IsShownKeyFrame(obu->payload);
    }
  }
  return false;
}

Bytes Av1Sample(ByteView temporal_unit) {
  Bytes sample;
  Obus obus(temporal_unit);
  while (const auto obu = obus.Next()) {
    if (!BelongsIntoSample(*obu)) continue;
    sample.insert(sample.end(), obu->whole.begin(), obu->whole.end());
  }
  return sample;
}

bool IsTidyAv1Sample(ByteView temporal_unit) {
  Obus obus(temporal_unit);
  while (const auto obu = obus.Next()) {
    if (!BelongsIntoSample(*obu)) return false;
  }
  return true;
}

}  // namespace usher

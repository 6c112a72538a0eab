#include "packager/track/vp9_config.h"

#include <array>
#include <cstdio>

#include "core/base/byte_writer.h"

namespace usher {
namespace {

struct Level {
  uint8_t number;
  uint64_t sample_rate;
  uint64_t picture_size;
};

// VP9 bitstream specification, Annex A.
constexpr std::array<Level, 14> kLevels = {{{10, 829440, 36864},
                                            {11, 2764800, 73728},
                                            {20, 4608000, 122880},
                                            {21, 9216000, 245760},
                                            {30, 20736000, 552960},
                                            {31, 36864000, 983040},
                                            {40, 83558400, 2228224},
                                            {41, 160432128, 2228224},
                                            {50, 311951360, 8912896},
                                            {51, 588251136, 8912896},
                                            {52, 1176502272, 8912896},
                                            {60, 1176502272, 35651584},
                                            {61, 2353004544, 35651584},
                                            {62, 4706009088, 35651584}}};

uint8_t LevelOf(uint64_t picture_size, double frame_rate) {
  constexpr double kUsualRate = 30;
  const double rate = static_cast<double>(picture_size) *
                      (frame_rate > 0 ? frame_rate : kUsualRate);
  for (const Level& level : kLevels) {
    if (picture_size <= level.picture_size &&
        rate <= static_cast<double>(level.sample_rate)) {
      return level.number;
    }
  }
  return kLevels.back().number;
}

}  // namespace

Vp9Config Vp9Config::From(const Vp9Header& header, const Vp9Colour& colour,
                          uint64_t picture_size, double frame_rate) {
  const uint8_t level = LevelOf(picture_size, frame_rate);
  Vp9Config config;
  ByteWriter out(config.box);
  out.U32(0x01000000);  // version 1
  out.U8(static_cast<uint8_t>(header.profile));
  out.U8(level);
  out.U8(static_cast<uint8_t>(header.bit_depth << 4 | header.subsampling << 1 |
                              (header.full_range ? 1 : 0)));
  out.U8(colour.primaries);
  out.U8(colour.transfer);
  out.U8(colour.matrix);
  out.U16(0);
  char text[32];
  std::snprintf(text, sizeof text, "vp09.%02u.%02u.%02u", header.profile, level,
                header.bit_depth);
  config.codecs = text;
  return config;
}

}  // namespace usher

#include "packager/input/picture_signals.h"

extern "C" {
#include <libavutil/dovi_meta.h>
#include <libavutil/mastering_display_metadata.h>
}

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "core/base/byte_writer.h"

namespace usher {
namespace {

template <typename T>
const T* SideData(const AVStream& stream, AVPacketSideDataType type) {
  size_t size = 0;
  const uint8_t* data = av_stream_get_side_data(&stream, type, &size);
  return size < sizeof(T) ? nullptr : reinterpret_cast<const T*>(data);
}

// libav's numbers are those of H.273; RGB, the matrix 0, is no film's.
uint8_t CodePoint(int value) {
  constexpr int kReserved = 0;
  if (value <= kReserved || value > 255) return Colour::kUnspecified;
  return static_cast<uint8_t>(value);
}

Colour ColourOf(const AVCodecParameters& parameters) {
  Colour colour;
  colour.primaries = CodePoint(parameters.color_primaries);
  colour.transfer = CodePoint(parameters.color_trc);
  colour.matrix = CodePoint(parameters.color_space);
  colour.full_range = parameters.color_range == AVCOL_RANGE_JPEG;
  return colour;
}

uint64_t InUnits(AVRational value, double unit, uint64_t most) {
  const double units = std::round(av_q2d(value) / unit);
  return static_cast<uint64_t>(
      std::clamp(units, 0.0, static_cast<double>(most)));
}

// Primaries in the order of the SEI message: green, blue, red.
Bytes MasteringDisplayOf(const AVStream& stream) {
  constexpr double kChromaticity = 0.00002;
  constexpr double kLuminance = 0.0001;  // cd/m2
  const auto* display = SideData<AVMasteringDisplayMetadata>(
      stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA);
  Bytes body;
  if (display == nullptr || display->has_primaries == 0 ||
      display->has_luminance == 0) {
    return body;
  }
  ByteWriter out(body);
  const auto write = [&](const AVRational(&point)[2]) {
    for (const AVRational& each : point) {
      out.U16(static_cast<uint16_t>(InUnits(each, kChromaticity, UINT16_MAX)));
    }
  };
  for (const int colour : {1, 2, 0}) write(display->display_primaries[colour]);
  write(display->white_point);
  for (const AVRational& level :
       {display->max_luminance, display->min_luminance}) {
    out.U32(static_cast<uint32_t>(InUnits(level, kLuminance, UINT32_MAX)));
  }
  return body;
}

Bytes ContentLightOf(const AVStream& stream) {
  const auto* light =
      SideData<AVContentLightMetadata>(stream, AV_PKT_DATA_CONTENT_LIGHT_LEVEL);
  Bytes body;
  if (light == nullptr) return body;
  ByteWriter out(body);
  for (const unsigned level : {light->MaxCLL, light->MaxFALL}) {
    out.U16(static_cast<uint16_t>(std::min(level, 0xFFFFU)));
  }
  return body;
}

// DOVIDecoderConfigurationRecord (Dolby Vision Streams within ISOBMFF 3.2). Of
// other profiles the base layer is no film of its own.
Bytes DolbyVisionOf(const AVStream& stream) {
  constexpr int kBackwardCompatible = 8;
  constexpr size_t kReserved = 20;
  const auto* dolby =
      SideData<AVDOVIDecoderConfigurationRecord>(stream, AV_PKT_DATA_DOVI_CONF);
  Bytes body;
  if (dolby == nullptr || dolby->dv_profile != kBackwardCompatible ||
      dolby->bl_present_flag == 0) {
    return body;
  }
  ByteWriter out(body);
  out.U8(dolby->dv_version_major);
  out.U8(dolby->dv_version_minor);
  out.U16(static_cast<uint16_t>(dolby->dv_profile << 9 | dolby->dv_level << 3 |
                                dolby->rpu_present_flag << 2 |
                                dolby->el_present_flag << 1 |
                                dolby->bl_present_flag));
  out.U8(static_cast<uint8_t>(dolby->dv_bl_signal_compatibility_id << 4));
  out.Zeros(kReserved - 1);
  return body;
}

// a b u c d v x y w of ISO/IEC 14496-12 6.2.2, without u, v, x, y, w: the
// signs of a, b, c and d.
using Turn = std::array<int, 4>;
constexpr std::array<Turn, 4> kQuarters = {
    Turn{1, 0, 0, 1}, Turn{0, 1, -1, 0}, Turn{-1, 0, 0, -1}, Turn{0, -1, 1, 0}};

// How many quarters clockwise; nothing where it is another transformation.
std::optional<uint16_t> QuartersOf(const AVStream& stream) {
  using Matrix = std::array<int32_t, 9>;
  const auto* matrix = SideData<Matrix>(stream, AV_PKT_DATA_DISPLAYMATRIX);
  if (matrix == nullptr) return 0;
  const auto sign = [&](size_t i) {
    return ((*matrix)[i] > 0) - ((*matrix)[i] < 0);
  };
  const Turn turn = {sign(0), sign(1), sign(3), sign(4)};
  const auto found = std::ranges::find(kQuarters, turn);
  if (found == kQuarters.end()) return std::nullopt;
  return static_cast<uint16_t>(found - kQuarters.begin());
}

}  // namespace

void DescribePicture(const AVStream& stream, Track& track) {
  track.colour = ColourOf(*stream.codecpar);
  track.picture_boxes = {MasteringDisplayOf(stream), ContentLightOf(stream),
                         DolbyVisionOf(stream)};
  track.rotation = static_cast<uint16_t>(90 * QuartersOf(stream).value_or(0));
}

bool IsTurnedOddly(const AVStream& stream) { return !QuartersOf(stream); }

}  // namespace usher

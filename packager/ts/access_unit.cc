#include "packager/ts/access_unit.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "core/base/byte_writer.h"
#include "packager/track/aac_config.h"
#include "packager/track/avc_config.h"
#include "packager/track/nal_units.h"

namespace usher::ts {
namespace {

constexpr uint8_t kDelimiter = 9;

std::unexpected<Error> Refuse(const Track& track, std::string what) {
  return BadInput("track " + track.name, std::move(what),
                  "use --container cmaf, which is the default");
}

void AppendUnit(ByteView unit, Bytes& out) {
  constexpr std::array<uint8_t, 4> kStartCode = {0, 0, 0, 1};
  out.insert(out.end(), kStartCode.begin(), kStartCode.end());
  out.insert(out.end(), unit.begin(), unit.end());
}

class AvcWriter final : public AccessUnitWriter {
 public:
  AvcWriter(std::string track_name, const AvcConfig& config)
      : track_name_(std::move(track_name)),
        length_size_(config.length_size()),
        parameter_sets_(config.ParameterSets()) {}

  Status Append(ByteView sample, bool key, Bytes& out) const override {
    constexpr std::array<uint8_t, 2> kAnyPicture = {kDelimiter, 0xF0};
    AppendUnit(kAnyPicture, out);
    if (key) {
      for (const Bytes& set : parameter_sets_) AppendUnit(set, out);
    }
    auto units = NalUnits::LengthPrefixed(sample, length_size_);
    while (const auto unit = units.Next()) {
      if (((*unit)[0] & 0x1f) != kDelimiter) AppendUnit(*unit, out);
    }
    if (!units.damaged()) return {};
    return BadInput("track " + track_name_, "has a broken NAL unit",
                    "encode or re-mux the film again");
  }

 private:
  std::string track_name_;
  uint8_t length_size_;
  std::vector<Bytes> parameter_sets_;
};

class AdtsWriter final : public AccessUnitWriter {
 public:
  // `profile` is the core's object type less one.
  AdtsWriter(uint8_t profile, uint8_t rate_index, uint8_t channels)
      : profile_(profile), rate_index_(rate_index), channels_(channels) {}

  Status Append(ByteView sample, bool /*key*/, Bytes& out) const override {
    constexpr size_t kHeader = 7;
    constexpr size_t kLongest = (1 << 13) - 1;
    const size_t size = kHeader + sample.size();
    if (size > kLongest) {
      return BadInput("AAC", "has a frame of more than 8 KB",
                      "encode or re-mux the sound again");
    }
    ByteWriter writer(out);
    writer.U16(0xFFF1);  // MPEG-4, no CRC
    writer.U8(static_cast<uint8_t>(profile_ << 6 | rate_index_ << 2 |
                                   channels_ >> 2));
    // Channels, frame length, buffer fullness (variable rate), one frame.
    writer.U8(static_cast<uint8_t>((channels_ & 3) << 6 | size >> 11));
    writer.U24(static_cast<uint32_t>((size & 0x7FF) << 13 | 0x1FFC));
    writer.Append(sample);
    return {};
  }

 private:
  uint8_t profile_;
  uint8_t rate_index_;
  uint8_t channels_;
};

Result<std::unique_ptr<AccessUnitWriter>> MakeAdts(const Track& track) {
  constexpr std::array<uint32_t, 13> kRates = {
      96000, 88200, 64000, 48000, 44100, 32000, 24000,
      22050, 16000, 12000, 11025, 8000,  7350};
  const auto config = AacConfig::Parse(track.decoder_config);
  if (!config) return std::unexpected(config.error());
  const auto* const rate = std::ranges::find(kRates, config->core_sample_rate);
  if (rate == kRates.end() || config->channel_configuration == 0 ||
      config->channel_configuration > 7 || config->core_object_type > 4 ||
      config->core_frame_size != 1024) {
    return Refuse(track, "is AAC of a form that ADTS, and so MPEG-TS, lacks");
  }
  return std::make_unique<AdtsWriter>(
      static_cast<uint8_t>(config->core_object_type - 1),
      static_cast<uint8_t>(rate - kRates.begin()),
      static_cast<uint8_t>(config->channel_configuration));
}

}  // namespace

Result<std::unique_ptr<AccessUnitWriter>> MakeAccessUnitWriter(
    const Track& track) {
  switch (track.codec) {
    case Codec::kH264: {
      const auto config = AvcConfig::FromRecord(track.decoder_config);
      if (!config) return std::unexpected(config.error());
      return std::make_unique<AvcWriter>(track.name, *config);
    }
    case Codec::kAac:
      return MakeAdts(track);
    default:
      return Refuse(track, "is " + track.codecs +
                               ", which old devices do not take in MPEG-TS");
  }
}

}  // namespace usher::ts

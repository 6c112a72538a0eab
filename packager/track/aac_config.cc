#include "packager/track/aac_config.h"

#include <array>
#include <optional>

#include "packager/track/bit_reader.h"

namespace usher {
namespace {

constexpr std::array<uint32_t, 13> kSampleRates = {
    96000, 88200, 64000, 48000, 44100, 32000, 24000,
    22050, 16000, 12000, 11025, 8000,  7350};
constexpr unsigned kEscapedRate = 15;
constexpr unsigned kEscapedObjectType = 31;
constexpr uint32_t kMaxSampleRate = 192000;

auto Broken(std::string what) {
  return BadInput("AAC decoder configuration", std::move(what),
                  "encode or re-mux the sound again");
}

unsigned ReadObjectType(BitReader& bits) {
  const unsigned type = bits.Bits(5);
  return type == kEscapedObjectType ? 32 + bits.Bits(6) : type;
}

// 0 where the index is reserved.
uint32_t ReadSampleRate(BitReader& bits) {
  const unsigned index = bits.Bits(4);
  if (index == kEscapedRate) return bits.Bits(24);
  return index < kSampleRates.size() ? kSampleRates[index] : 0;
}

bool IsGeneralAudio(unsigned object_type) {
  return object_type >= 1 && object_type <= 4;
}

// The extension that tells of SBR behind a configuration old decoders can
// read (1.6.6.1, "backward compatible explicit signalling").
void ReadSyncExtension(BitReader& bits, AacConfig& config) {
  constexpr uint32_t kSyncExtension = 0x2b7;
  constexpr uint32_t kParametricStereo = 0x548;
  if (bits.bits_left() < 16 || bits.Bits(11) != kSyncExtension) return;
  if (ReadObjectType(bits) != AacConfig::kSbr || bits.Bits(1) == 0) return;
  config.object_type = AacConfig::kSbr;
  config.sample_rate = ReadSampleRate(bits);
  if (bits.bits_left() >= 12 && bits.Bits(11) == kParametricStereo &&
      bits.Bits(1) == 1) {
    config.object_type = AacConfig::kPs;
  }
}

bool IsPlausible(const AacConfig& config) {
  return config.core_sample_rate != 0 &&
         config.sample_rate >= config.core_sample_rate &&
         config.sample_rate <= kMaxSampleRate &&
         config.sample_rate % config.core_sample_rate == 0;
}

}  // namespace

Result<AacConfig> AacConfig::Parse(ByteView data) {
  AacConfig config;
  BitReader bits(data);
  unsigned core_type = ReadObjectType(bits);
  config.object_type = core_type;
  config.core_sample_rate = ReadSampleRate(bits);
  config.sample_rate = config.core_sample_rate;
  config.channel_configuration = bits.Bits(4);
  if (core_type == kSbr || core_type == kPs) {
    config.sample_rate = ReadSampleRate(bits);
    core_type = ReadObjectType(bits);
  }
  if (!IsGeneralAudio(core_type)) {
    return Broken("names object type " + std::to_string(core_type) +
                  ", which is not AAC");
  }
  config.core_object_type = core_type;
  if (bits.Bits(1) == 1) config.core_frame_size = 960;  // frameLengthFlag
  if (bits.Bits(1) == 1) bits.Bits(14);                 // coreCoderDelay
  const bool has_extension = bits.Bits(1) == 1;
  if (bits.overrun()) return Broken("is cut short");
  if (config.object_type == core_type && !has_extension &&
      config.channel_configuration != 0) {
    ReadSyncExtension(bits, config);
  }
  if (!IsPlausible(config)) return Broken("has an impossible sample rate");
  return config;
}

std::string AacConfig::Codecs() const {
  return "mp4a.40." + std::to_string(object_type);
}

}  // namespace usher

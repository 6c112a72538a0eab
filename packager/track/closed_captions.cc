#include "packager/track/closed_captions.h"

#include <algorithm>
#include <array>
#include <optional>

#include "packager/track/nal_units.h"
#include "packager/track/obu.h"

namespace usher {
namespace {

// ITU-T T.35 messages that begin with country, provider, what the provider
// calls it, and its type.
constexpr std::array<uint8_t, 8> kAtsc = {0xb5, 0x00, 0x31, 'G',
                                          'A',  '9',  '4',  0x03};
constexpr std::array<uint8_t, 4> kDirecTv = {0xb5, 0x00, 0x2f, 0x03};

bool IsCaptionData(ByteView message) {
  const auto begins = [&](ByteView head) {
    return std::ranges::equal(
        message.first(std::min(message.size(), head.size())), head);
  };
  return begins(kAtsc) || begins(kDirecTv);
}

// A number of SEI: bytes of 255, and one that is less (ITU-T H.264 7.3.2.3.1).
std::optional<size_t> TakeSeiNumber(ByteView& rest) {
  size_t number = 0;
  while (!rest.empty()) {
    const uint8_t byte = rest.front();
    rest = rest.subspan(1);
    number += byte;
    if (byte != 0xff) return number;
  }
  return std::nullopt;
}

// `messages` follows the NAL unit's header.
bool HasCaptionMessage(ByteView messages) {
  constexpr size_t kLongest = 1 << 16;
  constexpr size_t kUserDataRegistered = 4;  // ITU-T H.264 and H.265 D.1
  const Bytes bytes = Unescaped(messages, kLongest);
  ByteView rest(bytes);
  // One byte is left for rbsp_trailing_bits.
  while (rest.size() > 2) {
    const auto type = TakeSeiNumber(rest);
    const auto size = TakeSeiNumber(rest);
    if (!type || !size || *size > rest.size()) return false;
    if (*type == kUserDataRegistered && IsCaptionData(rest.first(*size))) {
      return true;
    }
    rest = rest.subspan(*size);
  }
  return false;
}

// SEI of captions stands in front of the picture.
bool InH264(const Track& track, ByteView sample) {
  if (track.decoder_config.size() < 5) return false;
  const auto length_size =
      static_cast<uint8_t>((track.decoder_config[4] & 3) + 1);
  NalUnits units = NalUnits::LengthPrefixed(sample, length_size);
  while (const auto unit = units.Next()) {
    const NalType type = NalTypeOf(*unit);
    if (type >= NalType::kSlice && type <= NalType::kIdrSlice) return false;
    if (type == NalType::kSei && HasCaptionMessage(unit->subspan(1))) {
      return true;
    }
  }
  return false;
}

bool InHevc(const Track& track, ByteView sample) {
  constexpr size_t kHeader = 2;
  if (track.decoder_config.size() < 22) return false;
  const auto length_size =
      static_cast<uint8_t>((track.decoder_config[21] & 3) + 1);
  NalUnits units = NalUnits::LengthPrefixed(sample, length_size);
  while (const auto unit = units.Next()) {
    const HevcNalType type = HevcNalTypeOf(*unit);
    if (type < HevcNalType::kVideoParameterSet) return false;
    if (type == HevcNalType::kPrefixSei && unit->size() > kHeader &&
        HasCaptionMessage(unit->subspan(kHeader))) {
      return true;
    }
  }
  return false;
}

// metadata_itut_t35 (AV1 bitstream specification 5.8.2, 6.7.2).
bool InAv1(ByteView sample) {
  constexpr uint8_t kItutT35 = 4;
  Obus obus(sample);
  while (const auto obu = obus.Next()) {
    if (obu->type == ObuType::kFrame || obu->type == ObuType::kFrameHeader) {
      return false;
    }
    if (obu->type == ObuType::kMetadata && !obu->payload.empty() &&
        obu->payload.front() == kItutT35 &&
        IsCaptionData(obu->payload.subspan(1))) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool CarriesCaptions(const Track& track, ByteView sample) {
  switch (track.codec) {
    case Codec::kH264:
      return InH264(track, sample);
    case Codec::kHevc:
      return InHevc(track, sample);
    case Codec::kAv1:
      return InAv1(sample);
    default:
      return false;
  }
}

}  // namespace usher

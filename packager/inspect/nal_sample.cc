#include "packager/inspect/nal_sample.h"

#include <algorithm>

#include "packager/encrypt/h264/decoder_config.h"
#include "packager/encrypt/h264/nal_unit.h"
#include "packager/encrypt/h264/slice_header.h"
#include "packager/encrypt/hevc/decoder_config.h"
#include "packager/encrypt/hevc/nal_unit.h"
#include "packager/encrypt/hevc/slice_header.h"

namespace usher::inspect {
namespace {

constexpr uint8_t kRaslN = 8;  // ITU-T H.265 table 7-1
constexpr uint8_t kRaslR = 9;

bool IsPicture(NalCodec codec, ByteView unit) {
  if (codec == NalCodec::kH264) return h264::IsVcl(unit);
  return hevc::IsVcl(unit);
}

bool IsKeyPicture(NalCodec codec, ByteView unit) {
  if (codec == NalCodec::kH264) {
    return h264::NalType(unit) == h264::kIdrSliceNal;
  }
  const uint8_t type = hevc::NalType(unit);
  return type >= hevc::kFirstIrapNal && type <= hevc::kLastIrapNal;
}

bool RefersBack(NalCodec codec, ByteView unit) {
  return codec == NalCodec::kHevc &&
         (hevc::NalType(unit) == kRaslN || hevc::NalType(unit) == kRaslR);
}

// How many of the bytes [begin, end) of the sample lie in front of the first
// protected one; all of them where none is.
size_t ClearPrefix(std::span<const Subsample> subsamples, size_t begin,
                   size_t end) {
  size_t at = 0;
  for (const Subsample& part : subsamples) {
    const size_t from = at + part.clear;
    at = from + part.encrypted;
    if (from < at && from < end && begin < at) {
      return from > begin ? from - begin : 0;
    }
  }
  return end - begin;
}

// ITU-T H.264 7.4.1, H.265 7.4.2.
bool IsImpossible(ByteView unit) {
  if (unit.back() == 0) return true;
  for (size_t i = 2; i < unit.size(); ++i) {
    if (unit[i] < 3 && unit[i - 1] == 0 && unit[i - 2] == 0) return true;
  }
  return false;
}

}  // namespace

NalInspector::NalInspector(const MediaTrack& track) : track_(track) {
  if (track.nal_codec == NalCodec::kHevc) {
    if (auto config = hevc::ParseDecoderConfig(track.decoder_config)) {
      hevc_sets_ = std::move(config->parameter_sets);
    }
    knows_sets_ = !hevc_sets_.empty();
    return;
  }
  if (track.nal_codec != NalCodec::kH264) return;
  if (auto config = h264::ParseDecoderConfig(track.decoder_config)) {
    h264_sets_ = std::move(config->parameter_sets);
  }
  constexpr uint32_t kMaxPps = 256;
  for (uint32_t id = 0; id < kMaxPps; ++id) {
    knows_sets_ = knows_sets_ || h264_sets_.FindPps(id) != nullptr;
  }
}

NalFacts NalInspector::LookAt(ByteView sample,
                              const SampleEncryption* encryption) {
  NalFacts facts;
  const SampleEncryption whole{{}, {{0, static_cast<uint32_t>(sample.size())}}};
  if (encryption != nullptr && encryption->subsamples.empty()) {
    encryption = &whole;
  }
  std::span<const Subsample> subsamples;
  if (encryption != nullptr) subsamples = encryption->subsamples;
  size_t at = 0;
  while (at < sample.size()) {
    const size_t length_size = track_.nal_length_size;
    if (sample.size() - at < length_size) break;
    if (ClearPrefix(subsamples, at, at + length_size) < length_size) {
      facts.header_protected = true;
      return facts;  // nothing behind it can be found
    }
    mp4::FieldReader length(sample.subspan(at, length_size));
    size_t size = 0;
    for (size_t i = 0; i < length_size; ++i) size = size << 8 | length.U8();
    at += length_size;
    if (size > sample.size() - at) break;
    if (size > 0) {
      LookAtUnit(sample.subspan(at, size), at, subsamples, facts);
    }
    at += size;
  }
  facts.whole = at == sample.size();
  return facts;
}

void NalInspector::LookAtUnit(ByteView unit, size_t offset,
                              std::span<const Subsample> subsamples,
                              NalFacts& facts) {
  const NalCodec codec = track_.nal_codec;
  const size_t header = codec == NalCodec::kHevc ? 2 : 1;
  const size_t clear = ClearPrefix(subsamples, offset, offset + unit.size());
  if (clear < std::min(header, unit.size())) {
    facts.header_protected = true;
    return;
  }
  if (!IsPicture(codec, unit)) {
    if (clear < unit.size()) facts.other_protected = true;
    codec == NalCodec::kH264 ? h264_sets_.Add(unit) : hevc_sets_.Add(unit);
    return;
  }
  if (IsKeyPicture(codec, unit)) facts.key = true;
  if (RefersBack(codec, unit)) facts.refers_back = true;
  if (IsImpossible(unit)) facts.impossible = true;
  if (!SliceHeaderIsClear(unit, clear)) facts.slice_header_protected = true;
}

// A header that ends behind the clear bytes cannot be read from them alone.
// Without its parameter sets none can, and nothing is said.
bool NalInspector::SliceHeaderIsClear(ByteView unit, size_t clear) const {
  if (!knows_sets_ || clear == unit.size()) return true;
  if (track_.nal_codec == NalCodec::kHevc) {
    return hevc::LayerOf(unit) != 0 ||
           hevc::SliceHeaderSize(unit.first(clear), hevc_sets_).has_value();
  }
  const uint8_t type = h264::NalType(unit);
  if (type != h264::kSliceNal && type != h264::kIdrSliceNal) return true;
  return h264::SliceHeaderSize(unit.first(clear), h264_sets_).has_value();
}

}  // namespace usher::inspect

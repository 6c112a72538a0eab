#include "packager/inspect/nal_sample.h"

#include <algorithm>

#include "packager/encrypt/h264/decoder_config.h"
#include "packager/encrypt/h264/nal_unit.h"
#include "packager/encrypt/h264/slice_header.h"

namespace usher::inspect {
namespace {

constexpr uint8_t kFirstIrap = 16;  // ITU-T H.265 table 7-1
constexpr uint8_t kLastIrap = 23;
constexpr uint8_t kFirstNonVcl = 32;

bool IsPicture(NalCodec codec, ByteView unit) {
  if (codec == NalCodec::kH264) return h264::IsVcl(unit);
  return (unit[0] >> 1 & 0x3F) < kFirstNonVcl;
}

bool IsKeyPicture(NalCodec codec, ByteView unit) {
  if (codec == NalCodec::kH264) {
    return h264::NalType(unit) == h264::kIdrSliceNal;
  }
  const uint8_t type = unit[0] >> 1 & 0x3F;
  return type >= kFirstIrap && type <= kLastIrap;
}

// Whether any of the bytes [begin, end) of the sample is protected.
bool Protects(std::span<const Subsample> subsamples, size_t begin, size_t end) {
  size_t at = 0;
  for (const Subsample& part : subsamples) {
    const size_t from = at + part.clear;
    at = from + part.encrypted;
    if (from < end && begin < at) return true;
  }
  return false;
}

bool HasEmulatedStartCode(ByteView unit) {
  for (size_t i = 2; i < unit.size(); ++i) {
    if (unit[i] < 3 && unit[i - 1] == 0 && unit[i - 2] == 0) return true;
  }
  return false;
}

}  // namespace

NalInspector::NalInspector(const MediaTrack& track) : track_(track) {
  if (track.nal_codec != NalCodec::kH264) return;
  if (auto config = h264::ParseDecoderConfig(track.decoder_config)) {
    sets_ = std::move(config->parameter_sets);
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
    if (Protects(subsamples, at, at + length_size)) {
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
  const auto is_protected = [&](size_t size) {
    return Protects(subsamples, offset, offset + std::min(size, unit.size()));
  };
  if (is_protected(header)) {
    facts.header_protected = true;
    return;
  }
  if (!IsPicture(codec, unit)) {
    if (is_protected(unit.size())) facts.other_protected = true;
    if (codec == NalCodec::kH264) sets_.Add(unit);
    return;
  }
  if (IsKeyPicture(codec, unit)) facts.key = true;
  if (HasEmulatedStartCode(unit)) facts.emulated_start_code = true;
  if (codec == NalCodec::kH264 && !subsamples.empty()) {
    const auto slice_header = h264::SliceHeaderSize(unit, sets_);
    if (slice_header && is_protected(*slice_header)) {
      facts.slice_header_protected = true;
    }
  }
}

}  // namespace usher::inspect

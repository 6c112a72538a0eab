#include "packager/encrypt/iv.h"

#include <algorithm>
#include <map>

#include "core/base/byte_writer.h"
#include "core/crypto/digest.h"

namespace usher {
namespace {

constexpr unsigned kTagBits = 20;
constexpr unsigned kSegmentBits = 24;
constexpr unsigned kSampleBits = 20;
static_assert(kTagBits + kSegmentBits + kSampleBits == 64);

// `label` and `track_name` hold no zero byte, so no two uses collide.
crypto::Sha256Digest Derive(ByteView salt, std::string_view label,
                            std::string_view track_name) {
  Bytes message;
  ByteWriter out(message);
  out.Text(label);
  out.U8(0);
  out.Text(track_name);
  return crypto::HmacSha256(salt).Sign(message);
}

crypto::AesBlock FirstBlock(const crypto::Sha256Digest& digest) {
  crypto::AesBlock block;
  std::copy_n(digest.begin(), block.size(), block.begin());
  return block;
}

uint64_t First64Bits(const crypto::Sha256Digest& digest) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) value = value << 8 | digest[i];
  return value;
}

uint64_t TrackTag(ByteView salt, std::string_view track_name) {
  return First64Bits(Derive(salt, "cenc track", track_name)) >> (64 - kTagBits);
}

}  // namespace

IvSource::IvSource(ByteView salt, std::string_view track_name)
    : salt_(salt),
      track_name_(track_name),
      cenc_base_(First64Bits(Derive(salt, "cenc mask", {})) ^
                 TrackTag(salt, track_name) << (kSegmentBits + kSampleBits)) {}

crypto::AesBlock IvSource::SegmentIv(uint64_t segment) const {
  Bytes message;
  ByteWriter out(message);
  out.Text("aes-128 segment");
  out.U8(0);
  out.Text(track_name_);
  out.U8(0);
  out.U64(segment);
  return FirstBlock(crypto::HmacSha256(salt_.view()).Sign(message));
}

crypto::AesBlock IvSource::ConstantIv() const {
  return FirstBlock(Derive(salt_.view(), "cbcs constant", track_name_));
}

Result<std::array<uint8_t, 8>> IvSource::SampleIv(uint64_t segment,
                                                  uint64_t sample) const {
  if (segment >> kSegmentBits != 0 || sample >> kSampleBits != 0) {
    return BadInput(
        "track " + track_name_ + ", segment " + std::to_string(segment) +
            ", sample " + std::to_string(sample),
        "beyond the 2^24 segments and 2^20 samples a segment that have IVs of "
        "their own under one key",
        "start a new event or use longer segments");
  }
  const uint64_t iv = cenc_base_ ^ (segment << kSampleBits | sample);
  std::array<uint8_t, 8> bytes;
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(iv >> (56 - 8 * i));
  }
  return bytes;
}

Status CheckTrackTags(ByteView salt, std::span<const std::string> track_names) {
  std::map<uint64_t, std::string_view> seen;
  for (const std::string& name : track_names) {
    const auto [other, added] = seen.emplace(TrackTag(salt, name), name);
    if (!added && other->second != name) {
      return BadInput("--salt",
                      "tracks " + std::string(other->second) + " and " + name +
                          " would share IVs under it",
                      "choose another salt");
    }
  }
  return {};
}

}  // namespace usher

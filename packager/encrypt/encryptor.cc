#include "packager/encrypt/encryptor.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "packager/encrypt/sample_cipher.h"
#include "packager/encrypt/sample_mapper.h"

namespace usher {
namespace {

// Walks a fragment sample by sample: the map says which bytes, the cipher how.
class FragmentEncryptor final : public SampleEncryptor {
 public:
  FragmentEncryptor(std::string track_name, const TrackProtection& protection,
                    std::unique_ptr<SampleCipher> cipher,
                    std::unique_ptr<SampleMapper> mapper)
      : track_name_(std::move(track_name)),
        protection_(protection),
        cipher_(std::move(cipher)),
        mapper_(std::move(mapper)) {}

  const TrackProtection& protection() const override { return protection_; }

  Result<std::vector<SampleProtection>> Encrypt(Fragment& fragment) override {
    if (Status sizes = CheckSizes(fragment); !sizes) {
      return std::unexpected(sizes.error());
    }
    if (mapper_) mapper_->StartFragment();
    std::vector<SampleProtection> protections(fragment.samples.size());
    std::span<uint8_t> rest = fragment.data;
    for (size_t i = 0; i < protections.size(); ++i) {
      const auto sample = rest.first(fragment.samples[i].size);
      rest = rest.subspan(sample.size());
      const SamplePosition position{fragment.number, fragment.first_sample + i};
      Status done = EncryptSample(position, sample, protections[i]);
      if (!done) return std::unexpected(Located(fragment, i, done.error()));
    }
    return protections;
  }

 private:
  Status CheckSizes(const Fragment& fragment) const {
    uint64_t sum = 0;
    for (const Sample& sample : fragment.samples) sum += sample.size;
    if (sum == fragment.data.size()) return {};
    return Failed("track " + track_name_,
                  "samples do not add up to the segment's bytes");
  }

  Status EncryptSample(SamplePosition position, std::span<uint8_t> sample,
                       SampleProtection& protection) {
    if (mapper_) {
      Result<std::vector<Subsample>> map = mapper_->Map(sample);
      if (!map) return std::unexpected(map.error());
      protection.subsamples = std::move(*map);
    }
    return cipher_->Encrypt(position, sample, protection);
  }

  Error Located(const Fragment& fragment, size_t sample, Error error) const {
    if (error.where.empty()) {
      error.where = "track " + track_name_ + ", segment " +
                    std::to_string(fragment.number) + ", sample " +
                    std::to_string(sample);
    }
    return error;
  }

  std::string track_name_;
  TrackProtection protection_;
  std::unique_ptr<SampleCipher> cipher_;
  std::unique_ptr<SampleMapper> mapper_;  // null for sound
};

std::unique_ptr<SampleCipher> MakeCipher(const TrackProtection& protection,
                                         const Track& track,
                                         const keys::ContentKey& key) {
  if (protection.scheme == Scheme::kCbcs) {
    return MakeCbcsCipher(key.key.view(), protection);
  }
  return MakeCencCipher(key.key.view(), IvSource(key.salt.view(), track.name));
}

}  // namespace

TrackProtection ProtectionOf(Scheme scheme, const Track& track,
                             const keys::ContentKey& key) {
  TrackProtection protection{.scheme = scheme, .default_kid = key.kid};
  if (scheme != Scheme::kCbcs) return protection;
  if (track.kind == TrackKind::kVideo) {
    protection.crypt_byte_block = 1;
    protection.skip_byte_block = 9;
  }
  protection.constant_iv = key.constant_iv.value_or(
      IvSource(key.salt.view(), track.name).ConstantIv());
  return protection;
}

TrackProtection ProtectionOf(Scheme scheme, const Track& track,
                             const TrackKeys& keys, size_t period) {
  TrackProtection protection = ProtectionOf(scheme, track, *keys[period].key);
  for (const DrmSignal& signal : keys[period].init_drm) {
    if (!signal.pssh.empty()) protection.drm_pssh.push_back(signal.pssh);
  }
  for (++period; period < keys.size() && keys[period].same_init; ++period) {
    protection.further_kids.push_back(keys[period].key->kid);
  }
  return protection;
}

Result<std::unique_ptr<SampleEncryptor>> MakeSampleEncryptor(
    Scheme scheme, const Track& track, const keys::ContentKey& key) {
  auto mapper = MakeSampleMapper(scheme, track);
  if (!mapper) return std::unexpected(mapper.error());
  const TrackProtection protection = ProtectionOf(scheme, track, key);
  return std::make_unique<FragmentEncryptor>(track.name, protection,
                                             MakeCipher(protection, track, key),
                                             *std::move(mapper));
}

SegmentEncryptor::SegmentEncryptor(const Track& track,
                                   const keys::ContentKey& key)
    : ivs_(key.salt.view(), track.name), cipher_(key.key.view()) {}

crypto::AesBlock SegmentEncryptor::IvOf(uint64_t segment_number) const {
  return ivs_.SegmentIv(segment_number);
}

SegmentEncryptor::Pieces SegmentEncryptor::Encrypt(uint64_t segment_number,
                                                   Bytes header,
                                                   std::span<uint8_t> data) {
  constexpr size_t kBlock = std::tuple_size_v<crypto::AesBlock>;
  crypto::AesBlock chain = IvOf(segment_number);
  const auto encrypt = [&](std::span<uint8_t> blocks) {
    if (blocks.empty()) return;
    cipher_.EncryptBlocks(chain, blocks);
    std::ranges::copy(blocks.last(kBlock), chain.begin());
  };
  Pieces pieces{std::move(header), {}, {}};
  const size_t to_block = (kBlock - pieces.head.size() % kBlock) % kBlock;
  const auto filling = data.first(std::min(to_block, data.size()));
  pieces.head.insert(pieces.head.end(), filling.begin(), filling.end());
  data = data.subspan(filling.size());
  const auto middle = data.first(data.size() / kBlock * kBlock);
  const auto rest = data.subspan(middle.size());
  pieces.tail.assign(rest.begin(), rest.end());
  if (pieces.head.size() % kBlock != 0) pieces.tail.swap(pieces.head);
  encrypt(pieces.head);
  encrypt(middle);
  cipher_.EncryptPadded(chain, pieces.tail);
  pieces.middle = middle;
  return pieces;
}

}  // namespace usher

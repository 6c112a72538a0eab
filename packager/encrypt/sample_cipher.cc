#include "packager/encrypt/sample_cipher.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/crypto/aes.h"

namespace usher {
namespace {

constexpr size_t kBlock = 16;

// Calls `encrypt` with each protected range of `sample`, in order.
template <typename Encrypt>
void ForEachProtectedRange(std::span<uint8_t> sample,
                           std::span<const Subsample> subsamples,
                           Encrypt encrypt) {
  if (subsamples.empty()) return encrypt(sample);
  for (const Subsample& subsample : subsamples) {
    encrypt(sample.subspan(subsample.clear, subsample.encrypted));
    sample = sample.subspan(size_t{subsample.clear} + subsample.encrypted);
  }
}

// A chain of its own from the constant IV in each protected range; of every
// `stride` bytes the first block is encrypted, and a partial block at the end
// stays clear.
class CbcsCipher final : public SampleCipher {
 public:
  CbcsCipher(ByteView key, const TrackProtection& protection)
      : cipher_(key),
        iv_(protection.constant_iv),
        stride_((1 + protection.skip_byte_block) * kBlock) {}

  Status Encrypt(SamplePosition /*position*/, std::span<uint8_t> sample,
                 SampleProtection& protection) override {
    ForEachProtectedRange(
        sample, protection.subsamples,
        [this](std::span<uint8_t> range) { EncryptRange(range); });
    return {};
  }

 private:
  void EncryptRange(std::span<uint8_t> range) {
    if (range.size() < kBlock) return;
    if (stride_ == kBlock) {
      const size_t whole = range.size() / kBlock * kBlock;
      cipher_.EncryptBlocks(iv_, range.first(whole));
    } else {
      EncryptPattern(range);
    }
  }

  // One cipher call for many single blocks: a call costs more than the copies.
  void EncryptPattern(std::span<uint8_t> range) {
    const size_t blocks = (range.size() - kBlock) / stride_ + 1;
    gathered_.resize(blocks * kBlock);
    for (size_t i = 0; i < blocks; ++i) {
      std::memcpy(&gathered_[i * kBlock], &range[i * stride_], kBlock);
    }
    cipher_.EncryptBlocks(iv_, gathered_);
    for (size_t i = 0; i < blocks; ++i) {
      std::memcpy(&range[i * stride_], &gathered_[i * kBlock], kBlock);
    }
  }

  crypto::AesCbcEncryptor cipher_;
  crypto::AesBlock iv_;
  size_t stride_;
  Bytes gathered_;
};

// One key stream a sample, going on from one protected range to the next.
class CencCipher final : public SampleCipher {
 public:
  CencCipher(ByteView key, IvSource ivs) : cipher_(key), ivs_(std::move(ivs)) {}

  Status Encrypt(SamplePosition position, std::span<uint8_t> sample,
                 SampleProtection& protection) override {
    const auto iv = ivs_.SampleIv(position.segment, position.sample);
    if (!iv) return std::unexpected(iv.error());
    protection.iv = *iv;
    crypto::AesBlock counter{};
    std::ranges::copy(*iv, counter.begin());
    cipher_.Start(counter);
    ForEachProtectedRange(
        sample, protection.subsamples,
        [this](std::span<uint8_t> range) { cipher_.Apply(range); });
    return {};
  }

 private:
  crypto::AesCtr cipher_;
  IvSource ivs_;
};

}  // namespace

std::unique_ptr<SampleCipher> MakeCbcsCipher(
    ByteView key, const TrackProtection& protection) {
  return std::make_unique<CbcsCipher>(key, protection);
}

std::unique_ptr<SampleCipher> MakeCencCipher(ByteView key, IvSource ivs) {
  return std::make_unique<CencCipher>(key, std::move(ivs));
}

}  // namespace usher

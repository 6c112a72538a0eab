#include "packager/encrypt/sample_cipher.h"

#include <algorithm>
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

// A chain of its own from the constant IV in each protected range; blocks are
// skipped by the pattern, and a partial one at the end stays clear.
class CbcsCipher final : public SampleCipher {
 public:
  CbcsCipher(ByteView key, const TrackProtection& protection)
      : cipher_(key),
        iv_(protection.constant_iv),
        crypt_(protection.crypt_byte_block * kBlock),
        stride_(crypt_ + protection.skip_byte_block * kBlock) {}

  Status Encrypt(SamplePosition /*position*/, std::span<uint8_t> sample,
                 SampleProtection& protection) override {
    ForEachProtectedRange(sample, protection.subsamples,
                          [this](std::span<uint8_t> range) {
                            range = range.first(range.size() / kBlock * kBlock);
                            if (range.empty()) return;
                            if (stride_ == crypt_) {
                              cipher_.EncryptBlocks(iv_, range);
                            } else {
                              EncryptPattern(range);
                            }
                          });
    return {};
  }

 private:
  // One cipher call for many short runs: the call costs more than the copies.
  void EncryptPattern(std::span<uint8_t> range) {
    gathered_.clear();
    ForEachRun(range, [this](std::span<uint8_t> run) {
      gathered_.insert(gathered_.end(), run.begin(), run.end());
    });
    cipher_.EncryptBlocks(iv_, gathered_);
    auto from = gathered_.cbegin();
    ForEachRun(range, [&from](std::span<uint8_t> run) {
      std::copy_n(from, run.size(), run.begin());
      from += static_cast<std::ptrdiff_t>(run.size());
    });
  }

  template <typename Visit>
  void ForEachRun(std::span<uint8_t> range, Visit visit) const {
    for (size_t at = 0; at < range.size(); at += stride_) {
      visit(range.subspan(at, std::min(crypt_, range.size() - at)));
    }
  }

  crypto::AesCbcEncryptor cipher_;
  crypto::AesBlock iv_;
  size_t crypt_;   // bytes of a pattern that are encrypted; 0: all are
  size_t stride_;  // bytes of a pattern
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

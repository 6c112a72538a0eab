#include "packager/inspect/sample_decryptor.h"

#include <algorithm>

#include "core/crypto/aes.h"

namespace usher::inspect {
namespace {

constexpr size_t kBlock = 16;

crypto::AesBlock IvOf(const Protection& protection,
                      const SampleEncryption* encryption) {
  crypto::AesBlock iv{};
  if (protection.iv_size == 0) {
    std::copy_n(protection.constant_iv.begin(),
                std::min(protection.constant_iv.size(), kBlock), iv.begin());
  } else if (encryption != nullptr) {
    iv = encryption->iv;
  }
  return iv;
}

// The protected ranges of a sample, in order. Nothing where they do not fit.
std::optional<std::vector<std::span<uint8_t>>> ProtectedRanges(
    const SampleEncryption* encryption, std::span<uint8_t> sample) {
  std::vector<std::span<uint8_t>> ranges;
  if (encryption == nullptr || encryption->subsamples.empty()) {
    ranges.push_back(sample);
    return ranges;
  }
  for (const Subsample& part : encryption->subsamples) {
    const uint64_t size = uint64_t{part.clear} + part.encrypted;
    if (size > sample.size()) return std::nullopt;
    ranges.push_back(sample.subspan(part.clear, part.encrypted));
    sample = sample.subspan(static_cast<size_t>(size));
  }
  if (!sample.empty()) return std::nullopt;
  return ranges;
}

// Gathers the blocks that the pattern protects: whole blocks only. Without a
// pattern all of them.
class PatternBlocks {
 public:
  PatternBlocks(const Protection& protection, std::span<uint8_t> range)
      : range_(range) {
    const size_t crypt = protection.crypt_byte_block;
    const size_t skip = protection.skip_byte_block;
    const bool pattern = crypt != 0 || skip != 0;
    const size_t step = pattern ? crypt + skip : 1;
    const size_t used = pattern ? crypt : 1;
    for (size_t block = 0; (block + 1) * kBlock <= range.size(); ++block) {
      if (block % step >= used) continue;
      offsets_.push_back(block * kBlock);
    }
  }

  Bytes Gather() const {
    Bytes blocks;
    for (const size_t offset : offsets_) {
      const auto block = range_.subspan(offset, kBlock);
      blocks.insert(blocks.end(), block.begin(), block.end());
    }
    return blocks;
  }

  void Scatter(ByteView blocks) {
    for (size_t i = 0; i < offsets_.size(); ++i) {
      std::ranges::copy(blocks.subspan(i * kBlock, kBlock),
                        range_.subspan(offsets_[i]).begin());
    }
  }

 private:
  std::span<uint8_t> range_;
  std::vector<size_t> offsets_;
};

// cenc: one key stream over all protected bytes of a sample. cens: the same
// over the blocks of the pattern.
void DecryptCounter(ByteView key, const crypto::AesBlock& iv,
                    const Protection& protection,
                    std::span<const std::span<uint8_t>> ranges) {
  crypto::AesCtr cipher(key);
  cipher.Start(iv);
  for (const auto range : ranges) {
    if (protection.scheme == "cenc") {
      cipher.Apply(range);
      continue;
    }
    PatternBlocks pattern(protection, range);
    Bytes blocks = pattern.Gather();
    cipher.Apply(blocks);
    pattern.Scatter(blocks);
  }
}

// cbcs: a chain per range from the same IV. cbc1: one chain over them all.
void DecryptChain(ByteView key, crypto::AesBlock iv,
                  const Protection& protection,
                  std::span<const std::span<uint8_t>> ranges) {
  crypto::AesCbcDecryptor cipher(key);
  for (const auto range : ranges) {
    PatternBlocks pattern(protection, range);
    Bytes blocks = pattern.Gather();
    if (blocks.empty()) continue;
    crypto::AesBlock last{};
    std::copy_n(blocks.end() - kBlock, kBlock, last.begin());
    cipher.DecryptBlocks(iv, blocks);
    pattern.Scatter(blocks);
    if (protection.scheme == "cbc1") iv = last;
  }
}

}  // namespace

bool DecryptSample(ByteView key, const Protection& protection,
                   const SampleEncryption* encryption,
                   std::span<uint8_t> sample) {
  const auto ranges = ProtectedRanges(encryption, sample);
  if (!ranges || key.size() != kBlock) return false;
  const crypto::AesBlock iv = IvOf(protection, encryption);
  if (protection.scheme == "cenc" || protection.scheme == "cens") {
    DecryptCounter(key, iv, protection, *ranges);
    return true;
  }
  if (protection.scheme == "cbcs" || protection.scheme == "cbc1") {
    DecryptChain(key, iv, protection, *ranges);
    return true;
  }
  return false;
}

}  // namespace usher::inspect

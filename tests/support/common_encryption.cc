#include "tests/support/common_encryption.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

#include "tests/support/movie_fragment.h"

namespace usher::testing {
namespace {

constexpr size_t kBlock = 16;

void Expect(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

struct TrackEncryption {
  std::string scheme;
  unsigned crypt_blocks = 0;
  unsigned skip_blocks = 0;
  size_t iv_size = 0;
  Bytes constant_iv;
};

TrackEncryption ReadTrackEncryption(const Box& init_segment) {
  const Box& stsd = init_segment.At("moov/trak/mdia/minf/stbl/stsd");
  const Box& sinf = stsd.children.at(0).At("sinf");
  TrackEncryption track;
  FieldReader schm = sinf.At("schm").Fields();
  schm.U32();
  track.scheme = schm.Text(4);
  FieldReader tenc = sinf.At("schi/tenc").Fields();
  const uint8_t version = tenc.U8();
  tenc.U24();
  tenc.U8();
  const uint8_t pattern = tenc.U8();
  Expect(version == 1 || pattern == 0, "tenc: version 0 has no pattern");
  track.crypt_blocks = pattern >> 4;
  track.skip_blocks = pattern & 0xF;
  Expect(tenc.U8() == 1, "tenc: not protected");
  track.iv_size = tenc.U8();
  tenc.Skip(16);
  if (track.iv_size == 0) track.constant_iv = tenc.Take(tenc.U8());
  Expect(tenc.left() == 0, "tenc: bytes left over");
  return track;
}

// Where the fragment says that all its samples are in a group of type 'seig',
// that says how they are protected, and not tenc.
void ApplyGroup(const Box& moof, size_t sample_count, TrackEncryption& track) {
  const Box* sgpd = moof.Find("traf/sgpd");
  if (sgpd == nullptr) return;
  FieldReader group = sgpd->Fields();
  Expect(group.U32() == 1u << 24 && group.Text(4) == "seig", "sgpd: seig");
  const uint32_t length = group.U32();
  Expect(group.U32() == 1 && group.left() == length, "sgpd: one entry");
  group.U8();
  const uint8_t pattern = group.U8();
  track.crypt_blocks = pattern >> 4;
  track.skip_blocks = pattern & 0xF;
  Expect(group.U8() == 1, "seig: not protected");
  track.iv_size = group.U8();
  group.Skip(16);
  if (track.iv_size == 0) track.constant_iv = group.Take(group.U8());
  Expect(group.left() == 0, "seig: bytes left over");
  FieldReader members = moof.At("traf/sbgp").Fields();
  Expect(members.U32() == 0 && members.Text(4) == "seig", "sbgp: seig");
  Expect(members.U32() == 1 && members.U32() == sample_count &&
             members.U32() == 0x10001 && members.left() == 0,
         "sbgp: all samples in the fragment's first group");
}

// What auxiliary information says of each sample, read where saio leads and
// cut as saiz says; senc must hold the same bytes.
std::vector<Bytes> ReadAuxiliary(const Box& segment, const Box& moof,
                                 size_t sample_count) {
  const Box* senc = moof.Find("traf/senc");
  const Box* saiz = moof.Find("traf/saiz");
  const Box* saio = moof.Find("traf/saio");
  const bool all = senc != nullptr && saiz != nullptr && saio != nullptr;
  const bool none = senc == nullptr && saiz == nullptr && saio == nullptr;
  Expect(all || none, "senc, saiz and saio belong together");
  if (none) return {};
  FieldReader offset = saio->Fields();
  Expect(offset.U32() == 0 && offset.U32() == 1, "saio: one 32-bit offset");
  FieldReader bytes(segment.payload);
  bytes.Skip(moof.offset + offset.U32());
  FieldReader sizes = saiz->Fields();
  Expect(sizes.U32() == 0, "saiz: no flags");
  const uint8_t default_size = sizes.U8();
  Expect(sizes.U32() == sample_count, "saiz: one entry a sample");
  FieldReader entries = senc->Fields();
  entries.U32();
  Expect(entries.U32() == sample_count, "senc: one entry a sample");
  std::vector<Bytes> auxiliary;
  for (size_t i = 0; i < sample_count; ++i) {
    const size_t size = default_size != 0 ? default_size : sizes.U8();
    auxiliary.push_back(bytes.Take(size));
    Expect(entries.Take(size) == auxiliary.back(), "senc and saio differ");
  }
  Expect(sizes.left() == 0 && entries.left() == 0, "saiz and senc differ");
  return auxiliary;
}

class BlockCipher {
 public:
  explicit BlockCipher(ByteView key) : context_(EVP_CIPHER_CTX_new()) {
    Expect(key.size() == kBlock, "AES-128 key");
    std::copy_n(key.begin(), kBlock, key_.begin());
  }
  std::array<uint8_t, kBlock> Encrypt(const uint8_t* block) {
    return Run(block, 1);
  }
  std::array<uint8_t, kBlock> Decrypt(const uint8_t* block) {
    return Run(block, 0);
  }

 private:
  std::array<uint8_t, kBlock> Run(const uint8_t* block, int encrypt) {
    std::array<uint8_t, kBlock> result{};
    int size = 0;
    if (direction_ != encrypt) {
      EVP_CipherInit_ex(context_.get(), EVP_aes_128_ecb(), nullptr, key_.data(),
                        nullptr, encrypt);
      EVP_CIPHER_CTX_set_padding(context_.get(), 0);
      direction_ = encrypt;
    }
    Expect(EVP_CipherUpdate(context_.get(), result.data(), &size, block,
                            kBlock) == 1 &&
               size == kBlock,
           "AES block");
    return result;
  }

  struct Free {
    void operator()(EVP_CIPHER_CTX* context) const {
      EVP_CIPHER_CTX_free(context);
    }
  };
  std::unique_ptr<EVP_CIPHER_CTX, Free> context_;
  std::array<uint8_t, kBlock> key_{};
  int direction_ = -1;
};

void DecryptCbcs(BlockCipher& cipher, const TrackEncryption& track,
                 std::span<uint8_t> range) {
  const bool every_block = track.crypt_blocks == 0 && track.skip_blocks == 0;
  const size_t pattern = track.crypt_blocks + track.skip_blocks;
  Bytes chain = track.constant_iv;
  for (size_t block = 0; (block + 1) * kBlock <= range.size(); ++block) {
    if (!every_block && block % pattern >= track.crypt_blocks) continue;
    uint8_t* bytes = range.data() + block * kBlock;
    const Bytes next(bytes, bytes + kBlock);
    const auto plain = cipher.Decrypt(bytes);
    for (size_t i = 0; i < kBlock; ++i) bytes[i] = plain[i] ^ chain[i];
    chain = next;
  }
}

class CounterStream {
 public:
  CounterStream(BlockCipher& cipher, const Bytes& iv) : cipher_(cipher) {
    Expect(iv.size() == 8, "cenc: an IV of 8 bytes");
    std::ranges::copy(iv, counter_.begin());
  }
  void Apply(std::span<uint8_t> range) {
    for (uint8_t& byte : range) byte ^= Next();
  }

 private:
  uint8_t Next() {
    if (used_ == kBlock) {
      stream_ = cipher_.Encrypt(counter_.data());
      used_ = 0;
      for (size_t i = kBlock; i-- > 8 && ++counter_[i] == 0;) {
      }
    }
    return stream_[used_++];
  }

  BlockCipher& cipher_;
  std::array<uint8_t, kBlock> counter_{};
  std::array<uint8_t, kBlock> stream_{};
  size_t used_ = kBlock;
};

void ReadEntry(const Bytes& entry, const TrackEncryption& track,
               DecryptedSample& sample) {
  FieldReader fields(entry);
  sample.iv =
      track.iv_size > 0 ? fields.Take(track.iv_size) : track.constant_iv;
  if (fields.left() == 0) return;
  const uint16_t count = fields.U16();
  for (uint16_t i = 0; i < count; ++i) {
    const uint32_t clear = fields.U16();
    sample.subsamples.emplace_back(clear, fields.U32());
  }
  Expect(fields.left() == 0, "senc: bytes left over");
}

void Decrypt(BlockCipher& cipher, const TrackEncryption& track,
             DecryptedSample& sample) {
  std::span<uint8_t> rest = sample.bytes;
  CounterStream stream(cipher, track.scheme == "cenc" ? sample.iv : Bytes(8));
  const auto apply = [&](std::span<uint8_t> range) {
    if (track.scheme == "cenc") return stream.Apply(range);
    Expect(track.scheme == "cbcs", "schm: cenc or cbcs");
    DecryptCbcs(cipher, track, range);
  };
  if (sample.subsamples.empty()) return apply(rest);
  for (const auto& [clear, encrypted] : sample.subsamples) {
    Expect(rest.size() >= size_t{clear} + encrypted, "subsamples too long");
    apply(rest.subspan(clear, encrypted));
    rest = rest.subspan(size_t{clear} + encrypted);
  }
  Expect(rest.empty(), "subsamples too short");
}

}  // namespace

std::vector<DecryptedSample> DecryptSegment(const Box& init_segment,
                                            const Box& segment, ByteView key) {
  TrackEncryption track = ReadTrackEncryption(init_segment);
  const Box& moof = segment.At("moof");
  const std::vector<Bytes> encrypted =
      SplitSamples(ReadMovieFragment(segment, moof));
  ApplyGroup(moof, encrypted.size(), track);
  const std::vector<Bytes> auxiliary =
      ReadAuxiliary(segment, moof, encrypted.size());
  BlockCipher cipher(key);
  std::vector<DecryptedSample> samples;
  for (size_t i = 0; i < encrypted.size(); ++i) {
    DecryptedSample sample{.bytes = encrypted[i], .subsamples = {}, .iv = {}};
    ReadEntry(auxiliary.empty() ? Bytes{} : auxiliary[i], track, sample);
    Decrypt(cipher, track, sample);
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace usher::testing

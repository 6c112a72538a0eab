// What each scheme costs per byte of video, beside one EVP pass over the same
// bytes: build/bench/bench/encrypt/encrypt_bench
//
// The fragment is 6 seconds of 720p: 150 samples of 20 KB (4 Mbit/s), or as
// many of 200 KB, of one slice each.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include "core/base/byte_writer.h"
#include "packager/encrypt/encryptor.h"

namespace usher {
namespace {

constexpr size_t kSamples = 150;

// Constrained baseline, picture order count type 2; an SPS and a PPS.
const Bytes kAvcC = {1,    0x42, 0xC0, 0x1E, 0xFF, 0xE1, 0,    8,
                     0x67, 0x42, 0xC0, 0x1E, 0xDA, 0x0A, 0x07, 0x64,
                     1,    0,    4,    0x68, 0xCE, 0x38, 0x80};

Track MakeTrack() {
  Track track;
  track.name = "v720";
  track.decoder_config = kAvcC;
  return track;
}

keys::ContentKey MakeKey() {
  return {.kid = {},
          .key = SecretBytes(size_t{16}),
          .salt = SecretBytes(size_t{16})};
}

Fragment MakeFragment(size_t sample_size) {
  Fragment fragment;
  fragment.number = 1;
  ByteWriter out(fragment.data);
  for (size_t i = 0; i < kSamples; ++i) {
    fragment.samples.push_back({.size = static_cast<uint32_t>(sample_size),
                                .duration = 1,
                                .composition_offset = 0,
                                .key = i == 0});
    out.U32(static_cast<uint32_t>(sample_size - 4));
    out.U8(0x41);
    out.U32(0x9A000000);
    while (out.size() < (i + 1) * sample_size) {
      out.U8(static_cast<uint8_t>(out.size() * 37));
    }
  }
  return fragment;
}

void CountBytes(benchmark::State& state, size_t size) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * size));
}

void BM_Samples(benchmark::State& state, Scheme scheme) {
  const Track track = MakeTrack();
  const keys::ContentKey key = MakeKey();
  auto encryptor = MakeSampleEncryptor(scheme, track, key);
  Fragment fragment = MakeFragment(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    auto protections = (*encryptor)->Encrypt(fragment);
    if (!protections) state.SkipWithError("the sample was refused");
    benchmark::DoNotOptimize(protections);
  }
  CountBytes(state, fragment.data.size());
}
BENCHMARK_CAPTURE(BM_Samples, cbcs, Scheme::kCbcs)->Arg(20000)->Arg(200000);
BENCHMARK_CAPTURE(BM_Samples, cenc, Scheme::kCenc)->Arg(20000)->Arg(200000);

void BM_Segment(benchmark::State& state) {
  SegmentEncryptor encryptor(MakeTrack(), MakeKey());
  Bytes segment = MakeFragment(static_cast<size_t>(state.range(0))).data;
  const Bytes header(100);
  for (auto _ : state) {
    const auto pieces = encryptor.Encrypt(1, header, segment);
    benchmark::DoNotOptimize(pieces.tail.data());
  }
  CountBytes(state, segment.size());
}
BENCHMARK(BM_Segment)->Name("BM_Segment/aes-128")->Arg(20000)->Arg(200000);

void BM_PlainEvp(benchmark::State& state, const EVP_CIPHER* cipher) {
  Bytes data = MakeFragment(static_cast<size_t>(state.range(0))).data;
  data.resize(data.size() / 16 * 16);
  const Bytes zeros(16);
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  for (auto _ : state) {
    int size = 0;
    EVP_EncryptInit_ex(context, cipher, nullptr, zeros.data(), zeros.data());
    EVP_EncryptUpdate(context, data.data(), &size, data.data(),
                      static_cast<int>(data.size()));
    benchmark::DoNotOptimize(data.data());
  }
  EVP_CIPHER_CTX_free(context);
  CountBytes(state, data.size());
}
BENCHMARK_CAPTURE(BM_PlainEvp, cbc, EVP_aes_128_cbc())->Arg(20000)->Arg(200000);
BENCHMARK_CAPTURE(BM_PlainEvp, ctr, EVP_aes_128_ctr())->Arg(20000)->Arg(200000);

}  // namespace
}  // namespace usher

BENCHMARK_MAIN();

// Encryption of an H.264 sample under some avcC. The input is one byte for the
// scheme, the size of avcC in two bytes, avcC, and the sample.
#include <algorithm>

#include "packager/encrypt/encryptor.h"
#include "packager/encrypt/subsample_list.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace usher;

// Subsamples cover the sample, and nothing in their clear ranges changed.
void CheckSample(const SampleProtection& protection, ByteView before,
                 ByteView after) {
  FUZZ_EXPECT(!protection.subsamples.empty());
  FUZZ_EXPECT(protection.subsamples.size() <= kMaxSubsamples);
  for (const Subsample& subsample : protection.subsamples) {
    const size_t whole = size_t{subsample.clear} + subsample.encrypted;
    FUZZ_EXPECT(whole <= before.size());
    FUZZ_EXPECT(std::ranges::equal(before.first(subsample.clear),
                                   after.first(subsample.clear)));
    before = before.subspan(whole);
    after = after.subspan(whole);
  }
  FUZZ_EXPECT(before.empty());
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const ByteView rest(data + 3, size - 3);
  const size_t config_size = std::min<size_t>(
      static_cast<size_t>(data[1]) << 8 | data[2], rest.size());
  Track track;
  track.name = "v1";
  track.decoder_config.assign(data + 3, data + 3 + config_size);
  const keys::ContentKey key{.kid = {},
                             .key = SecretBytes(size_t{16}),
                             .salt = SecretBytes(size_t{16})};
  const Scheme scheme = data[0] % 2 == 0 ? Scheme::kCbcs : Scheme::kCenc;
  const auto encryptor = MakeSampleEncryptor(scheme, track, key);
  if (!encryptor) return 0;
  const ByteView sample = rest.subspan(config_size);
  Fragment fragment{.number = 1,
                    .decode_time = 0,
                    .samples = {{.size = static_cast<uint32_t>(sample.size())}},
                    .data = Bytes(sample.begin(), sample.end())};
  const auto protections = (*encryptor)->Encrypt(fragment);
  if (!protections) return 0;
  FUZZ_EXPECT(fragment.data.size() == sample.size());
  CheckSample(protections->front(), sample, fragment.data);
  return 0;
}

// Subsample maps of VP9 and AV1. The input is one byte for the codec and the
// scheme, then samples behind 16-bit lengths, of one fragment.
#include <algorithm>

#include "packager/encrypt/sample_mapper.h"
#include "packager/encrypt/subsample_list.h"
#include "tests/fuzz/fuzz_target.h"

using namespace usher;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  Track track;
  track.codec = (data[0] & 1) == 0 ? Codec::kVp9 : Codec::kAv1;
  const Scheme scheme = (data[0] & 2) == 0 ? Scheme::kCbcs : Scheme::kCenc;
  const auto mapper = MakeSampleMapper(scheme, track);
  FUZZ_EXPECT(mapper);
  (*mapper)->StartFragment();
  for (ByteView rest(data + 1, size - 1); rest.size() >= 2;) {
    const size_t wanted = static_cast<size_t>(rest[0]) << 8 | rest[1];
    rest = rest.subspan(2);
    const ByteView sample = rest.first(std::min(wanted, rest.size()));
    rest = rest.subspan(sample.size());
    const auto map = (*mapper)->Map(sample);
    if (!map) continue;
    FUZZ_EXPECT(!map->empty() && map->size() <= kMaxSubsamples);
    size_t covered = 0;
    for (const Subsample& part : *map) covered += part.clear + part.encrypted;
    FUZZ_EXPECT(covered == sample.size());
  }
  return 0;
}

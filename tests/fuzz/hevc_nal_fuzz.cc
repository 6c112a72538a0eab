// HEVC parameter sets and slice headers. The input is NAL units behind
// 16-bit lengths; a damaged length takes what is left.
#include <algorithm>

#include "packager/encrypt/hevc/nal_unit.h"
#include "packager/encrypt/hevc/parameter_sets.h"
#include "packager/encrypt/hevc/slice_header.h"
#include "tests/fuzz/fuzz_target.h"

using namespace usher;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hevc::ParameterSets sets;
  for (ByteView rest(data, size); rest.size() >= 2;) {
    const size_t wanted = static_cast<size_t>(rest[0]) << 8 | rest[1];
    rest = rest.subspan(2);
    const ByteView nal = rest.first(std::min(wanted, rest.size()));
    rest = rest.subspan(nal.size());
    sets.Add(nal);
    const auto header = hevc::SliceHeaderSize(nal, sets);
    if (header) FUZZ_EXPECT(*header > 2 && *header <= nal.size());
  }
  return 0;
}

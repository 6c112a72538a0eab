// The contents of a trak box: whatever they say, walking the table ends, and
// stays within them.
#include "packager/mp4/sample_table.h"
#include "tests/fuzz/fuzz_target.h"

using namespace usher;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr uint64_t kFileSize = 1 << 16;
  const auto table = mp4::SampleTable::Read({data, size}, kFileSize);
  if (!table) return 0;
  FUZZ_EXPECT(table->size() > 0 && table->size() <= kFileSize);
  uint32_t samples = 0;
  int64_t decoded = 0;
  for (auto sample = table->begin(); !sample.at_end(); sample.Next()) {
    FUZZ_EXPECT(sample.index() == samples++);
    FUZZ_EXPECT(sample->decode_time >= decoded);
    decoded = sample->decode_time;
  }
  FUZZ_EXPECT(samples == table->size());
  return 0;
}

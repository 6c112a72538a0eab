// Lines of a state file that a crash or a hand has bent: what is read at all
// is what would be written.
#include "core/base/bytes.h"
#include "ngx_module/engine/state_record.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace usher::engine;
  const auto record = FromLine(usher::AsText({data, size}));
  if (!record) return 0;
  const std::string line = ToLine(*record);
  FUZZ_EXPECT(line.find('\n') == std::string::npos);
  const auto again = FromLine(line);
  FUZZ_EXPECT(again && *again == *record);
  return 0;
}

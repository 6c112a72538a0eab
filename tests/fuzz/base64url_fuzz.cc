// One text per value: what decodes, encodes to the same text again.
#include <algorithm>

#include "core/base/base64url.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const usher::ByteView input(data, size);
  const auto decoded = usher::FromBase64Url(usher::AsText(input));
  if (decoded) {
    FUZZ_EXPECT(usher::ToBase64Url(*decoded) == usher::AsText(input));
  }
  const auto again = usher::FromBase64Url(usher::ToBase64Url(input));
  FUZZ_EXPECT(again && std::equal(again->begin(), again->end(), data));
  return 0;
}

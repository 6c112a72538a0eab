// CMCD: whatever a player sends, a variable holds a short plain word or
// nothing.
#include <algorithm>
#include <string>

#include "core/base/bytes.h"
#include "ngx_module/engine/cmcd.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace usher;
  const std::string_view text = AsText({data, size});
  const std::string decoded = engine::CmcdOfQuery(text);
  FUZZ_EXPECT(decoded.size() <= 1024);
  for (const std::string_view source : {text, std::string_view(decoded)}) {
    for (const char* key : {"br", "bs", "sf", "su", "d", "sid"}) {
      const std::string_view value = engine::CmcdValue(source, key);
      FUZZ_EXPECT(value.size() <= 16);
      FUZZ_EXPECT(std::ranges::all_of(value, [](unsigned char c) {
        return c > ' ' && c < 0x7f && c != '"' && c != '\\';
      }));
    }
  }
  return 0;
}

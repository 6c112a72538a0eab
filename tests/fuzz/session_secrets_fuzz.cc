// Fleet secret files: an accepted one signs what it checks, a refused one is
// told in one line.
#include <limits>

#include "core/session/credential.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace usher;
  auto secrets = session::Secrets::Parse(AsText({data, size}), "fuzz");
  if (!secrets) {
    const std::string line = secrets.error().OneLine();
    FUZZ_EXPECT(line.starts_with("fuzz") && line.size() < 200);
    return 0;
  }
  constexpr uint32_t kNow = 1'800'000'000;
  session::Session made;
  made.expires = std::numeric_limits<uint32_t>::max();
  const auto credential = secrets->Sign(made, kNow);
  if (credential) {
    FUZZ_EXPECT(secrets->Check(*credential, made.event, kNow).has_value());
  }
  return 0;
}

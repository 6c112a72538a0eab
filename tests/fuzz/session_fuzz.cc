// Session credentials: only what these secrets signed is accepted, and there is
// one spelling of it.
#include <string>

#include "core/base/base64url.h"
#include "core/session/credential.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace usher;

session::Secrets& Fleet() {
  static session::Secrets secrets =
      session::Secrets::Parse("1:" + std::string(64, 'a'), "fuzz").value();
  return secrets;
}

// What a fleet member would make of these bytes, had it the fuzzer's ideas.
void SignAndCheck(ByteView input) {
  session::Session made;
  made.seats = input[0];
  made.expires = static_cast<uint32_t>(input[1]) << 24;
  made.event.fill(input[2]);
  const auto credential = Fleet().Sign(made, 0);
  FUZZ_EXPECT(credential && credential->size() == session::kCredentialSize);
  const auto checked = Fleet().Check(*credential, made.event, 1);
  FUZZ_EXPECT(checked.has_value() == (made.seats > 0 && made.expires > 1));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView input(data, size);
  const std::string_view text = AsText(input);
  const auto checked = Fleet().Check(text, session::EventHash("fight"), 1);
  if (checked) {
    FUZZ_EXPECT(Fleet().Sign(*checked, 0) == text);
  }
  const std::string encoded = ToBase64Url(input);
  (void)Fleet().Check(encoded, session::EventHash("fight"), 1);
  if (size >= 3) SignAndCheck(input);
  return 0;
}

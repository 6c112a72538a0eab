// Signed revocation lists, two ways: as they come from the network; and as a
// payload under a good signature, which no fuzzer could make by itself.
#include <string>

#include "core/base/base64url.h"
#include "core/crypto/digest.h"
#include "core/ticket/revocation_list.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace usher;

constexpr std::string_view kSecret = "a secret of exactly 32 bytes....";
constexpr std::string_view kHeader =
    R"({"alg":"HS256","kid":"k1","typ":"usher-revocations"})";

const ticket::KeySet& Keys() {
  static const ticket::KeySet keys =
      ticket::KeySet::Parse(R"({"keys":[{"kty":"oct","kid":"k1","k":")" +
                                ToBase64Url(AsBytes(kSecret)) + R"("}]})",
                            "fuzz")
          .value();
  return keys;
}

std::string Signed(std::string_view payload) {
  const std::string input =
      ToBase64Url(AsBytes(kHeader)) + '.' + ToBase64Url(AsBytes(payload));
  return input + '.' +
         ToBase64Url(crypto::HmacSha256(AsBytes(kSecret)).Sign(AsBytes(input)));
}

void Check(const std::string& text) {
  const auto list = ticket::VerifyList(text, Keys());
  if (!list) {
    FUZZ_EXPECT(list.error() != nullptr);
    return;
  }
  // Each revocation stands in the text with its id and a time.
  FUZZ_EXPECT(list->revocations.size() <= text.size() / 8);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input = AsText({data, size});
  Check(std::string(input));
  Check(Signed(input));
  return 0;
}

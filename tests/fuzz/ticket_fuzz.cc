// Tickets, three ways: as they come from the network; as a payload and as a
// header under a good signature, which no fuzzer could make by itself.
#include <string>

#include "core/base/base64url.h"
#include "core/crypto/digest.h"
#include "core/ticket/key_set.h"
#include "core/ticket/verifier.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace usher;

constexpr std::string_view kSecret = "a secret of exactly 32 bytes....";
constexpr std::string_view kHeader = R"({"alg":"HS256","kid":"k1"})";
constexpr std::string_view kPayload =
    R"({"sub":"t","event":"fight","exp":1800003600})";
constexpr int64_t kNow = 1'800'000'000;

const ticket::KeySet& Keys() {
  static const ticket::KeySet keys =
      ticket::KeySet::Parse(R"({"keys":[{"kty":"oct","kid":"k1","k":")" +
                                ToBase64Url(AsBytes(kSecret)) + R"("}]})",
                            "fuzz")
          .value();
  return keys;
}

std::string Signed(std::string_view header, std::string_view payload) {
  const std::string input =
      ToBase64Url(AsBytes(header)) + '.' + ToBase64Url(AsBytes(payload));
  return input + '.' +
         ToBase64Url(crypto::HmacSha256(AsBytes(kSecret)).Sign(AsBytes(input)));
}

void Check(std::string_view text) {
  const auto verified =
      ticket::Verify(text, Keys(), "fight", {.country = "DE"}, kNow);
  if (!verified) {
    FUZZ_EXPECT(verified.error().reason != nullptr);
    return;
  }
  const ticket::Claims& claims = verified->claims;
  FUZZ_EXPECT(text.size() <= ticket::kMaxTicketSize);
  FUZZ_EXPECT(!claims.subject.empty() && claims.subject.size() <= 128);
  FUZZ_EXPECT(claims.seats >= 1 && claims.seats <= 255);
  FUZZ_EXPECT(claims.expires > kNow - 30);
  FUZZ_EXPECT(!claims.not_before || *claims.not_before <= kNow + 30);
  FUZZ_EXPECT(claims.subject.find('\0') == std::string::npos);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input = AsText({data, size});
  Check(input);
  Check(Signed(kHeader, input));
  Check(Signed(input, kPayload));
  return 0;
}

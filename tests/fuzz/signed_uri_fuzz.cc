// Tokens of RFC 9246: as a payload, and as a container with a good rest, under
// a good signature, which no fuzzer could make by itself.
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/base64url.h"
#include "core/crypto/digest.h"
#include "core/layout/everything.h"
#include "core/ticket/key_set.h"
#include "core/ticket/request_uri.h"
#include "core/ticket/uri_container.h"
#include "core/ticket/verifier.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace usher;

constexpr std::string_view kSecret = "a secret of exactly 32 bytes....";
constexpr int64_t kNow = 1'800'000'000;
constexpr std::string_view kTarget = "/fight/v720/1.m4s?a=%7e";

const ticket::KeySet& Keys() {
  static const ticket::KeySet keys =
      ticket::KeySet::Parse(R"({"keys":[{"kty":"oct","kid":"k1","k":")" +
                                ToBase64Url(AsBytes(kSecret)) + R"("}]})",
                            "fuzz")
          .value();
  return keys;
}

void Check(std::string_view payload) {
  const std::string input =
      ToBase64Url(AsBytes(R"({"alg":"HS256","kid":"k1"})")) + '.' +
      ToBase64Url(AsBytes(payload));
  const std::string token =
      input + '.' +
      ToBase64Url(crypto::HmacSha256(AsBytes(kSecret)).Sign(AsBytes(input)));
  const auto verified = ticket::Verify(token, Keys(),
                                       {.event = "fight",
                                        .base = "https://edge.example",
                                        .target = kTarget,
                                        .everything = layout::Everything()},
                                       {}, kNow);
  if (!verified) {
    FUZZ_EXPECT(verified.error().reason != nullptr);
    return;
  }
  FUZZ_EXPECT(!verified->claims.subject.empty());
  FUZZ_EXPECT(verified->claims.expires > kNow - 30);
  FUZZ_EXPECT(!verified->limits.one_path || !verified->limits.renews);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input = AsText({data, size});
  Check(input);
  const nlohmann::json with_container = {{"exp", kNow + 60},
                                         {"cdniuc", std::string(input)}};
  Check(with_container.dump(-1, ' ', false,
                            nlohmann::json::error_handler_t::replace));
  // What an attribute is taken out of gets shorter, and what is normal stays
  // so.
  const std::string query = ticket::WithoutAttribute(input, "t");
  FUZZ_EXPECT(query.size() <= input.size());
  const std::string uri = ticket::NormalUri("https://h", input);
  FUZZ_EXPECT(uri.size() <= input.size() + 10);
  return 0;
}

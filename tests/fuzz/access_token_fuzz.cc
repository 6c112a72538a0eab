// Common Access Tokens: as they come from the network; as a payload and as a
// protected header under a good MAC, which no fuzzer could make by itself.
#include <array>
#include <string>

#include "core/base/base64url.h"
#include "core/crypto/digest.h"
#include "core/layout/everything.h"
#include "core/ticket/cbor.h"
#include "core/ticket/key_set.h"
#include "core/ticket/verifier.h"
#include "tests/core/ticket/cbor_text.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace usher;
using testing::cbor::Array;
using testing::cbor::ByteString;
using testing::cbor::Int;
using testing::cbor::Map;
using testing::cbor::Tag;
using testing::cbor::Text;

constexpr std::string_view kSecret = "a secret of exactly 32 bytes....";
constexpr int64_t kNow = 1'800'000'000;
constexpr std::array<uint8_t, 4> kAddress = {192, 0, 2, 7};

const ticket::KeySet& Keys() {
  static const ticket::KeySet keys =
      ticket::KeySet::Parse(R"({"keys":[{"kty":"oct","kid":"k1","k":")" +
                                ToBase64Url(AsBytes(kSecret)) + R"("}]})",
                            "fuzz")
          .value();
  return keys;
}

std::string Maced(std::string_view header, std::string_view payload) {
  const std::string to_mac = Array(
      {Text("MAC0"), ByteString(header), ByteString(""), ByteString(payload)});
  const auto mac = crypto::HmacSha256(AsBytes(kSecret)).Sign(AsBytes(to_mac));
  return ToBase64Url(AsBytes(
      Tag(17, Array({ByteString(header), Map({Int(4), ByteString("k1")}),
                     ByteString(payload), ByteString(AsText(mac))}))));
}

void Check(std::string_view token) {
  const auto verified = ticket::Verify(token, Keys(),
                                       {.event = "fight",
                                        .base = "https://edge.example",
                                        .target = "/fight/v720/1.m4s?a=%7e",
                                        .address = kAddress,
                                        .everything = layout::Everything()},
                                       {.country = "DE"}, kNow);
  if (!verified) {
    FUZZ_EXPECT(verified.error().reason != nullptr);
    return;
  }
  FUZZ_EXPECT(!verified->claims.subject.empty());
  FUZZ_EXPECT(verified->claims.expires > kNow);
  FUZZ_EXPECT(!verified->limits.renews);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input = AsText({data, size});
  const auto item = ticket::ReadCbor({data, size}, ticket::kMaxNesting);
  FUZZ_EXPECT(!item || item->items.size() <= size);
  Check(ToBase64Url({data, size}));
  Check(Maced(Map({Int(1), Int(5)}), input));
  Check(Maced(input, Map({Int(4), Int(kNow + 60), Int(312),
                          Map({Int(3), Map({Int(1), Text("/fight/")})})})));
  return 0;
}

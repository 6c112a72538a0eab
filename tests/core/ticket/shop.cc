#include "tests/core/ticket/shop.h"

#include "core/base/base64url.h"

namespace usher::testing {

using crypto::SignatureAlgorithm;
using crypto::SigningKey;

namespace {

// An HS256 key has no public half: both sides share the secret.
constexpr std::string_view kSharedSecret = "a secret of exactly 32 bytes....";

SigningKey MakeKey(SignatureAlgorithm algorithm) {
  if (algorithm == SignatureAlgorithm::kHs256) {
    return SigningKey::Hs256(AsBytes(kSharedSecret)).value();
  }
  return SigningKey::Generate(algorithm).value();
}

std::string MakeJwks(const SigningKey& key) {
  if (key.algorithm() == SignatureAlgorithm::kHs256) {
    return R"({"keys":[{"kty":"oct","kid":"k1","k":")" +
           ToBase64Url(AsBytes(kSharedSecret)) + R"("}]})";
  }
  return R"({"keys":[)" + key.PublicJwk("k1").value() + "]}";
}

}  // namespace

Shop::Shop(SignatureAlgorithm algorithm)
    : signing_key_(MakeKey(algorithm)),
      jwks_(MakeJwks(signing_key_)),
      keys_(ticket::KeySet::Parse(jwks_, "shop.json").value()) {}

std::string Shop::GoodHeader() const {
  return R"({"alg":")" + std::string(JoseName(signing_key_.algorithm())) +
         R"(","kid":"k1"})";
}

std::string Shop::Ticket(std::string_view payload) const {
  return Ticket(GoodHeader(), payload);
}

std::string Shop::Ticket(std::string_view header,
                         std::string_view payload) const {
  const std::string input =
      ToBase64Url(AsBytes(header)) + '.' + ToBase64Url(AsBytes(payload));
  return Join(header, payload, signing_key_.Sign(AsBytes(input)));
}

std::expected<ticket::Verified, ticket::Refusal> Shop::Verify(
    std::string_view ticket, const ticket::Expectations& expected, int64_t now,
    std::string_view event) const {
  return ticket::Verify(ticket, keys_, event, expected, now);
}

std::string_view Shop::Judge(std::string_view ticket,
                             const ticket::Expectations& expected,
                             int64_t now) const {
  const auto verified = Verify(ticket, expected, now);
  return verified ? "" : CodeOf(verified.error().denial);
}

const Shop& TheShop() {
  static const Shop shop;
  return shop;
}

std::string Join(std::string_view header, std::string_view payload,
                 ByteView signature) {
  return ToBase64Url(AsBytes(header)) + '.' + ToBase64Url(AsBytes(payload)) +
         '.' + ToBase64Url(signature);
}

}  // namespace usher::testing

#include "core/ticket/signer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/base/base64url.h"
#include "tests/core/ticket/shop.h"

namespace usher::ticket {
namespace {

using ::usher::testing::TheShop;

Claims Good() {
  Claims claims;
  claims.subject = "t-1";
  claims.events = {"fight"};
  claims.expires = testing::kNow + 3600;
  return claims;
}

Result<std::string> Sign(const Claims& claims) {
  return ticket::Sign(claims, "k1", TheShop().signing_key());
}

TEST(Signer, MakesTicketsThatSayTheSameAgain) {
  Claims claims = Good();
  claims.events = {"fight", "gala"};
  claims.not_before = testing::kNow - 5;
  claims.issued_at = testing::kNow - 6;
  claims.issuer = "shop";
  claims.audiences = {"cdn"};
  claims.seats = 255;
  claims.token_id = "j";
  claims.countries = {"DE"};
  const auto ticket = Sign(claims);
  ASSERT_TRUE(ticket) << ticket.error().OneLine();
  const auto verified = TheShop().Verify(*ticket, {.country = "DE"});
  ASSERT_TRUE(verified) << verified.error().reason;
  EXPECT_EQ(verified->claims.events, claims.events);
  EXPECT_EQ(verified->claims.not_before, claims.not_before);
  EXPECT_EQ(verified->claims.issued_at, claims.issued_at);
  EXPECT_EQ(verified->claims.issuer, claims.issuer);
  EXPECT_EQ(verified->claims.audiences, claims.audiences);
  EXPECT_EQ(verified->claims.seats, claims.seats);
  EXPECT_EQ(verified->claims.token_id, claims.token_id);
  EXPECT_EQ(verified->claims.countries, claims.countries);
}

TEST(Signer, SaysNothingThatWasNotAsked) {
  const auto ticket = Sign(Good());
  ASSERT_TRUE(ticket);
  const size_t first = ticket->find('.');
  const auto part = [&ticket](size_t from, size_t size) {
    const Bytes bytes = FromBase64Url(ticket->substr(from, size)).value();
    return std::string(AsText(bytes));
  };
  EXPECT_EQ(part(0, first), R"({"alg":"ES256","kid":"k1","typ":"JWT"})");
  EXPECT_EQ(part(first + 1, ticket->rfind('.') - first - 1),
            R"({"sub":"t-1","event":"fight","exp":1800003600})");
}

TEST(Signer, RefusesToSignWhatNoEdgeAccepts) {
  const auto refused = [](auto change) {
    Claims claims = Good();
    change(claims);
    return !Sign(claims).has_value();
  };
  EXPECT_TRUE(refused([](Claims& c) { c.subject = ""; }));
  EXPECT_TRUE(refused([](Claims& c) { c.subject = std::string(129, 's'); }));
  EXPECT_TRUE(refused([](Claims& c) { c.subject = "\xff"; }));
  EXPECT_TRUE(refused([](Claims& c) { c.events.clear(); }));
  EXPECT_TRUE(refused([](Claims& c) { c.events = {""}; }));
  EXPECT_TRUE(refused([](Claims& c) { c.expires = -1; }));
  EXPECT_TRUE(refused([](Claims& c) { c.seats = 0; }));
  EXPECT_TRUE(refused([](Claims& c) { c.seats = 256; }));
  EXPECT_TRUE(refused([](Claims& c) { c.countries = {"Germany"}; }));
  EXPECT_TRUE(refused([](Claims& c) {
    c.events = std::vector<std::string>(400, "a-long-name");
  }));
  EXPECT_FALSE(ticket::Sign(Good(), "\xff", TheShop().signing_key()));
}

}  // namespace
}  // namespace usher::ticket

// What a good ticket opens, and when and where it no longer does.
#include "core/ticket/verifier.h"

#include <gtest/gtest.h>

#include "core/base/base64url.h"
#include "core/base/hex.h"
#include "tests/core/ticket/shop.h"

namespace usher::ticket {
namespace {

using ::usher::testing::kNow;
using ::usher::testing::Shop;
using ::usher::testing::TheShop;

std::string With(const std::string& members) {
  return TheShop().Ticket(R"({"sub":"t-1","event":"fight",)" + members + "}");
}
std::string Valid(const std::string& members) {
  return With(R"("exp":1800003600,)" + members);
}

TEST(Verifier, HoldsAKeyToItsIssuers) {
  std::string jwks = TheShop().jwks();
  jwks.insert(jwks.rfind('}', jwks.size() - 2), R"(,"iss":["a","b"])");
  const auto keys = KeySet::Parse(jwks, "shop.json");
  ASSERT_TRUE(keys) << keys.error().OneLine();
  const auto reason = [&](const std::string& ticket) -> std::string {
    const auto verified = Verify(ticket, *keys, "fight", {}, kNow);
    return verified ? "" : verified.error().reason;
  };
  EXPECT_EQ(reason(Valid(R"("iss":"b")")), "");
  EXPECT_EQ(reason(Valid(R"("iss":"c")")),
            "iss is none that its key may sign for");
  EXPECT_EQ(reason(With(R"("exp":1800003600)")),
            "iss is none that its key may sign for");
}

TEST(Verifier, TellsWhatAGoodTicketSays) {
  const auto verified = TheShop().Verify(
      TheShop().Ticket(
          R"({"iss":"shop","sub":"t-1","aud":["a","b"],"event":["fight","gala"],)"
          R"("exp":1800003600,"nbf":1799990000,"iat":1799980000,"seats":3,)"
          R"("jti":"j","cc":["DE","at"],"name":"ignored"})"),
      {.country = "DE"});
  ASSERT_TRUE(verified) << verified.error().reason;
  const Claims& claims = verified->claims;
  EXPECT_EQ(claims.issuer, "shop");
  EXPECT_EQ(claims.subject, "t-1");
  EXPECT_EQ(claims.audiences, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(claims.events, (std::vector<std::string>{"fight", "gala"}));
  EXPECT_EQ(claims.expires, 1800003600);
  EXPECT_EQ(claims.not_before, 1799990000);
  EXPECT_EQ(claims.issued_at, 1799980000);
  EXPECT_EQ(claims.seats, 3U);
  EXPECT_EQ(claims.token_id, "j");
  EXPECT_EQ(claims.countries, (std::vector<std::string>{"DE", "AT"}));
}

TEST(Verifier, GivesOneSeatAndNoRestrictionByDefault) {
  const auto verified = TheShop().Verify(TheShop().GoodTicket());
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->claims.seats, 1U);
  EXPECT_FALSE(verified->claims.not_before);
  EXPECT_TRUE(verified->claims.countries.empty());
}

TEST(Verifier, NamesTheSigningKeyByItsThumbprint) {
  const auto verified = TheShop().Verify(TheShop().GoodTicket());
  ASSERT_TRUE(verified);
  const auto& thumbprint = TheShop().keys().keys().front().hash;
  EXPECT_EQ(ToHex(verified->signing_key_hash),
            ToHex(ByteView(thumbprint).first(4)));
}

class EveryAlgorithm
    : public ::testing::TestWithParam<crypto::SignatureAlgorithm> {};

TEST_P(EveryAlgorithm, IsVerifiedByItsOwnKeyOnly) {
  const Shop shop(GetParam());
  EXPECT_EQ(shop.Judge(shop.GoodTicket()), "");
  const Shop other(crypto::SignatureAlgorithm::kEs256);  // also names it "k1"
  EXPECT_EQ(other.Judge(shop.GoodTicket()), "ticket_invalid");
}

TEST_P(EveryAlgorithm, RefusesEveryChangedCharacter) {
  const Shop shop(GetParam());
  const std::string ticket = shop.GoodTicket();
  for (size_t i = 0; i < ticket.size(); ++i) {
    std::string changed = ticket;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(shop.Judge(changed), "ticket_invalid") << "character " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Algorithms, EveryAlgorithm,
                         ::testing::Values(crypto::SignatureAlgorithm::kEs256,
                                           crypto::SignatureAlgorithm::kEdDsa,
                                           crypto::SignatureAlgorithm::kRs256,
                                           crypto::SignatureAlgorithm::kPs256,
                                           crypto::SignatureAlgorithm::kHs256),
                         [](const auto& named) {
                           return std::string(crypto::JoseName(named.param));
                         });

TEST(Verifier, AcceptsTheNewNameOfEdDsa) {  // RFC 9864
  const Shop shop(crypto::SignatureAlgorithm::kEdDsa);
  EXPECT_EQ(shop.Judge(shop.Ticket(R"({"alg":"Ed25519","kid":"k1"})",
                                   testing::kGoodPayload)),
            "");
}

TEST(Verifier, LetsATicketEndAtExpPlusLeeway) {
  const std::string ticket =
      TheShop().Ticket(R"({"sub":"t","event":"fight","exp":1800000000})");
  const Expectations none{.leeway_seconds = 0};
  EXPECT_EQ(TheShop().Judge(ticket, none, 1799999999), "");
  EXPECT_EQ(TheShop().Judge(ticket, none, 1800000000), "ticket_expired");
  const Expectations usual;
  EXPECT_EQ(TheShop().Judge(ticket, usual, 1800000029), "");
  EXPECT_EQ(TheShop().Judge(ticket, usual, 1800000030), "ticket_expired");
}

TEST(Verifier, LetsATicketBeginAtNbfMinusLeeway) {
  const std::string ticket = Valid(R"("nbf":1800000000)");
  const Expectations none{.leeway_seconds = 0};
  EXPECT_EQ(TheShop().Judge(ticket, none, 1800000000), "");
  EXPECT_EQ(TheShop().Judge(ticket, none, 1799999999), "ticket_early");
  EXPECT_EQ(TheShop().Judge(ticket, {}, 1799999970), "");
  EXPECT_EQ(TheShop().Judge(ticket, {}, 1799999969), "ticket_early");
}

TEST(Verifier, RoundsFractionsToTheStricterSide) {
  const Expectations none{.leeway_seconds = 0};
  EXPECT_EQ(TheShop().Judge(With(R"("exp":1800000000.9)"), none, 1800000000),
            "ticket_expired");
  EXPECT_EQ(TheShop().Judge(With(R"("exp":1.8000000009e9)"), none, 1799999999),
            "");
  EXPECT_EQ(TheShop().Judge(Valid(R"("nbf":1800000000.1)"), none, 1800000000),
            "ticket_early");
}

TEST(Verifier, DoesNotLockOutAViewerForAShopsFastClock) {
  EXPECT_EQ(TheShop().Judge(Valid(R"("iat":1800009999)")), "");
}

TEST(Verifier, AdmitsToExactlyTheNamedEvents) {
  const auto judge = [](const std::string& claim, std::string_view event) {
    const auto verified = TheShop().Verify(
        TheShop().Ticket(R"({"sub":"t","exp":1800003600,"event":)" + claim +
                         "}"),
        {}, kNow, event);
    return verified ? "" : CodeOf(verified.error().denial);
  };
  EXPECT_EQ(judge(R"("fight")", "fight"), "");
  EXPECT_EQ(judge(R"(["gala","fight"])", "fight"), "");
  EXPECT_EQ(judge(R"(["gala","fight"])", "gala"), "");
  for (const char* other : {"fight-2", "figh", "fights", "Fight", "FIGHT",
                            "gala", "", "*", "fight/", "fight "}) {
    EXPECT_EQ(judge(R"("fight")", other), "ticket_scope") << other;
  }
  EXPECT_EQ(judge(R"("fight-2")", "fight"), "ticket_scope");
  EXPECT_EQ(judge(R"("*")", "fight"), "ticket_scope");
  EXPECT_EQ(judge(R"("fight,gala")", "fight"), "ticket_scope");
  EXPECT_EQ(judge(R"("fight gala")", "fight"), "ticket_scope");
}

TEST(Verifier, ChecksTheIssuerWhereOneIsExpected) {
  const std::string from_shop = Valid(R"("iss":"shop")");
  EXPECT_EQ(TheShop().Judge(from_shop, {.issuer = "shop"}), "");
  EXPECT_EQ(TheShop().Judge(from_shop, {.issuer = "sho"}), "ticket_invalid");
  EXPECT_EQ(TheShop().Judge(from_shop, {.issuer = "shop2"}), "ticket_invalid");
  EXPECT_EQ(TheShop().Judge(from_shop), "");
  EXPECT_EQ(TheShop().Judge(TheShop().GoodTicket(), {.issuer = "shop"}),
            "ticket_invalid");
}

TEST(Verifier, ChecksTheAudienceWhereOneIsExpected) {
  const Expectations expected{.audience = "cdn"};
  EXPECT_EQ(TheShop().Judge(Valid(R"("aud":"cdn")"), expected), "");
  EXPECT_EQ(TheShop().Judge(Valid(R"("aud":["x","cdn"])"), expected), "");
  EXPECT_EQ(TheShop().Judge(Valid(R"("aud":["x"])"), expected),
            "ticket_invalid");
  EXPECT_EQ(TheShop().Judge(Valid(R"("aud":"cdn2")"), expected),
            "ticket_invalid");
  EXPECT_EQ(TheShop().Judge(TheShop().GoodTicket(), expected),
            "ticket_invalid");
  EXPECT_EQ(TheShop().Judge(Valid(R"("aud":"whoever")")), "");
}

TEST(Verifier, RefusesACountryRuleItCannotEnforce) {
  const std::string ticket = Valid(R"("cc":["DE","AT"])");
  EXPECT_EQ(TheShop().Judge(ticket, {.country = "DE"}), "");
  EXPECT_EQ(TheShop().Judge(ticket, {.country = "at"}), "");
  EXPECT_EQ(TheShop().Judge(ticket, {.country = "CH"}), "country_refused");
  EXPECT_EQ(TheShop().Judge(ticket, {.country = "D"}), "country_refused");
  EXPECT_EQ(TheShop().Judge(ticket), "country_refused");
  EXPECT_EQ(TheShop().Judge(Valid(R"("cc":"DE")"), {.country = "DE"}), "");
  EXPECT_EQ(TheShop().Judge(TheShop().GoodTicket(), {.country = "CH"}), "");
}

TEST(Verifier, TellsExpiryBeforeScopeSoThatTheViewerHearsTheRemedy) {
  const auto verified =
      TheShop().Verify(With(R"("exp":1700000000)"), {}, kNow, "gala");
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().denial, Denial::kTicketExpired);
}

TEST(Verifier, BelievesNothingBeforeTheSignatureIsGood) {
  // Expired, for another event and forged: only the last may be told.
  const Shop forger;
  EXPECT_EQ(
      TheShop().Judge(forger.Ticket(R"({"sub":"t","event":"gala","exp":1})")),
      "ticket_invalid");
}

}  // namespace
}  // namespace usher::ticket

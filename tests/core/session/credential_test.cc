#include "core/session/credential.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/base64url.h"
#include "core/base/hex.h"
#include "tests/fakes/fixed_random.h"

namespace usher::session {
namespace {

constexpr uint32_t kNow = 1'800'000'000;
constexpr std::array<uint8_t, 4> kSigningKey = {0xca, 0xfe, 0xba, 0xbe};
const std::string kSecretLine =
    "7:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

Secrets SecretsOf(const std::string& text) {
  return Secrets::Parse(text, "secrets").value();
}

ticket::Claims GoodClaims() {
  ticket::Claims claims;
  claims.subject = "t-1";
  claims.issuer = "shop";
  claims.events = {"fight", "gala"};
  claims.expires = kNow + 7200;
  claims.seats = 2;
  return claims;
}

Session GoodSession() {
  testing::FixedRandom random;
  return NewSession(GoodClaims(), "fight", kSigningKey, kNow, 3600, random);
}

Denial DenialOf(Secrets& secrets, std::string_view credential,
                std::string_view event = "fight", uint32_t now = kNow) {
  const auto checked = secrets.Check(credential, EventHash(event), now);
  EXPECT_FALSE(checked) << credential;
  return checked ? Denial::kBadRequest : checked.error();
}

TEST(Session, TakesFromTheTicketWhatAnEdgeMustKnow) {
  const Session session = GoodSession();
  EXPECT_EQ(session.seats, 2);
  EXPECT_EQ(session.issued, kNow);
  EXPECT_EQ(session.expires, kNow + 3600);
  EXPECT_EQ(session.sid, (SessionId{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(session.ticket, TicketHash("shop", "t-1"));
  EXPECT_EQ(session.event, EventHash("fight"));
  EXPECT_EQ(session.signing_key, kSigningKey);
  EXPECT_EQ(session.binding, Binding{});
}

TEST(Session, EndsWithTheTicketWhereThatIsFirst) {
  testing::FixedRandom random;
  const auto end = [&random](int64_t ticket_expires, uint32_t lifetime,
                             uint32_t leeway) {
    ticket::Claims claims = GoodClaims();
    claims.expires = ticket_expires;
    return NewSession(claims, "fight", kSigningKey, kNow, lifetime, random,
                      leeway)
        .expires;
  };
  EXPECT_EQ(end(kNow + 60, 3600, 0), kNow + 60);
  EXPECT_EQ(end(kNow + 60, 3600, 30), kNow + 90);
  EXPECT_EQ(end(kNow - 10, 3600, 30), kNow + 20);
  EXPECT_EQ(end(kNow + 7200, 3600, 30), kNow + 3600);
  EXPECT_EQ(end(253402300799, UINT32_MAX, 0), UINT32_MAX);
}

TEST(Session, HashesIssuerAndSubjectApart) {
  EXPECT_NE(TicketHash("a", "bc"), TicketHash("ab", "c"));
  EXPECT_NE(TicketHash("", "abc"), TicketHash("abc", ""));
  // SHA-256("shop" 0 "t-1"), computed with sha256sum.
  EXPECT_EQ(ToHex(TicketHash("shop", "t-1")), "23577d02b06b4cbb");
  EXPECT_NE(EventHash("fight"), EventHash("fight-2"));
}

TEST(Credential, HasTheLayoutOfItsHeader) {
  Secrets secrets = SecretsOf(kSecretLine);
  const auto credential = secrets.Sign(GoodSession(), kNow);
  ASSERT_TRUE(credential);
  EXPECT_EQ(credential->size(), kCredentialSize);
  const Bytes record = FromBase64Url(*credential).value();
  ASSERT_EQ(record.size(), kRecordSize);
  EXPECT_EQ(ToHex(ByteView(record).first(44)),
            "01070002"  // version, secret, flags, seats
            "6b49d200"
            "6b49e010"  // issued, expires
            "0102030405060708" +
                ToHex(TicketHash("shop", "t-1")) + ToHex(EventHash("fight")) +
                "cafebabe"
                "00000000");
  // Computed with OpenSSL's command line from the secret above.
  EXPECT_EQ(ToHex(ByteView(record).last(16)),
            "7b4945557c5ecf273072b00fe9bedb58");
}

TEST(Credential, ComesBackAsTheSessionItWas) {
  Secrets secrets = SecretsOf(kSecretLine);
  const auto credential = secrets.Sign(GoodSession(), kNow);
  ASSERT_TRUE(credential);
  const auto checked = secrets.Check(*credential, EventHash("fight"), kNow);
  ASSERT_TRUE(checked);
  EXPECT_EQ(secrets.Sign(*checked, kNow), credential);
  EXPECT_EQ(checked->seats, 2);
  EXPECT_EQ(checked->expires, kNow + 3600);
}

TEST(Credential, IsRefusedWithAnyBitFlipped) {
  Secrets secrets = SecretsOf(kSecretLine + "0:" + std::string(64, 'a') + "\n");
  const auto credential = secrets.Sign(GoodSession(), kNow);
  ASSERT_TRUE(credential);
  const Bytes record = FromBase64Url(*credential).value();
  for (size_t bit = 0; bit < record.size() * 8; ++bit) {
    Bytes flipped = record;
    flipped[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_EQ(DenialOf(secrets, ToBase64Url(flipped)), Denial::kSessionInvalid)
        << "bit " << bit;
  }
}

TEST(Credential, IsRefusedInAnyOtherSpelling) {
  Secrets secrets = SecretsOf(kSecretLine);
  const std::string good = secrets.Sign(GoodSession(), kNow).value();
  for (const std::string& text :
       {std::string(), good.substr(1), good.substr(0, 79), good + "A",
        good + "=", " " + good, good + good, std::string(80, '/'),
        std::string(80, '\0'), std::string(80, 'A'),
        std::string(100000, 'A')}) {
    EXPECT_EQ(DenialOf(secrets, text), Denial::kSessionInvalid);
  }
}

TEST(Credential, OpensOneEventOnly) {
  Secrets secrets = SecretsOf(kSecretLine);
  const std::string good = secrets.Sign(GoodSession(), kNow).value();
  for (const char* event : {"gala", "fight-2", "figh", ""}) {
    EXPECT_EQ(DenialOf(secrets, good, event), Denial::kSessionInvalid);
  }
}

TEST(Credential, EndsAtItsExpirySecond) {
  Secrets secrets = SecretsOf(kSecretLine);
  const std::string good = secrets.Sign(GoodSession(), kNow).value();
  EXPECT_TRUE(secrets.Check(good, EventHash("fight"), kNow + 3599));
  EXPECT_EQ(DenialOf(secrets, good, "fight", kNow + 3600),
            Denial::kSessionExpired);
  EXPECT_EQ(DenialOf(secrets, good, "fight", UINT32_MAX),
            Denial::kSessionExpired);
}

TEST(Credential, IsNotToldExpiredWhereItIsForged) {
  Secrets secrets = SecretsOf(kSecretLine);
  std::string forged = secrets.Sign(GoodSession(), kNow).value();
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(DenialOf(secrets, forged, "fight", kNow + 9999),
            Denial::kSessionInvalid);
}

TEST(Credential, OfAnotherFleetIsRefused) {
  Secrets secrets = SecretsOf(kSecretLine);
  Secrets other = SecretsOf("7:" + std::string(64, 'b'));
  EXPECT_EQ(DenialOf(secrets, other.Sign(GoodSession(), kNow).value()),
            Denial::kSessionInvalid);
}

TEST(Credential, NeedsASeat) {
  Secrets secrets = SecretsOf(kSecretLine);
  Session session = GoodSession();
  session.seats = 0;  // no NewSession makes this, so only a fault could
  EXPECT_EQ(DenialOf(secrets, secrets.Sign(session, kNow).value()),
            Denial::kSessionInvalid);
}

}  // namespace
}  // namespace usher::session

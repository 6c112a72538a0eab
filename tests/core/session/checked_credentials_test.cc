// What Secrets remembers of a credential admits nothing that it would refuse.
#include "core/session/checked_credentials.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/base64url.h"
#include "core/session/credential.h"
#include "tests/fakes/fixed_random.h"

namespace usher::session {
namespace {

constexpr uint32_t kNow = 1'800'000'000;
constexpr uint32_t kLifetime = 3600;
const std::string kSecret = "7:" + std::string(64, 'b') + "\n";

Secrets SecretsOf(const std::string& text) {
  return Secrets::Parse(text, "secrets").value();
}

Session SessionNumber(uint32_t number) {
  testing::FixedRandom random;
  ticket::Claims claims;
  claims.subject = "order-" + std::to_string(number);
  claims.expires = kNow + 2 * kLifetime;
  Session session =
      NewSession(claims, "fight", {1, 2, 3, 4}, kNow, kLifetime, random);
  for (size_t i = 0; i < 4; ++i) {
    session.sid[i] = static_cast<uint8_t>(number >> (8 * i));
  }
  return session;
}

class CheckedCredentialsTest : public ::testing::Test {
 protected:
  CheckedCredentialsTest() {
    // It is known from here on.
    EXPECT_TRUE(Check(good_));
    EXPECT_TRUE(Check(good_));
  }
  std::expected<Session, Denial> Check(std::string_view credential,
                                       std::string_view event = "fight",
                                       uint32_t now = kNow) {
    return secrets_.Check(credential, EventHash(event), now);
  }
  std::string Signed(uint32_t number) {
    return secrets_.Sign(SessionNumber(number), kNow).value_or("");
  }
  Denial DenialOf(std::string_view credential, std::string_view event = "fight",
                  uint32_t now = kNow) {
    const auto checked = Check(credential, event, now);
    EXPECT_FALSE(checked) << credential;
    return checked ? Denial::kBadRequest : checked.error();
  }

  Secrets secrets_ = SecretsOf(kSecret);
  const std::string good_ = Signed(0);
};

TEST_F(CheckedCredentialsTest, AKnownOneIsTheSessionItWas) {
  const auto session = Check(good_);
  ASSERT_TRUE(session);
  EXPECT_EQ(secrets_.Sign(*session, kNow), good_);
}

TEST_F(CheckedCredentialsTest, AKnownOneExpiresAndIsForOneEvent) {
  EXPECT_EQ(DenialOf(good_, "gala"), Denial::kSessionInvalid);
  EXPECT_TRUE(Check(good_, "fight", kNow + kLifetime - 1));
  EXPECT_EQ(DenialOf(good_, "fight", kNow + kLifetime),
            Denial::kSessionExpired);
}

TEST_F(CheckedCredentialsTest, NothingThatIsLikeAKnownOneIsGood) {
  const Bytes record = FromBase64Url(good_).value_or(Bytes());
  ASSERT_EQ(record.size(), kRecordSize);
  for (size_t bit = 0; bit < record.size() * 8; ++bit) {
    Bytes flipped = record;
    flipped[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_EQ(DenialOf(ToBase64Url(flipped)), Denial::kSessionInvalid)
        << "bit " << bit;
  }
  for (const std::string& text :
       {std::string(), good_.substr(1), good_.substr(0, 79), good_ + "A",
        std::string(kCredentialSize, '\0'),
        std::string(kCredentialSize, 'A')}) {
    EXPECT_EQ(DenialOf(text), Denial::kSessionInvalid);
  }
}

TEST_F(CheckedCredentialsTest, AnotherSecretDoesNotKnowIt) {
  secrets_ = SecretsOf("7:" + std::string(64, 'c') + "\n");
  EXPECT_EQ(DenialOf(good_), Denial::kSessionInvalid);
}

TEST_F(CheckedCredentialsTest, MoreThanItHoldsAreAllThemselves) {
  constexpr uint32_t kMany = 20'000;
  std::vector<std::string> credentials(kMany);
  for (uint32_t i = 0; i < kMany; ++i) credentials[i] = Signed(i);
  for (int round = 0; round < 2; ++round) {
    for (uint32_t i = 0; i < kMany; ++i) {
      const auto session = Check(credentials[i]);
      ASSERT_TRUE(session);
      ASSERT_EQ(session->sid, SessionNumber(i).sid);
      ASSERT_EQ(session->ticket, SessionNumber(i).ticket);
    }
  }
}

TEST(CheckedCredentials, KnowsWhatWasNotedAndNothingElse) {
  CheckedCredentials checked;
  const std::string one(kCredentialSize, '1');
  EXPECT_EQ(checked.Find(one), nullptr);
  EXPECT_EQ(checked.Find(std::string(kCredentialSize, '\0')), nullptr);
  checked.Note(one, SessionNumber(1));
  ASSERT_NE(checked.Find(one), nullptr);
  EXPECT_EQ(checked.Find(one)->sid, SessionNumber(1).sid);
  EXPECT_EQ(checked.Find(std::string(kCredentialSize, '2')), nullptr);
  EXPECT_EQ(checked.Find(std::string(kCredentialSize, '\0')), nullptr);
  EXPECT_EQ(checked.Find(one.substr(1)), nullptr);
}

}  // namespace
}  // namespace usher::session

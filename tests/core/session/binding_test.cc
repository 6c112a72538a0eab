#include "core/session/binding.h"

#include <gtest/gtest.h>

#include "core/session/credential.h"

namespace usher::session {
namespace {

constexpr uint32_t kNow = 1'800'000'000;

TEST(Binding, WithoutFlagsHoldsEverywhere) {
  const Binding binding = Bind(0, {.country = "DE"});
  EXPECT_EQ(binding, Binding{});
  EXPECT_TRUE(Holds(binding, {.country = "FR"}));
  EXPECT_TRUE(Holds(binding, {}));
}

TEST(Binding, ToACountryHoldsInThatOneOnly) {
  const Binding binding = Bind(kToCountry, {.country = "DE"});
  EXPECT_TRUE(Holds(binding, {.country = "DE"}));
  EXPECT_TRUE(Holds(binding, {.country = "de"}));
  EXPECT_FALSE(Holds(binding, {.country = "AT"}));
  EXPECT_FALSE(Holds(binding, {.country = "D"}));
  EXPECT_FALSE(Holds(binding, {})) << "unknown is nowhere";
}

TEST(Binding, ToAnAddressPrefixHoldsInThatNetwork) {
  const auto at = [](std::initializer_list<uint8_t> address) {
    return Place{.country = {},
                 .address = ByteView(address.begin(), address.size()),
                 .agent = {}};
  };
  const Binding v4 = Bind(kToPrefix, at({192, 0, 2, 1}));
  EXPECT_TRUE(Holds(v4, at({192, 0, 2, 200})));
  EXPECT_FALSE(Holds(v4, at({192, 0, 3, 1})));
  EXPECT_FALSE(Holds(v4, {}));
  const Binding v6 =
      Bind(kToPrefix, at({32, 1, 13, 184, 0, 0, 5, 1, 1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_TRUE(
      Holds(v6, at({32, 1, 13, 184, 0, 0, 5, 9, 8, 7, 6, 5, 4, 3, 2, 1})));
  EXPECT_FALSE(
      Holds(v6, at({32, 1, 13, 184, 0, 0, 6, 1, 1, 2, 3, 4, 5, 6, 7, 8})));
}

TEST(Binding, ToAUserAgentHoldsForThatOne) {
  const Binding binding = Bind(kToAgent, {.agent = "player/1"});
  EXPECT_TRUE(Holds(binding, {.country = "FR", .agent = "player/1"}));
  EXPECT_FALSE(Holds(binding, {.agent = "player/2"}));
  EXPECT_NE(binding, Bind(kToAgent | kToCountry, {.agent = "player/1"}));
}

TEST(Binding, IsInTheCredentialAndUnderItsMac) {
  Secrets secrets =
      Secrets::Parse("1:" + std::string(64, 'a'), "secrets").value();
  Session session;
  session.expires = kNow + 60;
  session.event = EventHash("fight");
  session.binding = Bind(kToCountry, {.country = "DE"});
  const auto credential = secrets.Sign(session, kNow);
  ASSERT_TRUE(credential);
  const auto checked = secrets.Check(*credential, EventHash("fight"), kNow);
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->binding, session.binding);
}

TEST(Binding, AFlagNobodyKnowsIsRefused) {
  Secrets secrets =
      Secrets::Parse("1:" + std::string(64, 'a'), "secrets").value();
  Session session;
  session.expires = kNow + 60;
  session.event = EventHash("fight");
  session.binding.flags = 0x80;
  const auto credential = secrets.Sign(session, kNow);
  ASSERT_TRUE(credential);
  EXPECT_FALSE(secrets.Check(*credential, EventHash("fight"), kNow));
}

}  // namespace
}  // namespace usher::session

#include "ngx_module/engine/event_settings.h"

#include <gtest/gtest.h>

namespace usher::engine {
namespace {

using Words = std::vector<std::string_view>;

TEST(EventSettings, AreFoundByTheEventTheyAreOf) {
  std::vector<EventSettings> events;
  EXPECT_EQ(AddEvent(events, Words{"fight", "issuer=https://shop",
                                   "audience=door", "starts=100"}),
            nullptr);
  EXPECT_EQ(AddEvent(events, Words{"fight-2"}), nullptr);
  const auto* const found = SettingsOf(events, session::EventHash("fight"));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->issuer, "https://shop");
  EXPECT_EQ(found->audience, "door");
  EXPECT_EQ(found->starts, 100u);
  EXPECT_EQ(SettingsOf(events, session::EventHash("fight-3")), nullptr);
}

TEST(EventSettings, WhatIsWrongIsSaid) {
  for (const Words& words :
       {Words{}, Words{"Fight"}, Words{"usher"}, Words{"fight", "issuer"},
        Words{"fight", "starts="}, Words{"fight", "starts=tomorrow"},
        Words{"fight", "start=1"}, Words{"fight", ""}, Words{"fight", "="}}) {
    std::vector<EventSettings> events;
    EXPECT_NE(AddEvent(events, words), nullptr);
    EXPECT_TRUE(events.empty());
  }
  std::vector<EventSettings> events;
  EXPECT_EQ(AddEvent(events, Words{"fight"}), nullptr);
  EXPECT_NE(AddEvent(events, Words{"fight"}), nullptr);
}

TEST(EventSettings, AStartIsSecondsOrADate) {
  EXPECT_EQ(ParseStart("0"), 0u);
  EXPECT_EQ(ParseStart("1893456000"), 1893456000u);
  EXPECT_EQ(ParseStart("2030-01-01T00:00:00Z"), 1893456000u);
  EXPECT_EQ(ParseStart("2028-02-29T23:59:59Z"), 1835481599u);
  for (const char* bad :
       {"", "-1", "+1", "1.5", "4294967296", "2030-01-01",
        "2030-13-01T00:00:00Z", "2030-02-29T00:00:00Z", "2030-01-01T24:00:00Z",
        "2030-01-01 00:00:00Z", "2030-01-01T00:00:00+01:00",
        "1969-12-31T23:59:59Z", "2107-01-01T00:00:00Z"}) {
    EXPECT_FALSE(ParseStart(bad)) << bad;
  }
}

}  // namespace
}  // namespace usher::engine

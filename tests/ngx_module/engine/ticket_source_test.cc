#include "ngx_module/engine/ticket_source.h"

#include <gtest/gtest.h>

#include <string>

namespace usher::engine {
namespace {

using Kind = TicketSource::Kind;

TEST(TicketSourceTest, TheFirstSourceThatHasATicketWins) {
  const TicketSource sources[] = {
      {Kind::kQuery, "t"}, {Kind::kCookie, "c"}, {Kind::kBearer, {}}};
  TicketCarriers carriers = {.query = "a=1&t=query",
                             .authorization = "Bearer bearer",
                             .cookie = "c=cookie"};
  EXPECT_EQ(FindTicket(sources, carriers).text, "query");
  carriers.query = "t=";
  EXPECT_EQ(FindTicket(sources, carriers).text, "cookie");
  carriers.fetch_site = "cross-site";
  EXPECT_EQ(FindTicket(sources, carriers).text, "bearer");
  carriers.authorization = "Basic bearer";
  EXPECT_EQ(FindTicket(sources, carriers).text, "");
}

TEST(TicketSourceTest, ArgumentsMatchByWholeName) {
  EXPECT_EQ(ArgumentValue("xt=1&t=2&t=3", "t"), "2");
  EXPECT_EQ(ArgumentValue("t", "t"), "");
  EXPECT_EQ(ArgumentValue("t=a=b", "t"), "a=b");
  EXPECT_EQ(ArgumentValue("", "t"), "");
}

TEST(TicketSourceTest, CookiesMatchByWholeName) {
  EXPECT_EQ(CookieValue("xt=1; t=2", "t"), "2");
  EXPECT_EQ(CookieValue("t=2", "t"), "2");
  EXPECT_EQ(CookieValue("a=t=9;t=2;t=3", "t"), "2");
  EXPECT_EQ(CookieValue("a=1", "t"), "");
}

TEST(TicketSourceTest, BearerIsCaseInsensitive) {
  EXPECT_EQ(BearerToken("Bearer x"), "x");
  EXPECT_EQ(BearerToken("bEARER   x "), "x");
  EXPECT_EQ(BearerToken("Bearerx"), "");
  EXPECT_EQ(BearerToken("Bearer"), "");
  EXPECT_EQ(BearerToken(""), "");
}

TEST(TicketSourceTest, EscapesInAQueryAreDecoded) {
  const TicketSource source[] = {{Kind::kQuery, "t"}};
  const auto ticket = [&](std::string_view query) {
    return FindTicket(source, {.query = query}).text;
  };
  EXPECT_EQ(ticket("t=a%2Eb%2ec"), "a.b.c");
  EXPECT_EQ(ticket("t=a%zz%2"), "a%zz%2");
}

std::string Blanked(const TicketSource& source, std::string header) {
  BlankTickets(source, header);
  return header;
}

TEST(TicketSourceTest, BlankingLeavesNothingOfTheTicketAndAllOfTheRest) {
  EXPECT_EQ(Blanked({Kind::kBearer, {}}, "Bearer abc"), "Bearer ---");
  EXPECT_EQ(Blanked({Kind::kBearer, {}}, "Basic abc"), "Basic abc");
  EXPECT_EQ(Blanked({Kind::kCookie, "t"}, "a=1; t=abc; b=2; t=de"),
            "a=1; t=---; b=2; t=--");
  EXPECT_EQ(Blanked({Kind::kCookie, "t"}, "a=1"), "a=1");
  EXPECT_EQ(Blanked({Kind::kCookie, "t"}, ""), "");
}

}  // namespace
}  // namespace usher::engine

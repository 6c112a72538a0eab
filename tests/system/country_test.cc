// Tickets that are good in some countries only, with nginx's own geo and map.
#include <gtest/gtest.h>

#include <string>

#include "tests/system/nginx.h"
#include "tests/system/recording_origin.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

constexpr std::string_view kMaster = "/film/master.m3u8";

// Addresses of documentation, told by realip as behind a load balancer.
constexpr std::string_view kGeo = R"(
  set_real_ip_from 127.0.0.0/8;
  real_ip_header X-Real-IP;
  geo $country {
    default        "";
    192.0.2.0/24   DE;
    198.51.100.0/24 at;
    2001:db8::/32  FR;
  }
)";

class CountryTest : public ::testing::Test {
 protected:
  void StartEdge(std::string_view directives) {
    nginx_.Start(std::string(kGeo) + "server { listen $port1; " +
                 std::string(directives) +
                 " location / { usher on; proxy_pass http://" +
                 origin_.address() + "; } location = /usher/session {" +
                 " usher on; } }");
  }
  static std::string TicketFor(std::vector<std::string> countries) {
    ticket::Claims claims = BoxOffice::The().Claims("film");
    claims.countries = std::move(countries);
    return BoxOffice::The().Ticket(claims);
  }
  Answer GetFrom(const std::string& address, std::string_view target) const {
    return Get(nginx_.port(), target, {"X-Real-IP: " + address});
  }
  Answer Show(const std::string& ticket, const std::string& address) const {
    return GetFrom(address, std::string(kMaster) + "?ticket=" + ticket);
  }

  Nginx nginx_;
  RecordingOrigin origin_;
};

TEST_F(CountryTest, ATicketOpensInItsCountriesOnly) {
  StartEdge("usher_country $country;");
  const std::string ticket = TicketFor({"DE", "AT"});
  EXPECT_EQ(Show(ticket, "192.0.2.7").status, 302);
  EXPECT_EQ(Show(ticket, "198.51.100.7").status, 302) << "either case";
  for (const char* elsewhere : {"2001:db8::7", "203.0.113.7"}) {
    const Answer refused = Show(ticket, elsewhere);
    EXPECT_EQ(refused.status, 403) << elsewhere;
    EXPECT_EQ(refused.Code(), "country_refused") << elsewhere;
  }
  EXPECT_EQ(Show(TicketFor({}), "203.0.113.7").status, 302)
      << "a ticket that names none is good everywhere";
  EXPECT_EQ(origin_.requests(), 0);
}

TEST_F(CountryTest, ASessionIsGoodWhereItWasOpened) {
  StartEdge("usher_country $country;");
  const std::string location =
      Show(TicketFor({"DE", "AT"}), "192.0.2.7").Header("Location");
  EXPECT_EQ(GetFrom("192.0.2.8", location).status, 200) << "another address";
  for (const char* elsewhere : {"198.51.100.7", "2001:db8::7", "203.0.113.7"}) {
    const Answer refused = GetFrom(elsewhere, location);
    EXPECT_EQ(refused.status, 403) << elsewhere;
    EXPECT_EQ(refused.Code(), "session_invalid") << elsewhere;
  }
  EXPECT_EQ(origin_.requests(), 1);
}

TEST_F(CountryTest, AskedOnceASessionMayTravel) {
  StartEdge("usher_country $country once;");
  const std::string ticket = TicketFor({"DE"});
  EXPECT_EQ(Show(ticket, "2001:db8::7").Code(), "country_refused");
  const std::string location = Show(ticket, "192.0.2.7").Header("Location");
  EXPECT_EQ(GetFrom("2001:db8::7", location).status, 200);
}

TEST_F(CountryTest, APageIsAskedTheSame) {
  StartEdge("usher_country $country;");
  const auto post = [&](const std::string& address) {
    return Ask(nginx_.port(), "POST", "/usher/session",
               {"X-Real-IP: " + address, "Content-Type: application/json",
                "Authorization: Bearer " + TicketFor({"DE"})});
  };
  EXPECT_EQ(post("192.0.2.7").status, 200);
  EXPECT_EQ(post("203.0.113.7").Code(), "country_refused");
}

TEST_F(CountryTest, WithoutAVariableATicketWithCountriesIsRefused) {
  StartEdge("");
  EXPECT_EQ(Show(TicketFor({"DE"}), "192.0.2.7").Code(), "country_refused");
}

TEST_F(CountryTest, AnyVariableServes) {
  nginx_.Start(std::string(kGeo) +
               "map $http_x_country $by_header { default $country; XX FR; }"
               "server { listen $port1; usher_country $by_header;"
               " location / { usher on; proxy_pass http://" +
               origin_.address() + "; } }");
  const std::string target =
      std::string(kMaster) + "?ticket=" + TicketFor({"FR"});
  EXPECT_EQ(GetFrom("192.0.2.7", target).status, 403);
  EXPECT_EQ(
      Get(nginx_.port(), target, {"X-Real-IP: 192.0.2.7", "X-Country: XX"})
          .status,
      302);
}

TEST_F(CountryTest, AnotherParameterIsRefusedByName) {
  nginx_.ExpectAlarm("invalid parameter \"always\"");
  const ProcessResult result = nginx_.Test(
      "server { listen $port1; usher_country $remote_addr always; }");
  EXPECT_NE(result.exit_code, 0);
  EXPECT_TRUE(result.err.contains("invalid parameter \"always\""))
      << result.err;
}

}  // namespace
}  // namespace usher::testing

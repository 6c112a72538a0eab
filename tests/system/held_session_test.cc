// What a request that waits is told when its session ends: at once, in every
// worker, whether it waits for a packager or for another's cache fill.
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const std::string kSecret(64, 'c');

// A box that is edge and origin at once on port 1, an edge before that on port
// 2, and who runs both on port 3.
constexpr char kHttp[] = R"(
usher_state $prefix/state;
server {
  listen $port1 reuseport;
  location / { usher on; root $prefix/media; usher_live $prefix/media; }
}
proxy_cache_path $prefix/cache keys_zone=cache:1m;
server {
  listen $port2 reuseport;
  location / {
    usher on;
    proxy_pass http://$port4;
    proxy_cache cache;
    proxy_cache_key $usher_cache_key;
    proxy_read_timeout 60s;
    usher_coalesce on wait=60s;
    proxy_cache_bypass $usher_bypass_lock;
    proxy_ignore_client_abort on;
  }
}
server { listen $port4; root $prefix/media; usher off;
  location / { usher_live $prefix/media; } }
server {
  listen $port3;
  location /control/ { usher_control secret=$prefix/control-secret; }
  location = /waiting { stub_status; }
}
)";

class HeldSessionTest : public ::testing::Test {
 protected:
  HeldSessionTest() : claims_(BoxOffice::The().Claims("fight")) {
    fs::create_directories(Track());
    Publish(3);
    nginx_.Write("control-secret", kSecret + "\n");
    fs::permissions(nginx_.prefix() / "control-secret", fs::perms(0640));
    nginx_.SetWorkers(4);
    nginx_.Start(kHttp);
  }
  fs::path Track() const { return nginx_.prefix() / "media/fight/v720"; }
  void Publish(int last) {
    std::string text =
        "#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXT-X-MEDIA-SEQUENCE:1\n";
    for (int i = 1; i <= last; ++i) {
      text += "#EXTINF:8,\n" + std::to_string(i) + ".m4s\n";
    }
    WriteFile(Track() / ".new", text);
    fs::rename(Track() / ".new", Track() / "media.m3u8");
  }
  std::string Open(const ticket::Claims& claims, size_t port = 1) {
    const std::string location =
        LedTo(nginx_.port(port), "/fight/v720/media.m3u8",
              BoxOffice::The().Ticket(claims));
    return location.substr(0, location.find('/', 3));
  }
  // Asks for the segment that is not there yet.
  std::future<Answer> Hold(const std::string& session, size_t port = 1) {
    const std::string url = session + "/fight/v720/media.m3u8?_HLS_msn=4";
    return std::async(std::launch::async, [this, url, port] {
      return Get(nginx_.port(port), url);
    });
  }
  bool WaitUntilHeld(int count) {
    return WaitUntil([&] {
      const std::string status = Get(nginx_.port(3), "/waiting").body;
      std::smatch match;
      return std::regex_search(status, match, std::regex("Writing: (\\d+)")) &&
             std::stoi(match[1]) - 1 == count;
    });
  }
  static bool IsHeld(const std::future<Answer>& held) {
    return held.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
  }
  int Call(std::string_view method, const std::string& path, const Json& body) {
    return Ask(nginx_.port(3), method, "/control/" + path,
               {"Authorization: Bearer " + kSecret}, body.dump())
        .status;
  }

  Nginx nginx_;
  ticket::Claims claims_;
};

TEST_F(HeldSessionTest, ARevokedTicketsRequestsEndAtOnce) {
  claims_.seats = 8;
  std::vector<std::future<Answer>> held;
  for (int i = 0; i < 8; ++i) held.push_back(Hold(Open(claims_)));
  auto other = Hold(Open(BoxOffice::The().Claims("fight")));
  ASSERT_TRUE(WaitUntilHeld(9));
  EXPECT_EQ(Call("POST", "revocations", {{"ticket", claims_.subject}}), 200);
  for (auto& each : held) {
    const Answer answer = each.get();
    EXPECT_EQ(answer.Code(), "ticket_revoked");
    EXPECT_EQ(answer.Header("Cache-Control"), "no-store");
  }
  EXPECT_TRUE(WaitUntilHeld(1));
  EXPECT_TRUE(IsHeld(other)) << "who is not meant goes on waiting";
  Publish(4);
  EXPECT_EQ(other.get().status, 200);
}

TEST_F(HeldSessionTest, AnEvictedSessionsRequestEndsAtOnce) {
  auto held = Hold(Open(claims_));
  ASSERT_TRUE(WaitUntilHeld(1));
  const std::string newer = Open(claims_);
  EXPECT_EQ(Get(nginx_.port(), newer + "/fight/v720/media.m3u8").status, 200);
  EXPECT_EQ(held.get().Code(), "session_evicted");
}

TEST_F(HeldSessionTest, AKeyThatIsTakenAwayEndsWhoWaitsByIt) {
  std::vector<std::future<Answer>> held;
  for (int i = 0; i < 4; ++i) {
    held.push_back(Hold(Open(BoxOffice::The().Claims("fight"))));
  }
  ASSERT_TRUE(WaitUntilHeld(4));
  const BoxOffice another;
  const std::string jwks = nginx_.prefix() / "jwks.json";
  WriteFile(jwks + ".new", another.jwks());
  fs::rename(jwks + ".new", jwks);
  for (auto& each : held) EXPECT_EQ(each.get().Code(), "session_revoked");
}

TEST_F(HeldSessionTest, AnEventThatEndsEndsWhoWaits) {
  auto held = Hold(Open(claims_));
  ASSERT_TRUE(WaitUntilHeld(1));
  EXPECT_EQ(Call("PUT", "events/fight", {{"state", "ended"}}), 200);
  EXPECT_EQ(held.get().Code(), "event_ended");
}

TEST_F(HeldSessionTest, AFollowerOfACacheFillEndsAtOnce) {
  const auto other = BoxOffice::The().Claims("fight");
  auto leader = Hold(Open(other, 2), 2);
  ASSERT_TRUE(WaitUntilHeld(2)) << "at the edge, and at its origin";
  auto follower = Hold(Open(claims_, 2), 2);
  ASSERT_TRUE(WaitUntilHeld(3));
  EXPECT_EQ(Call("POST", "revocations", {{"ticket", claims_.subject}}), 200);
  EXPECT_EQ(follower.get().Code(), "ticket_revoked");
  EXPECT_TRUE(IsHeld(leader));
  Publish(4);
  EXPECT_EQ(leader.get().status, 200);
}

TEST_F(HeldSessionTest, ALeaderThatWasRevokedGetsNothingAndItsFollowersAll) {
  const auto other = BoxOffice::The().Claims("fight");
  auto leader = Hold(Open(claims_, 2), 2);
  ASSERT_TRUE(WaitUntilHeld(2));
  auto follower = Hold(Open(other, 2), 2);
  ASSERT_TRUE(WaitUntilHeld(3));
  EXPECT_EQ(Call("POST", "revocations", {{"ticket", claims_.subject}}), 200);
  Publish(4);
  const Answer refused = leader.get();
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.Code(), "ticket_revoked");
  EXPECT_EQ(refused.Header("Cache-Control"), "no-store");
  EXPECT_EQ(refused.Header("ETag"), "");
  EXPECT_EQ(follower.get().status, 200);
}

}  // namespace
}  // namespace usher::testing

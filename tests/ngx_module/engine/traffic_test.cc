#include "ngx_module/engine/traffic.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "core/session/credential.h"
#include "ngx_module/engine/traffic_report.h"

namespace usher::engine {
namespace {

constexpr uint64_t kNow = 1'800'000'000'000;

class TrafficTest : public ::testing::Test {
 protected:
  void Serve(std::string_view path, CacheOutcome outcome = CacheOutcome::kHit,
             int status = 200, uint64_t now = kNow) {
    traffic_->CountServed({.path = path,
                           .status = status,
                           .outcome = outcome,
                           .bytes = 100,
                           .now = now});
  }
  std::string Text(const LiveSessions& live = {}) const {
    Exposition text;
    AddTraffic(text, *traffic_, live);
    return text.Take();
  }
  nlohmann::ordered_json Json() const {
    return nlohmann::ordered_json::parse(
        TrafficJson(*traffic_, {}, kNow + 5000));
  }

  std::unique_ptr<Traffic> traffic_ = std::make_unique<Traffic>();
};

TEST_F(TrafficTest, EveryPathHasAKind) {
  EXPECT_EQ(FileKindOf("/film/master.m3u8"), FileKind::kPlaylist);
  EXPECT_EQ(FileKindOf("/film/v720/media.m3u8"), FileKind::kPlaylist);
  EXPECT_EQ(FileKindOf("/film/manifest.mpd"), FileKind::kMpd);
  EXPECT_EQ(FileKindOf("/film/v720/init.mp4"), FileKind::kInit);
  EXPECT_EQ(FileKindOf("/film/v720/1.m4s"), FileKind::kSegment);
  EXPECT_EQ(FileKindOf("/film/v720/1.0.m4s"), FileKind::kPart);
  EXPECT_EQ(FileKindOf("/film/key/"), FileKind::kKey);
  EXPECT_EQ(FileKindOf("/favicon.ico"), FileKind::kOther);
  EXPECT_EQ(FileKindOf(""), FileKind::kOther);
}

TEST_F(TrafficTest, SegmentsAreNumbered) {
  EXPECT_EQ(SegmentNumberOf("/film/v720/17.m4s"), 17u);
  EXPECT_EQ(SegmentNumberOf("/film/v720/17.3.m4s"), 17u);
  EXPECT_EQ(SegmentNumberOf("/film/v720/init.mp4"), std::nullopt);
  EXPECT_EQ(SegmentNumberOf("/film/v720/17"), std::nullopt);
  EXPECT_EQ(SegmentNumberOf("/film/v720/99999999999999999999.m4s"),
            std::nullopt);
}

TEST_F(TrafficTest, RequestsAndBytesAreCountedByKindAndOutcome) {
  Serve("/film/v720/1.m4s", CacheOutcome::kMiss);
  Serve("/film/v720/1.m4s");
  Serve("/film/v720/1.m4s");
  const std::string text = Text();
  EXPECT_TRUE(
      text.contains("usher_requests_total{kind=\"segment\",cache=\"hit\"} 2\n"))
      << text;
  EXPECT_TRUE(text.contains(
      "usher_requests_total{kind=\"segment\",cache=\"miss\"} 1\n"));
  EXPECT_TRUE(text.contains(
      "usher_sent_bytes_total{kind=\"segment\",cache=\"hit\"} 200\n"));
  EXPECT_FALSE(text.contains("kind=\"mpd\"")) << "no series of nothing";
  EXPECT_EQ(Json()["traffic"]["segment"]["hit"]["requests"], 2);
}

TEST_F(TrafficTest, WhatPlayersSayIsAddedUpByEvent) {
  const auto say = [this](const PlayerReport& report) {
    traffic_->CountServed({.path = "/film/v720/1.m4s",
                           .status = 200,
                           .outcome = CacheOutcome::kHit,
                           .now = kNow,
                           .player = report});
  };
  say({.bitrate = 3200,
       .throughput = 20000,
       .start_delay = 850,
       .starting = true});
  say({.bitrate = 800, .latency = 2500, .starved = true});
  Serve("/other/v720/1.m4s");
  const std::string text = Text();
  for (const char* const line :
       {"usher_event_player_reports_total{event=\"film\"} 2\n",
        "usher_event_player_reports_total{event=\"other\"} 0\n",
        "usher_event_player_starved_total{event=\"film\"} 1\n",
        "usher_event_player_starting_total{event=\"film\"} 1\n",
        "player_bitrate_bytes_per_second_sum{event=\"film\"} 500000\n",
        "player_bitrate_bytes_per_second_count{event=\"film\"} 2\n",
        "player_throughput_bytes_per_second_count{event=\"film\"} 1\n",
        "player_start_delay_seconds_sum{event=\"film\"} 0.85\n",
        "player_latency_seconds_sum{event=\"film\"} 2.5\n"}) {
    EXPECT_TRUE(text.contains(line)) << line << text;
  }
  const auto players = Json()["events"]["film"]["players"];
  EXPECT_EQ(players["mean_bitrate_kbps"], 2000);
  EXPECT_EQ(players["mean_start_delay_ms"], 850);
  EXPECT_FALSE(Json()["events"]["other"].contains("players"));
}

TEST_F(TrafficTest, WhoIsRefusedSaysNothing) {
  traffic_->CountServed({.path = "/film/v720/1.m4s",
                         .status = 403,
                         .now = kNow,
                         .player = PlayerReport{.bitrate = 3200}});
  EXPECT_FALSE(Text().contains("usher_event_player_reports_total{"));
}

TEST_F(TrafficTest, AnEventHasItsNewestSegmentAndSinceWhen) {
  Serve("/film/v720/7.m4s", CacheOutcome::kHit, 200, kNow);
  Serve("/film/v720/7.m4s", CacheOutcome::kHit, 200, kNow + 2000);
  Serve("/film/v720/3.m4s", CacheOutcome::kHit, 200, kNow + 4000);
  const auto event = Json()["events"]["film"];
  EXPECT_EQ(event["newest_segment"], 7);
  EXPECT_EQ(event["newest_segment_age_ms"], 5000);
  EXPECT_EQ(event["requests"], 3);
  EXPECT_TRUE(Text({{session::EventHash("film"), 42}})
                  .contains("usher_event_sessions{event=\"film\"} 42\n"));
}

TEST_F(TrafficTest, WhatIsRefusedNamesNoEvent) {
  Serve("/invented/v720/1.m4s", CacheOutcome::kNone, 401);
  Serve("/invented/v720/1.m4s", CacheOutcome::kNone, 404);
  Serve("/metrics", CacheOutcome::kNone, 200);
  Serve("/usher/ready", CacheOutcome::kNone, 200);
  EXPECT_EQ(Json()["events"].size(), 0u);
}

TEST_F(TrafficTest, EventsBeyondTheTableAreCountedWithoutAName) {
  for (size_t i = 0; i < 2 * Traffic::kEvents; ++i) {
    Serve("/event-" + std::to_string(i) + "/master.m3u8");
  }
  Serve("/event-0/master.m3u8");
  EXPECT_EQ(Json()["events"].size(), Traffic::kEvents);
  EXPECT_EQ(Json()["events"]["event-0"]["requests"], 2);
  EXPECT_EQ(traffic_->Requests(FileKind::kPlaylist, CacheOutcome::kHit),
            2 * Traffic::kEvents + 1);
}

TEST_F(TrafficTest, AFullTableForgetsWhoWasNotWatchedForAnHour) {
  const auto event = [](size_t i) { return "event-" + std::to_string(i); };
  for (size_t i = 0; i < Traffic::kEvents; ++i) {
    traffic_->CountServed({.path = "/" + event(i) + "/v720/9.m4s",
                           .status = 200,
                           .now = kNow + (i == 7 ? 0 : 1000),
                           .player = PlayerReport{.bitrate = 3200}});
  }
  const uint64_t later = kNow + Traffic::kForgottenAfterMs;
  Serve("/new/v720/3.m4s", CacheOutcome::kHit, 200, later - 1);
  EXPECT_FALSE(Json()["events"].contains("new"));
  Serve("/new/v720/3.m4s", CacheOutcome::kHit, 200, later);
  const auto events = Json()["events"];
  EXPECT_EQ(events.size(), Traffic::kEvents);
  EXPECT_FALSE(events.contains(event(7))) << "the oldest";
  EXPECT_EQ(events["new"]["requests"], 1);
  EXPECT_EQ(events["new"]["newest_segment"], 3);
  EXPECT_FALSE(events["new"].contains("players"));
  // A second new one finds no event that is old enough.
  Serve("/newer/v720/3.m4s", CacheOutcome::kHit, 200, later);
  EXPECT_FALSE(Json()["events"].contains("newer"));
  Serve("/" + event(7) + "/v720/4.m4s", CacheOutcome::kHit, 200, later + 1000);
  EXPECT_EQ(Json()["events"][event(7)]["requests"], 1) << "it is back";
}

// NGX_HTTP_USHER_REPORT_LEN, less what else is in a report.
TEST_F(TrafficTest, AFullTableFitsTheAnswer) {
  for (int i = 0; i < static_cast<int>(Traffic::kEvents); ++i) {
    std::string name = std::to_string(100 + i);
    name.append(63 - name.size(), 'x');
    traffic_->CountServed(
        {.path = "/" + name + "/v720/999999999.m4s",
         .status = 200,
         .bytes = uint64_t{1} << 50,
         .now = kNow,
         .player = PlayerReport{.bitrate = 1000000, .latency = 3600000}});
  }
  constexpr size_t kRoom = 200'000;
  EXPECT_GT(Text().size(), kRoom / 4);
  EXPECT_LT(Text().size(), kRoom);
  EXPECT_LT(TrafficJson(*traffic_, {}, kNow).size(), kRoom);
}

TEST_F(TrafficTest, WhoIsKeptOutAtAHopIsCountedByReason) {
  traffic_->CountHopRefusal(hop::Refusal::kReplayed);
  traffic_->CountHopRefusal(hop::Refusal::kReplayed);
  EXPECT_TRUE(
      Text().contains("usher_hop_refused_total{code=\"hop_replayed\"} 2\n"));
  EXPECT_TRUE(
      Text().contains("usher_hop_refused_total{code=\"hop_missing\"} 0\n"));
  EXPECT_EQ(Json()["hops"]["refused"]["hop_replayed"], 2);
}

TEST_F(TrafficTest, WaitsAreABucketEach) {
  for (const uint64_t waited : {0u, 5u, 6u, 99u, 20000u}) {
    traffic_->Park(1, Traffic::Wait::kFollower);
    traffic_->Unpark(1, Traffic::Wait::kFollower, waited);
  }
  const std::string text = Text();
  for (const char* line :
       {"usher_follower_wait_seconds_bucket{le=\"0.005\"} 2\n",
        "usher_follower_wait_seconds_bucket{le=\"0.01\"} 3\n",
        "usher_follower_wait_seconds_bucket{le=\"0.1\"} 4\n",
        "usher_follower_wait_seconds_bucket{le=\"10\"} 4\n",
        "usher_follower_wait_seconds_bucket{le=\"+Inf\"} 5\n",
        "usher_follower_wait_seconds_sum 20.11\n",
        "usher_follower_wait_seconds_count 5\n",
        "usher_followers_waiting 0\n"}) {
    EXPECT_TRUE(text.contains(line)) << line << text;
  }
  EXPECT_EQ(Json()["waits"]["followers"]["p50_ms"], 10);
  EXPECT_EQ(Json()["waits"]["followers"]["p95_ms"], nullptr);
  const auto buckets = Json()["waits"]["followers"]["buckets"];
  EXPECT_EQ(buckets.size(), kWaitBuckets.size() + 1);
  EXPECT_EQ(buckets[0].dump(), "[5,2]");
  EXPECT_EQ(buckets.back().dump(), "[null,1]");
}

TEST_F(TrafficTest, AWorkerThatWasKilledLeavesNobodyWaiting) {
  traffic_->StartProcess(3);
  traffic_->Park(3, Traffic::Wait::kHeld);
  traffic_->Park(4, Traffic::Wait::kHeld);
  EXPECT_EQ(traffic_->Waiting(Traffic::Wait::kHeld), 2u);
  traffic_->StartProcess(3);
  EXPECT_EQ(traffic_->Waiting(Traffic::Wait::kHeld), 1u);
}

TEST_F(TrafficTest, FailuresOfTheOriginAreCounted) {
  traffic_->CountFetch("/film/v720/1.m4s", 200, 1000);
  traffic_->CountFetch("/film/v720/2.m4s", 502, 0);
  traffic_->CountFetch("/film/v720/3.m4s", 404, 10);
  EXPECT_EQ(traffic_->Fetches(FileKind::kSegment), 3u);
  EXPECT_EQ(traffic_->FetchFailures(FileKind::kSegment), 1u);
  EXPECT_EQ(Json()["origin"]["segment"]["bytes"], 1010);
}

}  // namespace
}  // namespace usher::engine

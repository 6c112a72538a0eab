// Numbers an operator can trust, and that give nobody away.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "tests/support/request_burst.h"
#include "tests/support/scripted_origin.h"
#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

using Json = nlohmann::json;

OriginReply Reply(const OriginRequest& request) {
  OriginReply reply;
  reply.headers = "Cache-Control: max-age=600\r\n";
  if (request.target.contains("fails") && request.nth > 1) reply.status = 503;
  if (request.target.contains("fails")) {
    reply.headers = "Cache-Control: max-age=1\r\n";
  }
  reply.body = std::string(1000, 'x');
  reply.held = request.target.contains("held");
  return reply;
}

class MetricsTest : public ::testing::Test {
 protected:
  MetricsTest() : origin_(Reply) {
    nginx_.Start(R"(
      proxy_cache_path $prefix/cache keys_zone=c:1m;
      server { listen $port1;
        location / { usher on; proxy_cache c;
          proxy_cache_key $usher_cache_key; proxy_cache_valid 200 1h;
          proxy_cache_lock on; usher_coalesce on;
          proxy_cache_bypass $usher_bypass_lock;
          proxy_cache_use_stale error timeout http_503;
          proxy_pass http://127.0.0.1:)" +
                 std::to_string(origin_.port()) + R"(; }
        location = /status { usher off; usher_status; }
        location = /metrics { usher off; usher_metrics; } })");
    session_ = SessionAt(nginx_.port(), "film");
  }
  std::string Metrics() { return Get(nginx_.port(), "/metrics").body; }
  Json Status() { return Json::parse(Get(nginx_.port(), "/status").body); }
  // The value of the sample that begins so; empty where there is none.
  std::string Value(const std::string& sample) {
    const std::string text = "\n" + Metrics();
    const size_t at = text.find("\n" + sample + " ");
    if (at == std::string::npos) return {};
    const size_t value = at + sample.size() + 2;
    return text.substr(value, text.find('\n', value) - value);
  }

  ScriptedOrigin origin_;
  Nginx nginx_;
  std::string session_;
};

TEST_F(MetricsTest, WhatTheCacheDidIsSeenByKind) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Get(nginx_.port(), session_ + "/film/v720/7.m4s").status, 200);
  }
  EXPECT_EQ(Get(nginx_.port(), session_ + "/film/master.m3u8").status, 200);
  EXPECT_EQ(Value("usher_requests_total{kind=\"segment\",cache=\"miss\"}"),
            "1");
  EXPECT_EQ(Value("usher_requests_total{kind=\"segment\",cache=\"hit\"}"), "2");
  EXPECT_EQ(Value("usher_requests_total{kind=\"playlist\",cache=\"miss\"}"),
            "1");
  EXPECT_EQ(Value("usher_origin_fetches_total{kind=\"segment\"}"), "1");
  EXPECT_EQ(Value("usher_origin_bytes_total{kind=\"segment\"}"), "1000");
  EXPECT_EQ(Value("usher_event_sessions{event=\"film\"}"), "1");
  EXPECT_EQ(Value("usher_event_newest_segment{event=\"film\"}"), "7");
  EXPECT_GE(std::stoul(Value(
                "usher_sent_bytes_total{kind=\"segment\",cache=\"hit\"}")),
            2000u);
  const Json status = Status();
  EXPECT_EQ(status["traffic"]["segment"]["hit"]["requests"], 2);
  EXPECT_EQ(status["events"]["film"]["sessions"], 1);
}

TEST_F(MetricsTest, FollowersAreSeenWhileTheyWaitAndAfter) {
  RequestBurst burst(nginx_.port(), 5);
  burst.Send(0, 5, session_ + "/film/v720/held-1.m4s");
  EXPECT_TRUE(
      WaitUntil([&] { return Value("usher_followers_waiting") == "4"; }));
  origin_.Release();
  ASSERT_TRUE(burst.Wait());
  EXPECT_TRUE(
      WaitUntil([&] { return Value("usher_followers_waiting") == "0"; }));
  EXPECT_EQ(Value("usher_follower_wait_seconds_count"), "4");
  // A request is counted when it is logged, which is after it was answered.
  EXPECT_TRUE(WaitUntil([&] {
    return Value("usher_requests_total{kind=\"other\",cache=\"coalesced\"}") +
               Value(
                   "usher_requests_total{kind=\"segment\",cache="
                   "\"coalesced\"}") ==
           "4";
  }));
  EXPECT_EQ(Status()["waits"]["followers"]["ended"], 4);
}

// Viewers of a live event wait for its next state and parts: that is no sign of
// a slow origin.
TEST_F(MetricsTest, WhoFollowsAHeldRequestIsHeldToo) {
  RequestBurst burst(nginx_.port(), 10);
  burst.Send(0, 5, session_ + "/film/held/media.m3u8?_HLS_msn=4");
  burst.Send(5, 5, session_ + "/film/held/4.2.m4s");
  EXPECT_TRUE(WaitUntil([&] { return Value("usher_held_requests") == "8"; }));
  EXPECT_EQ(Value("usher_followers_waiting"), "0");
  origin_.Release();
  ASSERT_TRUE(burst.Wait());
  EXPECT_TRUE(
      WaitUntil([&] { return Value("usher_held_seconds_count") == "8"; }));
  EXPECT_EQ(Value("usher_held_requests"), "0");
  EXPECT_EQ(Value("usher_follower_wait_seconds_count"), "0");
}

TEST_F(MetricsTest, AFailureBehindAStaleAnswerIsSeen) {
  const std::string target = "/film/fails/7.m4s";
  const std::string path = session_ + target;
  ASSERT_EQ(Get(nginx_.port(), path).status, 200);
  EXPECT_EQ(Value("usher_origin_failures_total{kind=\"segment\"}"), "0");
  const auto stale = [&] {
    EXPECT_EQ(Get(nginx_.port(), path).status, 200);
    return !Value("usher_requests_total{kind=\"segment\",cache=\"stale\"}")
                .empty();
  };
  ASSERT_TRUE(WaitUntil(stale));
  // Who is spared the question is served as well, and counts as no failure.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Get(nginx_.port(), path).status, 200);
  EXPECT_EQ(Value("usher_origin_failures_total{kind=\"segment\"}"),
            std::to_string(origin_.requests(target) - 1));
}

TEST_F(MetricsTest, NoOneIsNamed) {
  Get(nginx_.port(), session_ + "/film/v720/1.m4s", {"User-Agent: my-player"});
  Get(nginx_.port(), "/secret-event/v720/1.m4s");
  const std::string text = Metrics() + Status().dump();
  for (const std::string& told :
       {CredentialOf(session_ + "/"), std::string("127.0.0.1"),
        std::string("my-player"), std::string("order-"),
        std::string("secret-event")}) {
    EXPECT_FALSE(text.contains(told)) << told;
  }
}

TEST_F(MetricsTest, PrometheusReadsThem) {
  Get(nginx_.port(), session_ + "/film/v720/1.m4s");
  const ProcessResult result =
      RunProcess({"promtool", "check", "metrics"}, {.input = Metrics()});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  const ProcessResult broken = RunProcess({"promtool", "check", "metrics"},
                                          {.input = Metrics() + "x{ 1\n"});
  EXPECT_NE(broken.exit_code, 0) << "or it looked at nothing";
}

// The reference parser of OpenMetrics is stricter than promtool.
TEST_F(MetricsTest, WhoReadsOpenMetricsGetsThem) {
  Get(nginx_.port(), session_ + "/film/v720/1.m4s", {"CMCD-Request: mtp=900"});
  Metrics();  // is a request, too
  const Answer answer =
      Get(nginx_.port(), "/metrics",
          {"Accept: application/openmetrics-text;version=1.0.0;q=0.8,"
           "text/plain;version=0.0.4;q=0.5"});
  EXPECT_EQ(answer.Header("Content-Type"),
            "application/openmetrics-text; version=1.0.0; charset=utf-8");
  const std::string parser =
      "import sys\n"
      "from prometheus_client.openmetrics import parser\n"
      "families = list(parser.text_string_to_metric_families("
      "sys.stdin.read()))\n"
      "print(sum(len(family.samples) for family in families))\n";
  const auto parse = [&](const std::string& text) {
    return RunProcess({"/usr/bin/python3", "-c", parser}, {.input = text});
  };
  const ProcessResult read = parse(answer.body);
  ASSERT_EQ(read.exit_code, 0) << read.err << answer.body;
  EXPECT_GT(std::stoi(read.out), 50);
  EXPECT_NE(parse(Metrics()).exit_code, 0) << "or it looks at nothing";
  // The same samples, whichever way.
  const auto samples = [](const std::string& text) {
    std::set<std::string> names;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("#")) names.insert(line.substr(0, line.rfind(' ')));
    }
    return names;
  };
  EXPECT_EQ(samples(answer.body), samples(Metrics()));
}

TEST_F(MetricsTest, TheDashboardAsksForMetricsThatExist) {
  Get(nginx_.port(), session_ + "/film/v720/1.m4s");
  const std::string metrics = Metrics();
  const std::string root = USHER_SOURCE_DIR;
  size_t checked = 0;
  for (const char* file :
       {"/config/grafana/usher.json", "/config/prometheus/usher.rules.yml"}) {
    const std::string text = ReadFile(root + file);
    const std::regex name("usher_[a-z_]+");
    for (std::sregex_iterator it(text.begin(), text.end(), name), end;
         it != end; ++it) {
      std::string family = it->str();
      if (family == "usher_metrics" || family == "usher_zone") continue;
      if (family.starts_with("usher_revocation_list"))
        continue;  // no list here
      if (family.ends_with("_bucket")) family.resize(family.size() - 7);
      EXPECT_TRUE(metrics.contains("# TYPE " + family + " ")) << family << file;
      ++checked;
    }
  }
  EXPECT_GT(checked, 30u);
}

// "`usher_sessions_live`, `_capacity`": the page leaves out what is the same.
TEST_F(MetricsTest, EachIsInTheManual) {
  const std::string page =
      ReadFile(std::string(USHER_SOURCE_DIR) + "/docs/nginx.md");
  const auto is_told = [&](const std::string& name) {
    for (size_t at = 0; at != std::string::npos; at = name.find('_', at + 1)) {
      if (page.contains("`" + name.substr(at) + "`")) return true;
    }
    return false;
  };
  const std::string metrics = Metrics();
  const std::regex family("# TYPE (usher_[a-z_]+) ");
  size_t checked = 0;
  for (std::sregex_iterator it(metrics.begin(), metrics.end(), family), end;
       it != end; ++it) {
    EXPECT_TRUE(is_told((*it)[1])) << (*it)[1];
    ++checked;
  }
  EXPECT_GT(checked, 30u);
  EXPECT_FALSE(is_told("usher_inventions_total"));
}

// What Grafana needs to show each panel: a place, an id of its own, a query.
TEST_F(MetricsTest, TheDashboardIsOneThatGrafanaReads) {
  const Json dashboard = Json::parse(
      ReadFile(std::string(USHER_SOURCE_DIR) + "/config/grafana/usher.json"));
  EXPECT_TRUE(dashboard.contains("schemaVersion"));
  EXPECT_FALSE(dashboard.at("title").get<std::string>().empty());
  std::set<int> ids;
  for (const Json& panel : dashboard.at("panels")) {
    const std::string title = panel.at("title");
    EXPECT_TRUE(ids.insert(panel.at("id").get<int>()).second) << title;
    const Json& place = panel.at("gridPos");
    EXPECT_LE(place.at("x").get<int>() + place.at("w").get<int>(), 24) << title;
    for (const Json& target : panel.at("targets")) {
      const std::string query = target.at("expr");
      EXPECT_TRUE(query.contains("usher_")) << title;
    }
    EXPECT_GE(panel.at("targets").size(), 1u) << title;
  }
  EXPECT_GT(ids.size(), 5u);
}

// Each query of the dashboard is PromQL: as a recording rule promtool reads it.
TEST_F(MetricsTest, TheDashboardsQueriesAreRead) {
  const Json dashboard = Json::parse(
      ReadFile(std::string(USHER_SOURCE_DIR) + "/config/grafana/usher.json"));
  Json rules = Json::array();
  for (const Json& panel : dashboard.at("panels")) {
    for (const Json& target : panel.at("targets")) {
      std::string query = target.at("expr");
      query =
          std::regex_replace(query, std::regex("\\$__(rate_)?interval"), "5m");
      rules.push_back(
          {{"record", "a:b" + std::to_string(rules.size())}, {"expr", query}});
    }
  }
  const auto check = [&](const Json& list) {
    const Json file = {{"groups", {{{"name", "g"}, {"rules", list}}}}};
    nginx_.Write("rules.yml", file.dump());
    return RunProcess(
        {"promtool", "check", "rules", nginx_.prefix() / "rules.yml"});
  };
  const ProcessResult result = check(rules);
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  rules.push_back({{"record", "x"}, {"expr", "rate(y[5m]"}});
  EXPECT_NE(check(rules).exit_code, 0) << "or it looks at nothing";
}

TEST_F(MetricsTest, EachAlertSpeaksWhenItShouldAndNotBefore) {
  const ProcessResult result =
      RunProcess({"promtool", "test", "rules",
                  std::string(USHER_SOURCE_DIR) +
                      "/config/prometheus/usher.rules.test.yml"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

TEST_F(MetricsTest, NumbersOutliveAReload) {
  Get(nginx_.port(), session_ + "/film/v720/1.m4s");
  nginx_.Reload();
  EXPECT_EQ(Value("usher_requests_total{kind=\"segment\",cache=\"miss\"}"),
            "1");
}

}  // namespace
}  // namespace usher::testing

// usher_control: revocation and the doors, in every worker and over restarts.
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/base/base64url.h"
#include "core/ticket/key_set.h"
#include "tests/support/request_burst.h"
#include "tests/support/temp_dir.h"
#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

using Json = nlohmann::json;

const std::string kSecret(64, 'c');

class ControlTest : public ::testing::Test {
 protected:
  ControlTest() {
    nginx_.Write("media/film/x", "content");
    WriteSecret("control-secret", kSecret + "\n");
    claims_ = BoxOffice::The().Claims("film");
    claims_.seats = 3;
  }
  void WriteSecret(std::string_view name, std::string_view contents) {
    nginx_.Write(name, contents);
    std::filesystem::permissions(nginx_.prefix() / name,
                                 std::filesystem::perms::owner_read |
                                     std::filesystem::perms::owner_write |
                                     std::filesystem::perms::group_read);
  }
  void Start(int workers = 4) {
    nginx_.SetWorkers(workers);
    nginx_.Start(kHttp);
  }
  Answer Call(std::string_view method, std::string_view path,
              const Json& body = {}, Headers headers = {}) {
    headers.push_back("Authorization: Bearer " + kSecret);
    return Ask(nginx_.port(2), method, "/control/" + std::string(path), headers,
               body.is_null() ? "" : body.dump());
  }
  Answer Event(std::string_view state, int64_t starts = 0) {
    return Call("PUT", "events/film", {{"state", state}, {"starts", starts}});
  }
  std::string Led() {
    const std::string location = LedTo(nginx_.port(), "/film/master.m3u8",
                                       BoxOffice::The().Ticket(claims_));
    return location.substr(0, location.find('/', 3));
  }
  Answer WithTicket() {
    return Get(nginx_.port(),
               "/film/x?ticket=" + BoxOffice::The().Ticket(claims_));
  }
  Answer Watch(const std::string& session) {
    return Get(nginx_.port(), session + "/film/x");
  }
  // What each of 40 connections, spread over the workers, is told.
  std::set<int> WatchEverywhere(const std::string& session) {
    RequestBurst burst(nginx_.port(), 40);
    burst.Send(0, 40, session + "/film/x");
    EXPECT_TRUE(burst.Wait());
    std::set<int> statuses;
    for (const auto& reply : burst.replies()) statuses.insert(reply.status);
    return statuses;
  }
  // The public id of a session, as operators see it in a log.
  static std::string SidOf(const std::string& session) {
    const Bytes record = *FromBase64Url(CredentialOf(session + "/"));
    std::string hex;
    for (size_t i = 12; i < 20; ++i) {
      constexpr const char* kDigits = "0123456789abcdef";
      hex += kDigits[record[i] >> 4];
      hex += kDigits[record[i] & 15];
    }
    return hex;
  }
  std::string State() const { return ReadFile(nginx_.prefix() / "state"); }

  static constexpr std::string_view kHttp =
      "usher_state $prefix/state;"
      "server { listen $port1 reuseport; root $prefix/media;"
      " location / { usher on; } }"
      "server { listen $port2;"
      " location /control/ { usher_control secret=$prefix/control-secret; } }";

  Nginx nginx_;
  ticket::Claims claims_;
};

TEST_F(ControlTest, ARevokedTicketIsOutOnTheNextRequestInEveryWorker) {
  Start();
  const std::string session = Led();
  EXPECT_EQ(WatchEverywhere(session), std::set{200});
  ASSERT_EQ(Call("POST", "revocations", {{"ticket", claims_.subject}}).status,
            200);
  EXPECT_EQ(WatchEverywhere(session), std::set{403});
  EXPECT_EQ(Watch(session).Code(), "ticket_revoked");
  EXPECT_EQ(WithTicket().Code(), "ticket_revoked");
}

TEST_F(ControlTest, AnIssuersTicketIsRevokedWithItsIssuer) {
  Start();
  claims_.issuer = "shop";
  const std::string session = Led();
  Call("POST", "revocations", {{"ticket", claims_.subject}});
  EXPECT_EQ(Watch(session).status, 200) << "another shop's order";
  Call("POST", "revocations",
       {{"ticket", claims_.subject}, {"issuer", "shop"}});
  EXPECT_EQ(Watch(session).Code(), "ticket_revoked");
}

TEST_F(ControlTest, ARevokedSessionIsOutAndItsTicketMayOpenAnother) {
  Start();
  const std::string session = Led();
  const std::string unused = Led();
  EXPECT_EQ(Watch(session).status, 200);
  for (const std::string& each : {session, unused}) {
    ASSERT_EQ(Call("POST", "revocations", {{"session", SidOf(each)}}).status,
              200);
    EXPECT_EQ(WatchEverywhere(each), std::set{403});
    EXPECT_EQ(Watch(each).Code(), "session_revoked");
  }
  EXPECT_EQ(Watch(Led()).status, 200);
}

TEST_F(ControlTest, ARevokedKeyTakesItsTicketsAndSessionsWithIt) {
  Start();
  const std::string session = Led();
  EXPECT_EQ(Watch(session).status, 200);
  const auto keys = ticket::KeySet::Parse(BoxOffice::The().jwks(), "jwks");
  ASSERT_EQ(Call("POST", "revocations",
                 {{"key", ToBase64Url(keys->keys().front().hash)}})
                .status,
            200);
  EXPECT_EQ(WatchEverywhere(session), std::set{403});
  EXPECT_EQ(Watch(session).Code(), "session_revoked");
  EXPECT_EQ(WithTicket().Code(), "ticket_invalid");
}

TEST_F(ControlTest, ARevocationCanBeTakenBack) {
  Start();
  const std::string session = Led();
  Call("POST", "revocations", {{"ticket", claims_.subject}});
  EXPECT_EQ(Watch(session).status, 403);
  Call("POST", "revocations", {{"ticket", claims_.subject}, {"until", 0}});
  EXPECT_EQ(Watch(session).status, 200);
  nginx_.Stop();
  Start();
  EXPECT_EQ(Watch(session).status, 200);
}

TEST_F(ControlTest, EvictionEmptiesTheSeatsOfATicket) {
  Start();
  const std::string first = Led();
  const std::string second = Led();
  Watch(first);
  Watch(second);
  const Answer one = Call("POST", "evictions", {{"session", SidOf(first)}});
  EXPECT_EQ(Json::parse(one.body)["evicted"], 1);
  EXPECT_EQ(Watch(first).Code(), "session_evicted");
  EXPECT_EQ(Watch(second).status, 200);
  const std::string third = Led();
  Watch(third);
  const Answer all = Call("POST", "evictions", {{"ticket", claims_.subject}});
  EXPECT_EQ(Json::parse(all.body)["evicted"], 2);
  EXPECT_EQ(Watch(second).Code(), "session_evicted");
  EXPECT_EQ(Watch(third).Code(), "session_evicted");
  EXPECT_EQ(Watch(Led()).status, 200);
}

TEST_F(ControlTest, WhatWasSaidSurvivesReloadRestartAndAnotherZone) {
  Start();
  const std::string revoked = Led();
  claims_ = BoxOffice::The().Claims("film");
  const std::string evicted = Led();
  const std::string newer = Led();
  Watch(revoked);
  Watch(evicted);
  EXPECT_EQ(Watch(newer).status, 200);
  Call("POST", "revocations", {{"session", SidOf(revoked)}});
  const auto expect = [&](const char* when) {
    EXPECT_EQ(Watch(revoked).Code(), "session_revoked") << when;
    EXPECT_EQ(Watch(evicted).Code(), "session_evicted") << when;
    EXPECT_EQ(Watch(newer).status, 200) << when;
  };
  expect("at once");
  nginx_.Reload();
  expect("after a reload");
  nginx_.Reload("usher_zone 2m;" + std::string(kHttp));
  expect("in another zone");
  nginx_.Stop();
  Start();
  expect("after a restart");
  EXPECT_EQ(CountOf(State(), "\n"), 3u) << State();
}

TEST_F(ControlTest, NothingSaidDuringReloadsIsForgotten) {
  Start(2);
  std::vector<std::string> sessions;
  for (int i = 0; i < 20; ++i) sessions.push_back(Led());
  for (int i = 0; i < 20; ++i) {
    if (i % 4 == 0) nginx_.RequestReload(kHttp);
    ASSERT_EQ(
        Call("POST", "revocations", {{"session", SidOf(sessions[i])}}).status,
        200);
  }
  nginx_.Stop();
  Start(2);
  for (const auto& session : sessions) {
    EXPECT_EQ(Watch(session).Code(), "session_revoked");
  }
}

TEST_F(ControlTest, DoorsOpenCloseAndTheEventEnds) {
  Start();
  const std::string session = Led();
  EXPECT_EQ(Watch(session).status, 200);
  EXPECT_EQ(Event("closed").status, 200);
  const Answer closed = Watch(session);
  EXPECT_EQ(closed.status, 403);
  EXPECT_EQ(closed.Code(), "event_not_started");
  EXPECT_GE(std::stoi(closed.Header("Retry-After")), 1);
  EXPECT_EQ(WithTicket().Code(), "event_not_started");
  EXPECT_EQ(Event("open").status, 200);
  EXPECT_EQ(WatchEverywhere(session), std::set{200});
  EXPECT_EQ(Event("ended").status, 200);
  EXPECT_EQ(Watch(session).Code(), "event_ended");
  EXPECT_EQ(Watch(session).Header("Retry-After"), "");
  nginx_.Stop();
  Start();
  EXPECT_EQ(Watch(session).Code(), "event_ended");
}

TEST_F(ControlTest, BeforeTheStartEverybodyIsToldWhenToComeBack) {
  Start();
  Event("open", UnixNow() + 1000);
  std::set<int> waits;
  for (int i = 0; i < 30; ++i) {
    const Answer answer = WithTicket();
    ASSERT_EQ(answer.Code(), "event_not_started");
    waits.insert(std::stoi(answer.Header("Retry-After")));
  }
  EXPECT_GE(*waits.begin(), 900);
  EXPECT_LE(*waits.rbegin(), 1060);
  EXPECT_GT(waits.size(), 5u) << "not all in the same second";
  Event("open", UnixNow() - 1);
  EXPECT_EQ(WithTicket().status, 302);
}

TEST_F(ControlTest, AnEventTellsWhoWatches) {
  Start();
  const std::string session = Led();
  Watch(session);
  Watch(Led());
  Event("open", 12);
  const Json event = Json::parse(Call("GET", "events/film").body);
  EXPECT_EQ(
      event,
      Json(
          {{"event", "film"}, {"state", "open"}, {"starts", 12}, {"live", 2}}));
  const Json list = Json::parse(Call("GET", "events/film/sessions").body);
  EXPECT_EQ(list["live"], 2);
  ASSERT_EQ(list["sessions"].size(), 2u);
  std::set<std::string> sids;
  for (const Json& each : list["sessions"]) {
    sids.insert(each["session"].get<std::string>());
    EXPECT_EQ(each["seats"], 3);
  }
  EXPECT_TRUE(sids.contains(SidOf(session)));
  EXPECT_EQ(Json::parse(Call("GET", "events/other").body)["live"], 0);
}

TEST_F(ControlTest, OnlyWhoHasTheSecretMayAsk) {
  Start();
  const std::string target = "/control/events/film";
  const std::string good = "Authorization: Bearer " + kSecret;
  for (const Headers& headers :
       {Headers{}, Headers{"Authorization: Bearer " + kSecret.substr(1)},
        Headers{"Authorization: Bearer " + kSecret + "c"},
        Headers{"Authorization: Basic " + kSecret},
        Headers{"Authorization: Bearer "}, Headers{"X-Secret: " + kSecret}}) {
    const Answer answer = Get(nginx_.port(2), target, headers);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.Code(), "control_denied");
    EXPECT_EQ(answer.Header("WWW-Authenticate"), "Bearer");
  }
  const Answer page =
      Get(nginx_.port(2), target, {good, "Origin: https://video.example"});
  EXPECT_EQ(page.status, 403);
  EXPECT_EQ(page.Code(), "origin_refused");
  EXPECT_EQ(Get(nginx_.port(2), target, {good}).status, 200);
  EXPECT_FALSE(nginx_.AllLogs().contains(kSecret));
}

TEST_F(ControlTest, ANewSecretCountsWithoutAReload) {
  Start();
  const std::string other(40, 'd');
  WriteSecret("fresh", other);
  std::filesystem::rename(nginx_.prefix() / "fresh",
                          nginx_.prefix() / "control-secret");
  EXPECT_TRUE(WaitUntil([&] {
    return Get(nginx_.port(2), "/control/events/film",
               {"Authorization: Bearer " + other})
               .status == 200;
  }));
}

TEST_F(ControlTest, WhatIsNotUnderstoodChangesNothing) {
  Start();
  const std::string state = State();
  const struct {
    const char* method;
    const char* path;
    std::string body;
    int status;
  } cases[] = {
      {"POST", "revocations", "", 400},
      {"POST", "revocations", "{}", 400},
      {"POST", "revocations", "[]", 400},
      {"POST", "revocations", R"({"ticket":1})", 400},
      {"POST", "revocations", R"({"ticket":"a","session":"b"})", 400},
      {"POST", "revocations", R"({"ticket":"a","ticket":"b"})", 400},
      {"POST", "revocations", R"({"ticket":"a","isuer":"b"})", 400},
      {"POST", "revocations", R"({"ticket":"a","issuer":7})", 400},
      {"POST", "revocations", R"({"ticket":"a","until":-1})", 400},
      {"POST", "revocations", R"({"ticket":"a","until":4294967296})", 400},
      {"POST", "revocations", R"({"ticket":"a","until":"1"})", 400},
      {"POST", "revocations", R"({"session":"00"})", 400},
      {"POST", "revocations", R"({"session":"zz00000000000000"})", 400},
      {"POST", "revocations", R"({"key":"AAAA"})", 400},
      {"POST", "evictions", R"({"key":"AAAA"})", 400},
      {"POST", "evictions", R"({"session":"1","ticket":"a"})", 400},
      {"PUT", "events/film", R"({"state":"shut"})", 400},
      {"PUT", "events/film", R"({"starts":5})", 400},
      {"PUT", "events/film", std::string(4000, '['), 400},
      {"PUT", "events/film", "{\"state\":\"" + std::string(9000, 'x') + "\"}",
       413},
      {"PUT", "events/FILM", R"({"state":"open"})", 404},
      {"PUT", "events/", R"({"state":"open"})", 404},
      {"PUT", "events/film/", R"({"state":"open"})", 404},
      {"GET", "", "", 404},
      {"GET", "revocations", "", 405},
      {"POST", "events/film", "{}", 405},
      {"DELETE", "events/film", "", 405},
      {"PUT", "events/film/sessions", "{}", 405},
  };
  for (const auto& each : cases) {
    const Answer answer =
        Ask(nginx_.port(2), each.method, "/control/" + std::string(each.path),
            {"Authorization: Bearer " + kSecret}, each.body);
    EXPECT_EQ(answer.status, each.status) << each.path << each.body;
    EXPECT_EQ(answer.Header("Content-Type"), "application/problem+json");
  }
  EXPECT_EQ(Call("GET", "revocations").Header("Allow"), "POST");
  EXPECT_EQ(State(), state);
}

TEST_F(ControlTest, WhoIsRevokedIsOutAlsoWhereThatCannotBeWritten) {
  Start();
  const std::string session = Led();
  EXPECT_EQ(WatchEverywhere(session), (std::set{200}));
  std::filesystem::remove(nginx_.prefix() / "state");
  const Answer answer =
      Call("POST", "revocations", {{"session", SidOf(session)}});
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.Code(), "not_durable") << answer.body;
  EXPECT_TRUE(nginx_.WaitForError("cannot be opened anew"));
  EXPECT_EQ(Watch(session).Code(), "session_revoked");
  EXPECT_EQ(WatchEverywhere(session), (std::set{403}));
  // As the answer says: mended, and sent again.
  nginx_.Reload();
  EXPECT_EQ(Call("POST", "revocations", {{"session", SidOf(session)}}).status,
            200);
  nginx_.Stop();
  Start();
  EXPECT_EQ(Watch(session).Code(), "session_revoked");
}

TEST_F(ControlTest, ADamagedStateFileRefusesToStart) {
  nginx_.ExpectAlarm("state:2");
  nginx_.Write("state", "usher-state 1\nticket-revoked 00\n");
  const ProcessResult damaged = nginx_.Test(kHttp);
  EXPECT_NE(damaged.exit_code, 0);
  EXPECT_TRUE(damaged.err.contains("state:2")) << damaged.err;
  nginx_.Write("state", "usher-state 1\nticket-revoked 0011");
  EXPECT_EQ(nginx_.Test(kHttp).exit_code, 0) << "cut off while it was written";
  EXPECT_EQ(State(), "usher-state 1\nticket-revoked 0011")
      << "a test changes nothing";
}

TEST_F(ControlTest, ItRefusesToStartWhereItCouldNotWork) {
  const struct {
    const char* http;
    const char* named;
  } cases[] = {
      {"server { location /c/ { usher_control secret=$prefix/control-secret; } "
       "location / { usher on; } }",
       "usher_state"},
      {"# no usher_zone\nusher_state $prefix/state; server { location /c/ { "
       "usher_control "
       "secret=$prefix/control-secret; } }",
       "usher on"},
      {"server { location /c { usher_control secret=$prefix/control-secret; } "
       "}",
       "slash"},
      {"server { location = /c/ { usher_control "
       "secret=$prefix/control-secret; } }",
       "slash"},
      {"server { location ~ /c/ { usher_control "
       "secret=$prefix/control-secret; } }",
       "slash"},
      {"server { location /c/ { usher_control $prefix/control-secret; } }",
       "secret=FILE"},
      {"server { location /c/ { usher_control secret=$prefix/absent; } }",
       "absent"},
      {"server { location /c/ { usher_control secret=$prefix/short; } }",
       "32 characters"},
  };
  WriteSecret("short", "hunter2");
  for (const auto& each : cases) {
    const ProcessResult result = nginx_.Test(each.http);
    EXPECT_NE(result.exit_code, 0) << each.http;
    EXPECT_TRUE(result.err.contains(each.named)) << result.err;
  }
  nginx_.ExpectAlarm("usher_");
  nginx_.ExpectAlarm("control-secret");
  nginx_.ExpectAlarm("absent");
  nginx_.ExpectAlarm("short");
}

TEST_F(ControlTest, OpenToAllAdmitsWhoeverComesUntilItIsOver) {
  Start();
  const std::string evicted = Led();
  ASSERT_EQ(Watch(evicted).status, 200);
  ASSERT_EQ(Call("POST", "evictions", {{"session", SidOf(evicted)}}).status,
            200);
  EXPECT_EQ(Get(nginx_.port(), "/film/x").status, 401);
  ASSERT_EQ(Event("open_to_all").status, 200);
  EXPECT_EQ(Watch(evicted).status, 200);
  for (const char* target :
       {"/film/x", "/film/x?ticket=junk", "/s/junk/film/x"}) {
    const Answer led = Get(nginx_.port(), target);
    EXPECT_EQ(led.status, 302) << target;
    EXPECT_EQ(
        WatchEverywhere(led.Header("Location")
                            .substr(0, led.Header("Location").find('/', 3))),
        std::set{200})
        << target;
  }
  EXPECT_EQ(Json::parse(Call("GET", "events/film").body)["live"], 0);
  EXPECT_EQ(Get(nginx_.port(), "/other/x").status, 401) << "not that event";
  EXPECT_EQ(Ask(nginx_.port(), "DELETE", "/film/x").status, 405);
  nginx_.Stop();
  nginx_.Start(kHttp);
  const Answer led = Get(nginx_.port(), "/film/x");
  EXPECT_EQ(led.status, 302) << "also after a restart";
  ASSERT_EQ(Event("open").status, 200);
  EXPECT_EQ(Get(nginx_.port(), led.Header("Location")).Code(),
            "ticket_missing");
  EXPECT_EQ(Watch(evicted).Code(), "session_evicted");
}

TEST_F(ControlTest, APageComesInByPostWhileAnEventIsOpenToAll) {
  Start();
  const auto post = [&](const Json& body) {
    return Ask(nginx_.port(), "POST", "/usher/session",
               {"Content-Type: application/json"}, body.dump());
  };
  EXPECT_EQ(post({{"event", "film"}}).Code(), "ticket_missing");
  ASSERT_EQ(Event("open_to_all").status, 200);
  for (const Json& body :
       {Json{{"event", "film"}}, Json{{"event", "film"}, {"ticket", "junk"}}}) {
    const Answer opened = post(body);
    ASSERT_EQ(opened.status, 200) << opened.body;
    const std::string base = Json::parse(opened.body)["base"];
    EXPECT_EQ(Get(nginx_.port(), base + "x").status, 200);
  }
  EXPECT_EQ(post({{"ticket", "junk"}}).status, 403) << "names no event";
}

TEST_F(ControlTest, AnEventsOwnSettingsHoldForItsTickets) {
  const std::string start = std::to_string(UnixNow() + 3600);
  nginx_.Start("usher_event film issuer=https://shop starts=" + start + ";" +
               std::string(kHttp));
  EXPECT_EQ(WithTicket().Code(), "ticket_invalid") << "another issuer's";
  claims_.issuer = "https://shop";
  const Answer early = WithTicket();
  EXPECT_EQ(early.Code(), "event_not_started");
  const int wait = std::stoi(early.Header("Retry-After"));
  EXPECT_GT(wait, 3500);
  EXPECT_LE(wait, 3660);
  EXPECT_EQ(Json::parse(Call("GET", "events/film").body)["starts"],
            std::stoll(start));
  ASSERT_EQ(Event("open").status, 200);
  EXPECT_EQ(WithTicket().status, 302) << "said later";
}

// What one location says never reaches another (nothing is written to a
// configuration while serving): they are asked in turn, by one connection each
// and over all workers.
TEST_F(ControlTest, IssuerAndAudienceHoldWhereTheyWereSaid) {
  nginx_.Write("media/own/x", "own");
  nginx_.Start(
      "usher_event film issuer=https://shop audience=edges; "
      "server { listen $port1 reuseport; root $prefix/media;"
      " location /film/ { usher on; }"
      " location /own/ { usher on; usher_issuer https://other;"
      " usher_audience others; } }");
  const auto ask = [&](const char* event, const char* issuer,
                       const char* audience) {
    ticket::Claims claims = BoxOffice::The().Claims(event);
    claims.issuer = issuer;
    claims.audiences = {audience};
    const Answer answer =
        Get(nginx_.port(), "/" + std::string(event) +
                               "/x?ticket=" + BoxOffice::The().Ticket(claims));
    return answer.status == 302 ? "admitted" : answer.Code();
  };
  for (int turn = 0; turn < 20; ++turn) {
    EXPECT_EQ(ask("film", "https://shop", "edges"), "admitted");
    EXPECT_EQ(ask("own", "https://other", "others"), "admitted");
    EXPECT_EQ(ask("film", "https://other", "others"), "ticket_invalid");
    EXPECT_EQ(ask("own", "https://shop", "edges"), "ticket_invalid");
    EXPECT_EQ(ask("film", "https://shop", "others"), "ticket_invalid");
    EXPECT_EQ(ask("own", "https://other", "edges"), "ticket_invalid");
  }
}

TEST_F(ControlTest, AnEventIsConfiguredOnceAndWell) {
  for (const char* wrong :
       {"usher_event Film;", "usher_event film starts=soon;",
        "usher_event film; usher_event film;"}) {
    nginx_.ExpectAlarm("usher_event");
    const ProcessResult result =
        nginx_.Test(std::string(wrong) + std::string(kHttp));
    EXPECT_NE(result.exit_code, 0) << wrong;
    EXPECT_TRUE(result.err.contains("\"usher_event\" directive")) << result.err;
  }
}

}  // namespace
}  // namespace usher::testing

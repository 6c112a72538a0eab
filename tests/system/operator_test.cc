// usher revoke, sessions and event against a real box, and signed lists that
// boxes follow.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/hex.h"
#include "core/session/credential.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"
#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

using Json = nlohmann::json;

class OperatorTest : public ::testing::Test {
 protected:
  OperatorTest() {
    nginx_.Write("media/film/x", "content");
    WriteSecret("control-secret", std::string(40, 'c') + "\n");
    claims_ = BoxOffice::The().Claims("film");
  }
  void WriteSecret(std::string_view name, std::string_view contents) {
    nginx_.Write(name, contents);
    std::filesystem::permissions(nginx_.prefix() / name,
                                 std::filesystem::perms(0640));
  }
  void Start(std::string_view more = {}) {
    nginx_.Start("usher_state $prefix/state; " + std::string(more) +
                 "server { listen $port1; root $prefix/media;"
                 " location / { usher on; } }"
                 "server { listen $port2; location /control/ {"
                 " usher_control secret=$prefix/control-secret; } }");
  }
  ProcessResult Usher(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), USHER_PROGRAM);
    return RunProcess(
        arguments,
        {.environment = {"USHER_CONTROL=http://127.0.0.1:" +
                             std::to_string(nginx_.port(2)) + "/control",
                         "USHER_CONTROL_SECRET=" + File("control-secret")}});
  }
  std::string File(const char* name) const {
    return (nginx_.prefix() / name).string();
  }
  std::string Led() {
    const std::string location = LedTo(nginx_.port(), "/film/master.m3u8",
                                       BoxOffice::The().Ticket(claims_));
    return location.substr(0, location.find('/', 3));
  }
  Answer Watch(const std::string& session) {
    return Get(nginx_.port(), session + "/film/x");
  }

  // --- lists

  void MakeFleetKey() {
    const auto made = Usher({"ticket", "keygen", "--kid", "fleet", "--private",
                             File("fleet.pem"), "--jwks", File("fleet.json")});
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }
  ProcessResult List(std::vector<std::string> what) const {
    what.insert(what.begin(), {"revoke", "--list", File("list"), "--sign",
                               File("fleet.pem"), "--kid", "fleet"});
    return Usher(what);
  }
  // Of usher_audit: what was changed, and by what; admissions left out.
  std::vector<Json> Changes() const {
    std::istringstream text(ReadFile(nginx_.prefix() / "audit.log"));
    std::vector<Json> changes;
    for (std::string line; std::getline(text, line);) {
      Json change = Json::parse(line);
      const bool by_operator =
          change["reason"] == "control" || change["reason"] == "list";
      if (by_operator) changes.push_back(std::move(change));
    }
    return changes;
  }
  Json WaitForChange(size_t number) const {
    EXPECT_TRUE(WaitUntil([&] { return Changes().size() >= number; }));
    const auto changes = Changes();
    if (changes.size() < number) return {};
    Json change = changes[number - 1];
    EXPECT_EQ(change["time"].get<std::string>().size(), 24u);
    change.erase("time");
    return change;
  }
  static constexpr std::string_view kAudit = "usher_audit $prefix/audit.log; ";
  static constexpr std::string_view kFollow =
      "usher_revocations $prefix/list keys=$prefix/fleet.json; ";

  Nginx nginx_;
  ticket::Claims claims_;
};

TEST_F(OperatorTest, ARefundIsOneCommandAndCanBeTakenBack) {
  Start();
  const std::string session = Led();
  EXPECT_EQ(Watch(session).status, 200);
  const auto revoked = Usher({"revoke", "--ticket", claims_.subject});
  EXPECT_EQ(revoked.exit_code, 0) << revoked.err;
  EXPECT_EQ(revoked.out, "revoked\n");
  EXPECT_EQ(Watch(session).Code(), "ticket_revoked");
  EXPECT_EQ(Usher({"revoke", "--ticket", claims_.subject, "--undo"}).exit_code,
            0);
  EXPECT_EQ(Watch(session).status, 200);
}

TEST_F(OperatorTest, TheBoxMayBeNamedInTheCommand) {
  Start();
  const std::string session = Led();
  EXPECT_EQ(Watch(session).status, 200);
  const std::string url =
      "http://127.0.0.1:" + std::to_string(nginx_.port(2)) + "/control";
  // The environment names another box, where nobody is: the command wins.
  const auto usher = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), USHER_PROGRAM);
    arguments.insert(arguments.end(),
                     {"--control", url, "--secret", File("control-secret")});
    return RunProcess(
        arguments, {.environment = {"USHER_CONTROL=http://127.0.0.1:1/control",
                                    "USHER_CONTROL_SECRET=/nowhere"}});
  };
  const auto sessions = usher({"sessions", "film", "--json"});
  EXPECT_EQ(sessions.exit_code, 0) << sessions.err;
  EXPECT_EQ(CountOf(sessions.out, "\"session\""), 1u) << sessions.out;
  const auto closed = usher({"event", "film", "--state", "ended"});
  EXPECT_EQ(closed.exit_code, 0) << closed.err;
  EXPECT_EQ(Watch(session).Code(), "event_ended");
  EXPECT_EQ(usher({"event", "film", "--state", "open"}).exit_code, 0);
  EXPECT_EQ(usher({"revoke", "--ticket", claims_.subject}).exit_code, 0);
  EXPECT_EQ(Watch(session).Code(), "ticket_revoked");
}

TEST_F(OperatorTest, ALeakedKeyIsRevokedByItsPublicHalf) {
  Start();
  const std::string session = Led();
  const auto revoked =
      Usher({"revoke", "--key", File("jwks.json"), "--until", "30d"});
  EXPECT_EQ(revoked.exit_code, 0) << revoked.err;
  EXPECT_EQ(Watch(session).Code(), "session_revoked");
}

TEST_F(OperatorTest, SessionsAreListedAndEvicted) {
  Start();
  const std::string session = Led();
  Watch(session);
  const auto list = Usher({"sessions", "film"});
  EXPECT_TRUE(list.out.starts_with("1 watching\n")) << list.out << list.err;
  const auto json = Usher({"sessions", "film", "--json"});
  const Json parsed = Json::parse(json.out);
  const std::string sid = parsed["sessions"][0]["session"];
  EXPECT_EQ(Usher({"sessions", "film", "--evict", sid}).out, "evicted\n");
  EXPECT_EQ(Watch(session).Code(), "session_evicted");
}

TEST_F(OperatorTest, DoorsAreOpenedAndClosed) {
  Start();
  const std::string session = Led();
  EXPECT_EQ(Usher({"event", "film", "--state", "closed"}).out,
            "film is closed, 0 watching\n");
  EXPECT_EQ(Watch(session).Code(), "event_not_started");
  EXPECT_EQ(Usher({"event", "film", "--starts", "2h"}).exit_code, 0);
  EXPECT_EQ(Watch(session).Code(), "event_not_started");
  Usher({"event", "film", "--state", "open"});
  EXPECT_EQ(Watch(session).status, 200);
  EXPECT_EQ(Usher({"event", "film"}).out, "film is open, 1 watching\n");
}

TEST_F(OperatorTest, WhatCannotBeDoneIsToldInOneLine) {
  Start();
  const std::vector<std::vector<std::string>> usage = {
      {"revoke"},
      {"revoke", "--ticket", "a", "--session", "b"},
      {"revoke", "--ticket", "a", "--until", "never"},
      {"revoke", "--ticket", "a", "--until", "1h", "--undo"},
      {"revoke", "--ticket", "a", "--list", "x"},
      {"revoke", "--key", "absent"},
      {"event", "FILM"},
      {"event", "film", "--state", "shut"},
      {"sessions"}};
  for (const auto& arguments : usage) {
    const auto refused = Usher(arguments);
    EXPECT_NE(refused.exit_code, 0) << arguments.back();
    EXPECT_EQ(CountOf(refused.err, "\n"), 1u) << refused.err;
  }
  WriteSecret("control-secret", std::string(40, 'x'));
  EXPECT_TRUE(WaitUntil([&] {
    return Usher({"revoke", "--ticket", "a"}).exit_code == 0;
  })) << "the new secret is taken over";
  nginx_.Stop();
  const auto gone = Usher({"revoke", "--ticket", "a"});
  EXPECT_EQ(gone.exit_code, 1);
  EXPECT_TRUE(gone.err.contains("cannot be reached")) << gone.err;
}

TEST_F(OperatorTest, ABoxFollowsASignedListWithoutAReload) {
  MakeFleetKey();
  ASSERT_EQ(List({"--ticket", "somebody-else"}).exit_code, 0);
  Start(kFollow);
  const std::string session = Led();
  EXPECT_EQ(Watch(session).status, 200);
  const auto added = List({"--ticket", claims_.subject});
  EXPECT_TRUE(added.out.ends_with(", 2 revocations\n")) << added.err;
  EXPECT_TRUE(
      WaitUntil([&] { return Watch(session).Code() == "ticket_revoked"; }));
  ASSERT_EQ(List({"--ticket", claims_.subject, "--undo"}).exit_code, 0);
  EXPECT_TRUE(WaitUntil([&] { return Watch(session).status == 200; }));
}

TEST_F(OperatorTest, WhatTheOperatorDidIsInTheAudit) {
  Start(kAudit);
  Watch(Led());
  const std::string ticket = ToHex(session::TicketHash("", claims_.subject));
  const std::string sid = Json::parse(
      Usher({"sessions", "film", "--json"}).out)["sessions"][0]["session"];
  Usher({"sessions", "film", "--evict", sid});
  Json change = WaitForChange(1);
  EXPECT_GT(change["until"], 0);
  change.erase("until");
  EXPECT_EQ(change, Json({{"what", "evicted"},
                          {"session", sid},
                          {"ticket", ticket},
                          {"reason", "control"}}));
  Usher({"revoke", "--ticket", claims_.subject, "--until", "1h"});
  change = WaitForChange(2);
  EXPECT_GT(change["until"], 0);
  change.erase("until");
  const Json revoked = {
      {"what", "revoked"}, {"ticket", ticket}, {"reason", "control"}};
  EXPECT_EQ(change, revoked);
  Usher({"revoke", "--ticket", claims_.subject, "--undo"});
  EXPECT_EQ(WaitForChange(3)["what"], "restored");
  Usher({"revoke", "--key", File("jwks.json")});
  EXPECT_EQ(WaitForChange(4)["signing_key"].get<std::string>().size(), 8u);
  Usher({"event", "film", "--state", "closed"});
  const Json closed = {{"what", "event"},
                       {"event", "film"},
                       {"state", "closed"},
                       {"starts", 0},
                       {"reason", "control"}};
  EXPECT_EQ(WaitForChange(5), closed);
  EXPECT_NE(Usher({"revoke", "--session", "nonsense"}).exit_code, 0);
  Usher({"event", "film"});
  Usher({"event", "film", "--state", "open"});
  EXPECT_EQ(WaitForChange(6)["state"], "open");
  EXPECT_EQ(Changes().size(), 6u) << "what changes nothing is not in it";
}

TEST_F(OperatorTest, WhatAListRevokedIsInTheAudit) {
  MakeFleetKey();
  ASSERT_EQ(List({"--ticket", "somebody"}).exit_code, 0);
  Start(std::string(kAudit) + std::string(kFollow));
  EXPECT_EQ(WaitForChange(1)["ticket"],
            ToHex(session::TicketHash("", "somebody")));
  EXPECT_EQ(WaitForChange(2)["what"], "list") << "before any worker was there";
  ASSERT_EQ(List({"--ticket", claims_.subject}).exit_code, 0);
  EXPECT_EQ(WaitForChange(3)["ticket"],
            ToHex(session::TicketHash("", claims_.subject)));
  EXPECT_EQ(WaitForChange(4)["sequence"],
            WaitForChange(2)["sequence"].get<int>() + 1);
  EXPECT_EQ(Changes().size(), 4u) << "once, and not by each worker";
}

TEST_F(OperatorTest, AnOldOrForgedListUndoesNothing) {
  MakeFleetKey();
  ASSERT_EQ(List({"--ticket", "somebody-else"}).exit_code, 0);
  const std::string old = ReadFile(File("list"));
  ASSERT_EQ(List({"--ticket", claims_.subject}).exit_code, 0);
  Start(kFollow);
  const std::string session = Led();
  EXPECT_EQ(session, "") << "revoked from the first request on";
  nginx_.Write("list", old);
  EXPECT_TRUE(nginx_.WaitForError("older than")) << nginx_.ErrorLog();
  nginx_.Write("list", "e30.e30.AAAA");
  EXPECT_TRUE(nginx_.WaitForError("its old contents")) << nginx_.ErrorLog();
  EXPECT_EQ(Led(), "");
  nginx_.Stop();
  nginx_.Write("list", old);
  Start(kFollow);
  EXPECT_EQ(Led(), "") << "the newest sequence is kept over restarts";
}

TEST_F(OperatorTest, ABadListKeepsNoBoxFromStarting) {
  MakeFleetKey();
  ASSERT_EQ(List({"--ticket", claims_.subject}).exit_code, 0);
  const std::string good = ReadFile(File("list"));
  Start(kFollow);
  ASSERT_EQ(Led(), "");
  for (const std::string_view bad : {"e30.e30.AAAA", "<html>404</html>", ""}) {
    nginx_.Stop();
    if (bad.empty()) {
      std::filesystem::remove(File("list"));
    } else {
      nginx_.Write("list", bad);
    }
    Start(kFollow);
    EXPECT_EQ(Led(), "") << "what was revoked stays so";
    claims_.subject += "2";
    EXPECT_NE(Led(), "") << "and all others come in";
    claims_.subject.pop_back();
  }
  nginx_.Write("list", good);
  claims_.subject = "order-new";
  ASSERT_EQ(List({"--ticket", claims_.subject}).exit_code, 0);
  EXPECT_TRUE(WaitUntil([&] { return Led().empty(); }))
      << "followed as soon as it is good";
}

TEST_F(OperatorTest, AListNeedsAStateFileAndAKeyThatSignedIt) {
  MakeFleetKey();
  ASSERT_EQ(List({"--ticket", "somebody"}).exit_code, 0);
  nginx_.ExpectAlarm("usher");
  const std::string edge = "server { location / { usher on; } }";
  const auto without = nginx_.Test(std::string(kFollow) + edge);
  EXPECT_NE(without.exit_code, 0);
  EXPECT_TRUE(without.err.contains("usher_state")) << without.err;
  const auto other = nginx_.Test(
      "usher_state $prefix/state; usher_revocations $prefix/list "
      "keys=$prefix/jwks.json; " +
      edge);
  EXPECT_EQ(other.exit_code, 0);
  EXPECT_TRUE(other.err.contains("unknown kid")) << other.err;
}

}  // namespace
}  // namespace usher::testing

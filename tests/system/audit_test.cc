// usher_audit: what happened to whom, without what would open anything.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/hex.h"
#include "core/session/credential.h"
#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class AuditTest : public ::testing::Test {
 protected:
  AuditTest()
      : claims_(BoxOffice::The().Claims("film")),
        key_(BoxOffice::The().AddKey(nginx_.prefix(), "film")) {
    nginx_.Write("media/film/x", "content");
  }
  void Start(const std::string& file = "$prefix/audit.log") {
    nginx_.Start("usher_audit " + file +
                 "; server { listen $port1; root $prefix/media;"
                 " location / { usher on; }"
                 " location /film/key/ { usher on;"
                 " usher_content_keys $prefix/keys;"
                 " usher_master_key $prefix/master.key; }"
                 " location = /status { usher_status; } }");
  }
  std::string Led() {
    ticket_ = BoxOffice::The().Ticket(claims_);
    const std::string location =
        LedTo(nginx_.port(), "/film/master.m3u8", ticket_);
    return location.substr(0, location.find('/', 3));
  }
  int Watch(const std::string& session) {
    return Get(nginx_.port(), session + "/film/x").status;
  }
  std::vector<Json> Lines(const std::string& name = "audit.log") const {
    std::istringstream text(ReadFile(nginx_.prefix() / name));
    std::vector<Json> lines;
    for (std::string line; std::getline(text, line);) {
      lines.push_back(Json::parse(line));
    }
    return lines;
  }
  bool WaitForLines(size_t count) const {
    return WaitUntil([&] { return Lines().size() >= count; });
  }

  Nginx nginx_;
  ticket::Claims claims_;
  keys::ContentKey key_;
  std::string ticket_;
};

TEST_F(AuditTest, SaysWhoWasAdmittedEvictedDeniedAndGivenAKey) {
  Start();
  const std::string phone = Led();
  // Each worker has a buffer of its own: wait, so that the order is known.
  Watch(phone);
  ASSERT_TRUE(WaitForLines(1));
  Watch(phone);
  Get(nginx_.port(), phone + "/film/key/" + key_.kid.ToHex());
  ASSERT_TRUE(WaitForLines(2));
  const std::string television = Led();
  Watch(television);
  ASSERT_TRUE(WaitForLines(4));
  EXPECT_EQ(Watch(phone), 403);
  ASSERT_TRUE(WaitForLines(5));
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 5u) << "a line each, not one a request";
  const std::string ticket = ToHex(session::TicketHash("", claims_.subject));
  std::vector<std::string> what;
  for (const Json& line : lines) {
    what.push_back(line["what"]);
    EXPECT_EQ(line["event"], "film");
    EXPECT_EQ(line["ticket"], ticket);
    EXPECT_EQ(line["session"].get<std::string>().size(), 16u);
    EXPECT_EQ(line["time"].get<std::string>().size(), 24u);
    EXPECT_FALSE(line["reason"].get<std::string>().empty());
  }
  EXPECT_EQ(what, (std::vector<std::string>{"admitted", "key", "evicted",
                                            "admitted", "denied"}));
  EXPECT_EQ(lines[1]["key"], key_.kid.ToHex());
  EXPECT_EQ(lines[2]["session"], lines[0]["session"]);
  EXPECT_EQ(lines[4]["reason"], "session_evicted");
}

// A chargeback says "I could not watch": the ticket is in the line that tells
// why, wherever somebody really sold it.
TEST_F(AuditTest, SaysWhoseTicketWasDenied) {
  Start();
  const std::string ticket = ToHex(session::TicketHash("", claims_.subject));
  ticket::Claims late = claims_;
  late.expires = UnixNow() - 3600;
  ticket::Claims early = claims_;
  early.not_before = UnixNow() + 600;
  ticket::Claims elsewhere = claims_;
  elsewhere.events = {"other"};
  size_t count = 0;
  for (const ticket::Claims& claims : {late, early, elsewhere}) {
    const std::string text = BoxOffice::The().Ticket(claims);
    Get(nginx_.port(), "/film/x?ticket=" + text);
    ASSERT_TRUE(WaitForLines(++count));
    EXPECT_EQ(Lines().back()["ticket"], ticket) << Lines().back();
    Ask(nginx_.port(), "POST", "/usher/session",
        {"Content-Type: application/json"},
        R"({"event":"film","ticket":")" + text + R"("})");
    ASSERT_TRUE(WaitForLines(++count));
    EXPECT_EQ(Lines().back()["ticket"], ticket) << Lines().back();
    EXPECT_EQ(Lines().back()["what"], "denied");
  }
  Get(nginx_.port(), "/film/x?ticket=" + ticket_ + "x");
  ASSERT_TRUE(WaitForLines(++count));
  EXPECT_FALSE(Lines().back().contains("ticket")) << "anybody may claim it";
}

TEST_F(AuditTest, HoldsNoCredentialAndNoKey) {
  Start();
  const std::string session = Led();
  Watch(session);
  Get(nginx_.port(), session + "/film/key/" + key_.kid.ToHex());
  Get(nginx_.port(), "/film/x?ticket=" + ticket_ + "x");
  Get(nginx_.port(), session + "x/film/x");
  ASSERT_TRUE(WaitForLines(4));
  const std::string text = ReadFile(nginx_.prefix() / "audit.log");
  EXPECT_FALSE(text.contains(ticket_));
  EXPECT_FALSE(text.contains(session.substr(3)));
  EXPECT_FALSE(text.contains(ToHex(key_.key.view())));
  EXPECT_FALSE(text.contains(claims_.subject));
}

TEST_F(AuditTest, IsReopenedOnUsr1AndLosesNoLine) {
  Start();
  Watch(Led());
  ASSERT_TRUE(WaitForLines(1));
  const fs::path file = nginx_.prefix() / "audit.log";
  fs::rename(file, nginx_.prefix() / "audit.old");
  ASSERT_EQ(kill(nginx_.pid(), SIGUSR1), 0);
  ASSERT_TRUE(WaitUntil([&] { return fs::exists(file); }));
  size_t denied = 0;
  EXPECT_TRUE(WaitUntil([&] {
    Get(nginx_.port(), "/film/x");
    ++denied;
    return !Lines().empty();
  }));
  EXPECT_TRUE(WaitUntil([&] {
    return Lines().size() + Lines("audit.old").size() == 1 + denied;
  }));
}

TEST_F(AuditTest, AStopWritesWhatIsLeft) {
  Start();
  for (int i = 0; i < 50; ++i) Get(nginx_.port(), "/film/x");
  nginx_.Stop();
  EXPECT_EQ(Lines().size(), 50u);
}

// A file that takes nothing: lines are dropped and counted, nobody waits.
TEST_F(AuditTest, AFullDiskHoldsNobodyUp) {
  if (!fs::exists("/dev/full")) GTEST_SKIP();
  Start("/dev/full");
  const std::string session = Led();
  const auto dropped = [&] {
    const Json status = Json::parse(Get(nginx_.port(), "/status").body);
    return status["audit"]["dropped"].get<int>();
  };
  EXPECT_TRUE(WaitUntil([&] {
    for (int i = 0; i < 200; ++i) Get(nginx_.port(), "/film/x");
    return dropped() > 0;
  }));
  const int refusals = dropped();
  EXPECT_EQ(Watch(session), 200);
  EXPECT_EQ(dropped(), refusals) << "a flood of them leaves room for who paid";
  EXPECT_TRUE(nginx_.WaitForError("writing \"/dev/full\" failed"));
}

}  // namespace
}  // namespace usher::testing

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "core/base/base64url.h"
#include "core/base/clock.h"
#include "core/ticket/key_set.h"
#include "core/ticket/verifier.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"

namespace usher::cli {
namespace {

using nlohmann::json;
using ::usher::testing::Outcome;
using ::usher::testing::ReadFile;
using ::usher::testing::RunUsher;
using ::usher::testing::TempDir;
using ::usher::testing::WriteFile;

class TicketCommand : public ::testing::Test {
 protected:
  Outcome Keygen(std::vector<std::string> more = {}) {
    return Ticket({"keygen", "--out", dir_.path()}, std::move(more));
  }
  Outcome Issue(std::vector<std::string> more = {}) {
    return Ticket({"issue", "--key", File("ticket-key.pem"), "--event", "fight",
                   "--sub", "order-1"},
                  std::move(more));
  }
  // A ticket for six hours, without its line end.
  std::string GoodTicket(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--expires", "6h"});
    const Outcome issued = Issue(std::move(more));
    EXPECT_EQ(issued.exit_code, 0) << issued.err;
    return issued.out.substr(0, issued.out.size() - 1);
  }
  Outcome Inspect(const std::string& ticket,
                  std::vector<std::string> more = {}) {
    return Ticket({"inspect", ticket}, std::move(more));
  }
  Outcome InspectWithKeys(const std::string& ticket,
                          std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--jwks", File("jwks.json")});
    return Inspect(ticket, std::move(more));
  }

  static Outcome Ticket(std::vector<std::string> arguments,
                        std::vector<std::string> more) {
    arguments.insert(arguments.begin(), "ticket");
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunUsher(std::move(arguments));
  }
  std::string File(const char* name) const { return dir_ / name; }
  static unsigned ModeOf(const std::string& file) {
    struct stat status{};
    EXPECT_EQ(stat(file.c_str(), &status), 0) << file;
    return status.st_mode & 07777;
  }

  TempDir dir_;
};

void ExpectRefusal(const Outcome& outcome, const std::string& part) {
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
}

TEST_F(TicketCommand, KeygenMakesAPairThatOnlyItsOwnerReads) {
  const Outcome made = Keygen();
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(ModeOf(File("ticket-key.pem")), 0600U);
  EXPECT_EQ(ModeOf(File("jwks.json")), 0644U);
  const auto keys = ticket::KeySet::Parse(ReadFile(File("jwks.json")), "jwks");
  ASSERT_TRUE(keys) << keys.error().OneLine();
  EXPECT_NE(made.out.find(keys->keys().front().kid), std::string::npos);
  EXPECT_EQ(made.out.find("PRIVATE KEY"), std::string::npos);
}

TEST_F(TicketCommand, KeygenPutsFilesWhereItIsTold) {
  const Outcome made = Ticket(
      {"keygen", "--private", File("a/key.pem"), "--jwks", File("b/keys.json"),
       "--kid", "shop-1", "--algorithm", "EdDSA", "--json"},
      {});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(json::parse(made.out), (json{{"kid", "shop-1"},
                                         {"private", File("a/key.pem")},
                                         {"jwks", File("b/keys.json")}}));
  const json jwks = json::parse(ReadFile(File("b/keys.json")));
  EXPECT_EQ(jwks["keys"][0]["kid"], "shop-1");
  EXPECT_EQ(jwks["keys"][0]["alg"], "EdDSA");
  EXPECT_FALSE(jwks["keys"][0].contains("d"));
}

TEST_F(TicketCommand, KeygenReplacesAKeyOnlyWhenForced) {
  ASSERT_EQ(Keygen().exit_code, 0);
  const std::string pem = ReadFile(File("ticket-key.pem"));
  const std::string jwks = ReadFile(File("jwks.json"));
  ExpectRefusal(Keygen(), "exists already");
  std::filesystem::remove(File("ticket-key.pem"));
  ExpectRefusal(Keygen(), "jwks.json: exists already");
  EXPECT_FALSE(std::filesystem::exists(File("ticket-key.pem")));
  EXPECT_EQ(ReadFile(File("jwks.json")), jwks);
  ASSERT_EQ(Keygen({"--force"}).exit_code, 0);
  EXPECT_NE(ReadFile(File("ticket-key.pem")), pem);
  EXPECT_NE(ReadFile(File("jwks.json")), jwks);
  EXPECT_EQ(ModeOf(File("ticket-key.pem")), 0600U);
  EXPECT_EQ(InspectWithKeys(GoodTicket()).exit_code, 0);
}

TEST_F(TicketCommand, KeygenLeavesNothingHalfDone) {
  WriteFile(File("file"), "");
  const Outcome made = Ticket({"keygen", "--out", File("file/inside")}, {});
  EXPECT_NE(made.exit_code, 0);
  EXPECT_NE(made.err.find("is no directory"), std::string::npos) << made.err;
  ExpectRefusal(Keygen({"--algorithm", "HS256"}), "use ES256");
  ExpectRefusal(Keygen({"--kid", "a\nb"}), "kid");
  EXPECT_FALSE(std::filesystem::exists(File("ticket-key.pem")));
  EXPECT_FALSE(std::filesystem::exists(File("jwks.json")));
}

TEST_F(TicketCommand, IssuePrintsATicketAnEdgeAccepts) {
  ASSERT_EQ(Keygen().exit_code, 0);
  const std::string ticket =
      GoodTicket({"--seats", "3", "--iss", "shop", "--aud", "cdn", "--event",
                  "gala", "--not-before", "0"});
  const auto keys =
      ticket::KeySet::Parse(ReadFile(File("jwks.json")), "jwks").value();
  const int64_t now = SystemClock().UnixSeconds();
  const auto verified = ticket::Verify(
      ticket, keys, "gala", {.issuer = "shop", .audience = "cdn"}, now);
  ASSERT_TRUE(verified) << verified.error().reason;
  EXPECT_EQ(verified->claims.subject, "order-1");
  EXPECT_EQ(verified->claims.seats, 3U);
  EXPECT_EQ(verified->claims.events,
            (std::vector<std::string>{"fight", "gala"}));
  EXPECT_NEAR(static_cast<double>(verified->claims.expires - now), 6 * 3600,
              60);
}

TEST_F(TicketCommand, IssueTakesKeysOfEveryAlgorithm) {
  for (const char* algorithm : {"ES256", "EdDSA", "RS256", "PS256"}) {
    ASSERT_EQ(Keygen({"--force", "--algorithm", algorithm}).exit_code, 0);
    const bool is_rsa =
        std::string_view(algorithm).ends_with("S256") && algorithm[0] != 'E';
    if (is_rsa) {
      ExpectRefusal(Issue({"--expires", "6h"}), "RS256 or PS256");
    }
    const std::string ticket =
        is_rsa ? GoodTicket({"--algorithm", algorithm}) : GoodTicket();
    EXPECT_EQ(InspectWithKeys(ticket).exit_code, 0) << algorithm;
  }
}

TEST_F(TicketCommand, IssueTakesAKeyMadeByOpenssl) {
  // SEC 1 form too, which `openssl ecparam -genkey` writes.
  const auto made = testing::RunProcess({"openssl", "ecparam", "-name",
                                         "prime256v1", "-genkey", "-noout",
                                         "-out", File("ticket-key.pem")});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(Inspect(GoodTicket({"--kid", "x"})).exit_code, 0);
}

TEST_F(TicketCommand, IssueSaysWhatIsWrongInOneLine) {
  ASSERT_EQ(Keygen().exit_code, 0);
  ExpectRefusal(Issue({"--expires", "12"}), "has passed");
  ExpectRefusal(Issue({"--expires", "0h"}), "has passed");
  for (const char* bad : {"", "6", "6hours", "h", "-6h", "6 h", "1e3", "6.5h",
                          "99999999999999999999", "9999999999999d", "6H"}) {
    ExpectRefusal(Issue({"--expires", bad}), "--expires");
  }
  ExpectRefusal(Issue({"--expires", "6h", "--not-before", "soon"}),
                "--not-before");
  ExpectRefusal(Issue({"--expires", "6h", "--event", "Fight Night"}),
                "try 'fight-night'");
  ExpectRefusal(Issue({"--expires", "6h", "--seats", "0"}), "--seats");
  ExpectRefusal(Issue({"--expires", "6h", "--seats", "256"}), "--seats");
  ExpectRefusal(Issue({"--expires", "6h", "--country", "Germany"}), "cc ");
  ExpectRefusal(Issue({"--expires", "6h", "--algorithm", "EdDSA"}),
                "cannot sign EdDSA");
  ExpectRefusal(Ticket({"issue", "--key", File("none.pem"), "--event", "fight",
                        "--sub", "s", "--expires", "6h"},
                       {}),
                "none.pem");
  ExpectRefusal(
      Ticket({"issue", "--key", File("ticket-key.pem"), "--event", "fight",
              "--sub", std::string(129, 's'), "--expires", "6h"},
             {}),
      "sub is missing or not 1 to 128 bytes");
  WriteFile(File("ticket-key.pem"), "no key");
  ExpectRefusal(Issue({"--expires", "6h"}), "no private key");
}

TEST_F(TicketCommand, IssueTakesNoKeyThatOthersCanRead) {
  ASSERT_EQ(Keygen().exit_code, 0);
  ASSERT_EQ(chmod(File("ticket-key.pem").c_str(), 0644), 0);
  ExpectRefusal(Issue({"--expires", "6h"}), "can be read by others");
}

TEST_F(TicketCommand, IssueSpeaksJsonToMachines) {
  ASSERT_EQ(Keygen().exit_code, 0);
  const Outcome issued = Issue({"--expires", "6h", "--json"});
  ASSERT_EQ(issued.exit_code, 0) << issued.err;
  const json said = json::parse(issued.out);
  EXPECT_EQ(said["sub"], "order-1");
  EXPECT_EQ(said["event"], json({"fight"}));
  EXPECT_EQ(InspectWithKeys(said["ticket"]).exit_code, 0);
}

TEST_F(TicketCommand, InspectShowsAndJudges) {
  ASSERT_EQ(Keygen().exit_code, 0);
  const std::string ticket = GoodTicket();
  const Outcome good = InspectWithKeys(ticket);
  EXPECT_EQ(good.exit_code, 0) << good.out;
  EXPECT_NE(good.out.find("\"sub\":\"order-1\""), std::string::npos);
  EXPECT_NE(good.out.find("verdict  good for \"fight\""), std::string::npos);
  EXPECT_TRUE(std::regex_search(
      good.out, std::regex("expires  20\\d\\d-\\d\\d-\\d\\dT\\d\\d:")));

  const Outcome other = InspectWithKeys(ticket, {"--event", "gala"});
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_NE(other.out.find("ticket_scope"), std::string::npos);
}

TEST_F(TicketCommand, InspectWithoutKeysPromisesNothing) {
  ASSERT_EQ(Keygen().exit_code, 0);
  const Outcome said = Inspect(GoodTicket());
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_EQ(said.out.find("good"), std::string::npos);
  EXPECT_NE(said.out.find("not checked"), std::string::npos);
}

TEST_F(TicketCommand, InspectJudgesCountryRulesByTheCountryGiven) {
  ASSERT_EQ(Keygen().exit_code, 0);
  const std::string ticket = GoodTicket({"--country", "DE"});
  EXPECT_EQ(InspectWithKeys(ticket, {"--country", "DE"}).exit_code, 0);
  const Outcome unknown = InspectWithKeys(ticket);
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_NE(unknown.out.find("country_refused"), std::string::npos);
}

TEST_F(TicketCommand, InspectReadsStandardInputToo) {
  // An argument is everyone's to read while the command runs.
  ASSERT_EQ(Keygen().exit_code, 0);
  std::istringstream input(GoodTicket() + "\r\n");
  std::streambuf* const before = std::cin.rdbuf(input.rdbuf());
  const Outcome said = InspectWithKeys("-");
  std::cin.rdbuf(before);
  EXPECT_EQ(said.exit_code, 0) << said.out;
}

TEST_F(TicketCommand, InspectRefusesGarbageWithoutChoking) {
  ASSERT_EQ(Keygen().exit_code, 0);
  const std::string deep =
      ToBase64Url(AsBytes(R"({"a":)" + std::string(100'000, '[') +
                          std::string(100'000, ']') + "}"));
  for (const std::string& text :
       {std::string("x"), std::string("a.b.c"), std::string("e30.e30.AAAA"),
        "e30." + deep + ".AAAA"}) {
    const Outcome said = InspectWithKeys(text);
    EXPECT_EQ(said.exit_code, 1) << said.out;
    EXPECT_NE(said.out.find("ticket_invalid"), std::string::npos);
  }
  const Outcome machine = Inspect("x", {"--json"});
  EXPECT_EQ(machine.exit_code, 1);
  EXPECT_EQ(json::parse(machine.out)["code"], "ticket_invalid");
}

TEST_F(TicketCommand, InspectShowsNoControlCharacterOfATicket) {
  // {"alg":"ES256","kid":"\u001b[31m"} and {"sub":"\u009b31m"}
  const Outcome said = Inspect(
      "eyJhbGciOiJFUzI1NiIsImtpZCI6Ilx1MDAxYlszMW0ifQ."
      "eyJzdWIiOiJcdTAwOWIzMW0ifQ.AAAA");
  EXPECT_EQ(said.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(said.out.find("\xc2\x9b"), std::string::npos);
  EXPECT_NE(said.out.find("\\u001b"), std::string::npos) << said.out;
}

}  // namespace
}  // namespace usher::cli

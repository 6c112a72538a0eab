// A presentation behind a server: redirects, credentials, keys, TLS.
#include <gtest/gtest.h>
#include <unistd.h>

#include <mutex>

#include "core/base/hex.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/packager/inspect/good_presentation.h"
#include "tests/support/free_port.h"
#include "tests/support/run_process.h"
#include "tests/support/scripted_origin.h"

namespace usher::inspect::testing {
namespace {

namespace fs = std::filesystem;
using usher::testing::OriginReply;
using usher::testing::OriginRequest;
using usher::testing::ScriptedOrigin;

constexpr std::string_view kTicket = "TICKET-SECRET";
constexpr std::string_view kSession = "SESSION-SECRET";

// An edge: a ticket is answered by a redirect into a session, below which the
// presentation lies, with its key where `serves_key`.
class Edge {
 public:
  Edge(const Presentation& presentation, bool serves_key)
      : directory_(presentation.directory()),
        serves_key_(serves_key),
        origin_([this](const OriginRequest& request) {
          return Answer(request.target);
        }) {}

  std::string Url(std::string_view file) const {
    return "http://127.0.0.1:" + std::to_string(origin_.port()) + "/event/" +
           std::string(file) + "?ticket=" + std::string(kTicket);
  }

 private:
  OriginReply Answer(const std::string& target) const {
    const std::string base = "/s/" + std::string(kSession) + "/event/";
    const size_t query = target.find("?ticket=");
    if (query != std::string::npos) {
      const std::string file = target.substr(target.rfind('/', query) + 1);
      return {.status = 302,
              .headers = "Location: " + base + file.substr(0, file.find('?')) +
                         "\r\n"};
    }
    if (!target.starts_with(base)) return {.status = 401};
    const std::string path = target.substr(base.size());
    if (path.starts_with("key/")) {
      if (!serves_key_) return {.status = 403};
      return {.body = std::string(AsText(*FromHex(kKey)))};
    }
    if (!fs::is_regular_file(directory_ / path)) return {.status = 404};
    return {.body = usher::testing::ReadFile(directory_ / path)};
  }

  fs::path directory_;
  bool serves_key_;
  ScriptedOrigin origin_;
};

TEST(InspectOverHttp, FollowsTheSessionAndFetchesTheKey) {
  const Presentation presentation(Good::kAes128);
  const Edge edge(presentation, true);
  const auto outcome =
      usher::testing::RunUsher({"inspect", edge.Url("master.m3u8")});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.out.find("note:"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("0 errors"), std::string::npos) << outcome.out;
}

TEST(InspectOverHttp, AsksTheClockOfALiveMpd) {
  Presentation presentation(Good::kClear);
  presentation.Replace("manifest.mpd", "type=\"static\"",
                       "type=\"dynamic\" publishTime=\"2026-01-01T00:00:00Z\" "
                       "availabilityStartTime=\"2026-01-01T00:00:00Z\"");
  presentation.Replace(
      "manifest.mpd", "</MPD>",
      "<UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:http-xsdate:2014\" "
      "value=\"../usher/time\"/></MPD>");
  const auto judged = [&](const OriginReply& clock) {
    const ScriptedOrigin origin([&](const OriginRequest& request) {
      if (request.target == "/usher/time") return clock;
      return OriginReply{
          .body = usher::testing::ReadFile(
              presentation.directory() /
              request.target.substr(std::string_view("/event/").size()))};
    });
    return usher::testing::RunUsher(
               {"inspect", "http://127.0.0.1:" + std::to_string(origin.port()) +
                               "/event/manifest.mpd"})
        .out;
  };
  constexpr std::string_view kCheck = "dash-utc-timing";
  for (const char* good :
       {"2026-11-22T20:45:00.123Z\n", "2026-11-22T20:45:00Z"}) {
    const std::string out = judged({.body = good});
    EXPECT_FALSE(out.contains(kCheck)) << out;
  }
  for (const char* bad : {"", "20:45", "2026-11-22T20:45:00.Z",
                          "2026-11-22 20:45:00Z", "2026-11-22T20:45:00"}) {
    EXPECT_TRUE(judged({.body = bad}).contains(kCheck)) << bad;
  }
  EXPECT_TRUE(judged({.status = 404}).contains(kCheck));
}

TEST(InspectOverHttp, NeverPrintsACredential) {
  Presentation presentation(Good::kAes128);
  presentation.Remove("v180/2.m4s");
  presentation.Replace("master.m3u8", "RESOLUTION=320x180", "RESOLUTION=1x1");
  const Edge edge(presentation, false);
  for (const std::string& flag :
       {std::string("--json"), std::string("--every=2")}) {
    const auto outcome =
        usher::testing::RunUsher({"inspect", edge.Url("master.m3u8"), flag});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_NE(outcome.out.find("key-missing"), std::string::npos)
        << outcome.out;
    EXPECT_NE(outcome.out.find("HTTP status 403"), std::string::npos);
    for (const std::string_view secret : {kTicket, kSession}) {
      EXPECT_EQ(outcome.out.find(secret), std::string::npos) << outcome.out;
      EXPECT_EQ(outcome.err.find(secret), std::string::npos) << outcome.err;
    }
  }
  const auto refused =
      usher::testing::RunUsher({"inspect", edge.Url("none.m3u8")});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.err.find(kTicket), std::string::npos) << refused.err;
  EXPECT_EQ(refused.err.find(kSession), std::string::npos) << refused.err;
}

TEST(InspectOverHttp, CutsARangeOutOfAnAnswerThatIgnoresIt) {
  const ScriptedOrigin origin(
      [](const OriginRequest&) { return OriginReply{.body = "0123456789"}; });
  HttpLoader loader(false);
  const std::string url =
      "http://127.0.0.1:" + std::to_string(origin.port()) + "/film";
  const auto part = loader.Load(url, playlist::ByteRange{3, 4});
  ASSERT_TRUE(part);
  EXPECT_EQ(AsText(part->bytes), "3456");
  EXPECT_FALSE(loader.Load(url, playlist::ByteRange{8, 3}));
}

// openssl s_server -WWW serves the files of its directory.
class TlsServer {
 public:
  explicit TlsServer(const fs::path& directory)
      : port_(usher::testing::FreePort()) {
    const auto made = usher::testing::RunProcess(
        {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=elsewhere",
         "-keyout", dir_ / "key.pem", "-out", dir_ / "cert.pem"});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    server_ = std::make_unique<usher::testing::ChildProcess>(
        std::vector<std::string>{"openssl", "s_server", "-accept",
                                 "127.0.0.1:" + std::to_string(port_), "-key",
                                 dir_ / "key.pem", "-cert", dir_ / "cert.pem",
                                 "-WWW", "-quiet"},
        dir_ / "log", usher::testing::ProcessOptions{.directory = directory});
    EXPECT_TRUE(usher::testing::WaitForListener(port_));
  }

  std::string Url(std::string_view file) const {
    return "https://127.0.0.1:" + std::to_string(port_) + "/" +
           std::string(file);
  }

 private:
  usher::testing::TempDir dir_;
  uint16_t port_;
  std::unique_ptr<usher::testing::ChildProcess> server_;
};

TEST(InspectOverHttp, TakesASelfSignedCertificateOnlyWhenTold) {
  const Presentation presentation(Good::kClear);
  const TlsServer server(presentation.directory());
  const std::string url = server.Url("master.m3u8");
  const auto refused = usher::testing::RunUsher({"inspect", url});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("--insecure"), std::string::npos) << refused.err;
  const auto taken = usher::testing::RunUsher({"inspect", url, "--insecure"});
  EXPECT_EQ(taken.exit_code, 0) << taken.out << taken.err;
}

}  // namespace
}  // namespace usher::inspect::testing

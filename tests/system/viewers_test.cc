// The simulated crowd (bench/viewers) against a real edge: it must see what a
// real one would, or numbers from it mean nothing.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMaster =
    "#EXTM3U\n"
    "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"a\",URI=\"a/media.m3u8\"\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\"\nlow/media.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=2,AUDIO=\"a\"\nv/media.m3u8\n";

std::string MediaPlaylist(int first, int last, bool ended) {
  std::string text =
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n"
      "#EXT-X-MEDIA-SEQUENCE:" +
      std::to_string(first) + "\n#EXT-X-MAP:URI=\"init.mp4\"\n";
  for (int number = first; number <= last; ++number) {
    text += "#EXTINF:0.5,\n" + std::to_string(number) + ".m4s\n";
  }
  return ended ? text + "#EXT-X-ENDLIST\n" : text;
}

class ViewersTest : public ::testing::Test {
 protected:
  // Both renditions of a film with so many segments of half a second.
  void MakeFilm(int segments, size_t size = 1000) {
    nginx_.Write("media/film/master.m3u8", kMaster);
    for (const std::string rendition : {"v/", "a/"}) {
      const std::string directory = "media/film/" + rendition;
      nginx_.Write(directory + "media.m3u8", MediaPlaylist(1, segments, true));
      nginx_.Write(directory + "init.mp4", "init");
      for (int i = 1; i <= segments; ++i) {
        nginx_.Write(directory + std::to_string(i) + ".m4s",
                     std::string(size, 'x'));
      }
    }
  }
  void StartEdges(std::string_view more = {}) {
    const std::string server = "root $prefix/media; location / { usher on; " +
                               std::string(more) + " } }";
    nginx_.Start("server { listen $port1; " + server +
                 " server { listen $port2; " + server);
  }
  std::vector<std::string> Command(size_t count, const char* seconds,
                                   std::vector<uint16_t> ports) const {
    std::string tickets;
    for (size_t i = 0; i < count; ++i) {
      tickets += BoxOffice::The().Ticket("film") + "\n";
    }
    nginx_.Write("tickets", tickets);
    std::vector<std::string> command = {USHER_VIEWERS,
                                        "--path",
                                        "/film/master.m3u8",
                                        "--tickets",
                                        (nginx_.prefix() / "tickets").string(),
                                        "--join",
                                        "0.2",
                                        "--seconds",
                                        seconds};
    for (const uint16_t port : ports) {
      command.insert(command.end(),
                     {"--edge", "127.0.0.1:" + std::to_string(port)});
    }
    return command;
  }
  ProcessResult Watch(size_t count, const char* seconds) {
    return RunProcess(Command(count, seconds, {nginx_.port(1)}));
  }

  Nginx nginx_;
};

TEST_F(ViewersTest, EveryTicketJoinsAndSeesItAll) {
  MakeFilm(6);
  StartEdges();
  const ProcessResult result = Watch(20, "60");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const Json report = Json::parse(result.out);
  EXPECT_EQ(report["viewers"], 20);
  EXPECT_EQ(report["joined"], 20);
  EXPECT_EQ(report["stalls"]["count"], 0);
  EXPECT_EQ(report["errors"], Json::object());
  EXPECT_EQ(report["requests"]["opening"], 20);
  EXPECT_EQ(report["requests"]["playlist"], 20 * 3);
  EXPECT_EQ(report["requests"]["init"], 20 * 2);
  EXPECT_EQ(report["requests"]["segment"], 20 * 12);
  EXPECT_GE(report["bytes"], 20 * 12 * 1000);
  EXPECT_FALSE(nginx_.AccessLog().contains("/low/")) << "the best variant";
}

TEST_F(ViewersTest, WhoIsRefusedIsCounted) {
  MakeFilm(6);
  StartEdges();
  std::vector<std::string> command = Command(3, "3", {nginx_.port(1)});
  nginx_.Write("tickets", "junk\njunk\njunk\n");
  const ProcessResult result = RunProcess(command);
  EXPECT_EQ(result.exit_code, 1);
  const Json report = Json::parse(result.out);
  EXPECT_EQ(report["joined"], 0);
  EXPECT_GE(report["errors"]["opening 403"], 1);
}

TEST_F(ViewersTest, AMissingSegmentIsCounted) {
  MakeFilm(6);
  std::filesystem::remove(nginx_.prefix() / "media/film/v/3.m4s");
  StartEdges();
  const ProcessResult result = Watch(5, "4");
  EXPECT_EQ(result.exit_code, 1);
  const Json report = Json::parse(result.out);
  EXPECT_GE(report["errors"]["segment 404"], 1);
}

TEST_F(ViewersTest, APictureThatStandsStillIsCounted) {
  // Half a second of media takes a second to come.
  MakeFilm(3, 20000);
  StartEdges("limit_rate 20000;");
  const ProcessResult result = Watch(5, "60");
  EXPECT_EQ(result.exit_code, 1);
  const Json report = Json::parse(result.out);
  EXPECT_EQ(report["errors"], Json::object());
  EXPECT_EQ(report["stalls"]["viewers"], 5);
  EXPECT_GT(report["stalls"]["seconds"], 1);
}

TEST_F(ViewersTest, ALivePlaylistIsFollowed) {
  MakeFilm(20);
  const auto publish = [this](int last) {
    for (const char* rendition : {"v", "a"}) {
      const std::string name =
          "media/film/" + std::string(rendition) + "/media.m3u8";
      nginx_.Write(name + ".new",
                   MediaPlaylist(std::max(1, last - 9), last, last == 20));
      std::filesystem::rename(nginx_.prefix() / (name + ".new"),
                              nginx_.prefix() / name);
    }
  };
  publish(10);
  StartEdges();
  std::jthread packager([&](const std::stop_token& stop) {
    // As an encoder does it: a segment each half second.
    for (int last = 11; last <= 20 && !stop.stop_requested(); ++last) {
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
      publish(last);
    }
  });
  const ProcessResult result = Watch(10, "60");
  const Json report = Json::parse(result.out);
  EXPECT_EQ(report["joined"], 10);
  EXPECT_EQ(report["errors"], Json::object());
  EXPECT_EQ(CountOf(nginx_.AccessLog(), "/film/v/20.m4s"), 10u);
  EXPECT_EQ(CountOf(nginx_.AccessLog(), "/film/v/1.m4s"), 0u)
      << "who joins an event does not begin with its beginning";
  EXPECT_GT(report["requests"]["playlist"], 10 * 3) << "it was loaded again";
}

TEST_F(ViewersTest, AnEdgeThatDiesIsLeftForAnother) {
  // Longer than what is fetched ahead, so that something is left to fetch.
  MakeFilm(66);
  StartEdges();
  Nginx other;
  other.Start("server { listen $port1; location / { usher on; root " +
              (nginx_.prefix() / "media").string() + "; } }");
  ChildProcess viewers(Command(10, "60", {other.port(1), nginx_.port(1)}),
                       nginx_.prefix() / "viewers.json");
  ASSERT_TRUE(WaitUntil(
      [&] { return CountOf(other.AccessLog(), "/film/v/20.m4s") >= 5; }));
  other.Stop();
  EXPECT_EQ(viewers.Wait(std::chrono::seconds(90)), 1);
  const Json report = Json::parse(ReadFile(nginx_.prefix() / "viewers.json"));
  EXPECT_EQ(report["joined"], 10);
  EXPECT_EQ(report["stalls"]["count"], 0);
  EXPECT_GE(report["requests"]["segment"], 10 * 2 * 66);
  EXPECT_FALSE(report["errors"].empty());
  for (const auto& [kind, count] : report["errors"].items()) {
    EXPECT_TRUE(kind.ends_with(" reset") || kind.ends_with(" refused") ||
                kind.ends_with(" cut"))
        << kind;
  }
}

}  // namespace
}  // namespace usher::testing

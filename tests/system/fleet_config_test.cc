// config/edge, shield and origin.conf.example as they are, as a fleet.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>

#include "core/base/base64url.h"
#include "tests/system/box_office.h"
#include "tests/system/fleet.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::string_view kSegment = "/film/v720/1.m4s";
constexpr std::string_view kMpd =
    R"(<MPD><ck:Laurl Lic_type="EME-1.0">urn:usher:licence</ck:Laurl></MPD>)";

class FleetConfigTest : public ::testing::Test {
 protected:
  FleetConfigTest() : key_(fleet_.AddKey("film")) {
    fleet_.Publish("film/master.m3u8", "#EXTM3U\nv720/media.m3u8\n");
    fleet_.Publish("film/manifest.mpd", kMpd);
    fleet_.Publish("film/v720/media.m3u8",
                   "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n1.m4s\n"
                   "#EXT-X-ENDLIST\n");
    fleet_.Publish("film/v720/1.m4s", std::string(100'000, 'x'));
    fleet_.Publish("film/v720/all.mp4", std::string(3 << 20, 'y'));
    fleet_.Start();
  }

  Answer FetchAt(size_t edge, const std::string& target,
                 std::vector<std::string> options = {}) {
    return fleet_.Fetch(edge, fleet_.Session(edge, "film") + target,
                        std::move(options));
  }
  static std::string CacheStatus(const Answer& answer) {
    std::string members;
    for (const auto& [name, value] : answer.headers) {
      if (name == "cache-status" || name == "Cache-Status") {
        members += (members.empty() ? "" : ", ") + value;
      }
    }
    return std::regex_replace(members, std::regex("; ttl=-?\\d+"), "");
  }

  Fleet fleet_;
  keys::ContentKey key_;
};

TEST_F(FleetConfigTest, AViewerPlaysThroughThreeTiersOverHttpTwoAndTls) {
  for (const char* path : {"/film/master.m3u8", "/film/v720/media.m3u8",
                           "/film/v720/1.m4s", "/film/manifest.mpd"}) {
    const Answer answer = FetchAt(0, path, {"--http2"});
    EXPECT_EQ(answer.status, 200) << path << answer.body;
    EXPECT_EQ(answer.Count("access-control-allow-origin"), 1u) << path;
    EXPECT_EQ(answer.Header("strict-transport-security"), "max-age=31536000");
    EXPECT_EQ(CacheStatus(answer),
              "shield; fwd=uri-miss; stored, edge; fwd=uri-miss; stored")
        << path;
  }
  EXPECT_EQ(fleet_.Fetch(0, "/film/master.m3u8").status, 401);
}

TEST_F(FleetConfigTest, TheOriginIsAskedOnceForAllEdges) {
  for (const size_t edge : {0, 1, 0, 1}) {
    EXPECT_EQ(FetchAt(edge, std::string(kSegment)).body.size(), 100'000u);
  }
  EXPECT_EQ(CacheStatus(FetchAt(1, std::string(kSegment))),
            "shield; hit, edge; hit");
  EXPECT_EQ(Fleet::Requests(fleet_.origin(), kSegment), 1u);
}

// Edges and shields keep files of their caches open (open_file_cache): never
// one that was replaced.
TEST_F(FleetConfigTest, AReplacedPlaylistIsNotKeptOpen) {
  const std::string path = "film/v720/live.m3u8";
  const std::string session = fleet_.Session(0, "film");
  const auto playlist = [](int last) {
    return "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" +
           std::to_string(last) + ".m4s\n";
  };
  const auto fetched = [&] {
    return fleet_.Fetch(0, session + "/" + path).body;
  };
  for (int last = 1; last <= 4; ++last) {
    fleet_.Publish(path, playlist(last));
    EXPECT_TRUE(WaitUntil([&] { return fetched() == playlist(last); }));
    // By each worker, so that each has it open.
    for (int i = 0; i < 20; ++i) EXPECT_EQ(fetched(), playlist(last));
  }
}

// That it works is shown for one box, in example_config_test.cc.
TEST(FleetConfig, NoTierHandsAViewersHeadersOn) {
  for (const char* name : {"edge", "shield"}) {
    const std::string text = ReadFile(USHER_SOURCE_DIR "/config/" +
                                      std::string(name) + ".conf.example");
    EXPECT_TRUE(text.contains("\n        proxy_pass_request_headers off;\n"))
        << name;
    EXPECT_FALSE(text.contains("proxy_pass_request_headers on")) << name;
  }
}

TEST_F(FleetConfigTest, KeysComeFromTheOriginAndStayOnNoBoxBetween) {
  const std::string path = "/film/key/" + key_.kid.ToHex();
  for (int i = 0; i < 2; ++i) {
    const Answer answer = FetchAt(0, path);
    EXPECT_EQ(answer.body, AsText(key_.key.view())) << answer.status;
    EXPECT_EQ(answer.Header("cache-control"), "private, max-age=300");
  }
  const Answer mpd = FetchAt(0, "/film/manifest.mpd");
  std::smatch licence;
  ASSERT_TRUE(
      std::regex_search(mpd.body, licence, std::regex("https://[^<]+")));
  const Answer keys = GetUrl(
      licence.str(), {"-d", Json({{"kids", {ToBase64Url(key_.kid.view())}},
                                  {"type", "temporary"}})
                                .dump()});
  EXPECT_EQ(Json::parse(keys.body)["keys"][0]["k"],
            ToBase64Url(key_.key.view()));
  EXPECT_EQ(fleet_.Fetch(0, path).status, 401);
  for (Nginx* box : {&fleet_.edge(0), &fleet_.shield(0), &fleet_.shield(1)}) {
    for (const auto& entry :
         fs::recursive_directory_iterator(box->prefix() / "cache")) {
      if (!entry.is_regular_file()) continue;
      EXPECT_FALSE(ReadFile(entry.path()).contains(AsText(key_.key.view())));
    }
  }
}

TEST_F(FleetConfigTest, RangesOfAWholeTrackAreCachedInSlices) {
  const std::string path = "/film/v720/all.mp4";
  for (const size_t edge : {0, 1}) {
    for (int i = 0; i < 2; ++i) {
      const Answer answer = FetchAt(edge, path, {"-r", "1000000-1100000"});
      EXPECT_EQ(answer.status, 206);
      EXPECT_EQ(answer.body, std::string(100'001, 'y'));
      EXPECT_EQ(answer.Header("content-range"),
                "bytes 1000000-1100000/3145728");
    }
  }
  EXPECT_EQ(Fleet::Requests(fleet_.origin(), path), 2u)
      << "two slices of three, once each";
}

TEST_F(FleetConfigTest, AShieldThatIsDownIsReplacedByTheOther) {
  fleet_.shield(0).Stop();
  for (int i = 1; i <= 8; ++i) {
    fleet_.Publish("film/v720/" + std::to_string(i) + ".m4s", "x");
    EXPECT_EQ(FetchAt(0, "/film/v720/" + std::to_string(i) + ".m4s").status,
              200)
        << i;
  }
  EXPECT_EQ(FetchAt(0, "/film/key/" + key_.kid.ToHex()).status, 200);
}

TEST_F(FleetConfigTest, ShieldAndOriginAnswerTheirNeighboursOnly) {
  for (Nginx* box : {&fleet_.shield(0), &fleet_.origin()}) {
    const Answer answer =
        GetUrl("https://127.0.0.1:" + std::to_string(box->port()) +
               std::string(kSegment));
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.Code(), "hop_missing");
  }
}

TEST_F(FleetConfigTest, EachTierTellsWhatItServedAndWhomItKeptOut) {
  ASSERT_EQ(FetchAt(0, std::string(kSegment)).status, 200);
  ASSERT_EQ(
      GetUrl("https://127.0.0.1:" + std::to_string(fleet_.origin().port()) +
             std::string(kSegment))
          .status,
      403);
  const auto total = [](const std::vector<Nginx*>& boxes,
                        std::string_view sample) {
    int sum = 0;
    for (const Nginx* box : boxes) {
      const std::string text = Get(box->port(3), "/metrics").body;
      const size_t at = text.find("\n" + std::string(sample) + " ");
      if (at != std::string::npos) {
        sum += std::stoi(text.substr(at + sample.size() + 2));
      }
    }
    return sum;
  };
  const std::vector<Nginx*> shields = {&fleet_.shield(0), &fleet_.shield(1)};
  const std::vector<Nginx*> origin = {&fleet_.origin()};
  // What a request cost is counted when it is over, after its answer.
  EXPECT_TRUE(WaitUntil([&] {
    return total(shields,
                 "usher_requests_total{kind=\"segment\","
                 "cache=\"miss\"}") == 1 &&
           total(origin,
                 "usher_requests_total{kind=\"segment\","
                 "cache=\"none\"}") == 2;  // and the stranger's
  }));
  EXPECT_EQ(total(shields, "usher_origin_fetches_total{kind=\"segment\"}"), 1);
  EXPECT_EQ(total(origin, "usher_hop_refused_total{code=\"hop_missing\"}"), 1);
  EXPECT_EQ(Get(fleet_.origin().port(3), "/status").status, 200);
}

TEST_F(FleetConfigTest, AShieldWithAnotherCertificateIsNotTrusted) {
  for (size_t i = 0; i < fleet_.shields(); ++i) {
    const fs::path tls = fleet_.shield(i).prefix() / "etc/tls";
    fleet_.shield(i).Stop();
    Fleet::MakeCertificate(tls / "fleet.pem", tls / "fleet-key.pem");
    fleet_.StartShield(i);
  }
  EXPECT_EQ(FetchAt(0, std::string(kSegment)).status, 502);
  EXPECT_TRUE(fleet_.edge(0).WaitForError("SSL certificate verify error"));
}

TEST_F(FleetConfigTest, LogsAreJsonWithoutAnyCredential) {
  const std::string session = fleet_.Session(0, "film");
  fleet_.Fetch(0, session + "/film/v720/media.m3u8?_HLS_msn=1&CMCD=br%3D1",
               {"-H", "User-Agent: \"quoted\"\t\\", "-H",
                "Referer: https://x" + session + "/film/"});
  fleet_.Fetch(0, session + "/film/key/" + key_.kid.ToHex());
  fleet_.Fetch(0, "/film/x?ticket=" + BoxOffice::The().Ticket("film"));
  for (Nginx* box : {&fleet_.edge(0), &fleet_.shield(0), &fleet_.shield(1),
                     &fleet_.origin()}) {
    box->Stop();
    std::istringstream lines(box->AccessLog());
    for (std::string line; std::getline(lines, line);) {
      const Json entry = Json::parse(line, nullptr, false);
      EXPECT_FALSE(entry.is_discarded()) << line;
      EXPECT_TRUE(entry.contains("status")) << line;
    }
    EXPECT_FALSE(box->AllLogs().contains(session.substr(3)));
    EXPECT_FALSE(box->AllLogs().contains("eyJ")) << "how tickets begin";
  }
  const std::string log = fleet_.edge(0).AccessLog();
  EXPECT_TRUE(log.contains("\"verdict\":\"admitted\""));
  EXPECT_TRUE(log.contains("\"args\":\"_HLS_msn=1\"")) << log;
  EXPECT_TRUE(log.contains("\"kbps\":\"1\"")) << "by CMCD";
  EXPECT_FALSE(fleet_.origin().AccessLog().empty());
}

TEST_F(FleetConfigTest, WhatThePackagerPublishesIsThereForViewers) {
  const std::string url =
      "https://127.0.0.1:" + std::to_string(fleet_.origin().port(2)) +
      "/media/film/v720/9.m4s";
  const auto put = [&](std::vector<std::string> options) {
    options.insert(options.end(), {"-X", "PUT", "-d", "segment"});
    return GetUrl(url, options).status;
  };
  EXPECT_EQ(put({}), 401);
  EXPECT_EQ(put({"-u", "packager:pushed"}), 201);
  EXPECT_EQ(FetchAt(1, "/film/v720/9.m4s").body, "segment");
}

}  // namespace
}  // namespace usher::testing

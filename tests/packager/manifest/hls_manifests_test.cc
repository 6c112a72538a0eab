#include "packager/manifest/hls_manifests.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <sstream>
#include <string>

#include "packager/manifest/manifests.h"
#include "tests/packager/manifest/presentations.h"

namespace usher::manifest {
namespace {

std::map<std::string, std::string> FilesOf(const Presentation& presentation) {
  std::map<std::string, std::string> files;
  for (const ManifestFile& file : WriteManifests(presentation)) {
    files[file.path] = file.text;
  }
  return files;
}

// A playlist as a stranger reads it: by its lines.
struct ReadBack {
  double sum = 0;
  double longest = 0;
  long target = 0;
};

ReadBack Read(const std::string& text) {
  ReadBack result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#EXTINF:")) {
      const double duration = std::stod(line.substr(8));
      result.sum += duration;
      result.longest = std::max(result.longest, duration);
    } else if (line.starts_with("#EXT-X-TARGETDURATION:")) {
      result.target = std::stol(line.substr(22));
    }
  }
  return result;
}

TEST(HlsManifests, KeepTargetDurationAndSumForAnySegments) {
  std::mt19937 random(42);
  const uint32_t timescales[] = {24000, 30000, 12800, 90000,
                                 44100, 48000, 1000};
  for (int run = 0; run < 100; ++run) {
    TrackRecord record = VideoRecord(640, 360, 1);
    record.segments.clear();
    record.track.timescale = timescales[random() % std::size(timescales)];
    record.track.presentation_time_offset = random() % 5000;
    uint64_t span = 0;
    for (unsigned i = 0; i <= random() % 300; ++i) {
      const uint64_t duration =
          1 + random() % (9 * uint64_t{record.track.timescale});
      AddSegment(duration, 1000, record);
      span += duration;
    }
    Presentation presentation;
    presentation.scheme = Scheme::kNone;
    presentation.tracks = {record};
    const ReadBack list = Read(FilesOf(presentation)["v360/media.m3u8"]);
    EXPECT_GE(list.target, std::lround(list.longest));
    EXPECT_LE(list.target, std::max(1L, std::lround(list.longest)));
    EXPECT_NEAR(list.sum, static_cast<double>(span) / record.track.timescale,
                2e-6);
  }
}

TEST(HlsManifests, HaveOneTargetDurationInAllPlaylists) {
  Presentation presentation = Ladder();
  AddSegment(9 * 48000, 1, presentation.tracks[3]);
  for (const auto& [path, text] : FilesOf(presentation)) {
    if (!path.ends_with("media.m3u8")) continue;
    EXPECT_EQ(Read(text).target, 9) << path;
  }
}

TEST(HlsManifests, NameOnlyRelativeUris) {
  for (const Presentation& presentation :
       {Ladder(), NestedCbcs(), SecondRevision(), Radio()}) {
    for (const auto& [path, text] : FilesOf(presentation)) {
      if (!path.ends_with(".m3u8")) continue;
      EXPECT_EQ(text.find("://"), std::string::npos) << path;
      EXPECT_EQ(text.find("\n/"), std::string::npos) << path;
      EXPECT_EQ(text.find("\"/"), std::string::npos) << path;
    }
  }
}

TEST(HlsManifests, AreStoredAfterWhatTheyName) {
  std::vector<std::string> order;
  for (const ManifestFile& file : WriteManifests(NestedCbcs())) {
    order.push_back(file.path);
  }
  const auto at = [&](const std::string& path) {
    return std::ranges::find(order, path) - order.begin();
  };
  EXPECT_EQ(order.size(), 15U);
  for (const char* track : {"v720", "v360", "a-eng", "a-deu"}) {
    EXPECT_LT(at(std::string(track) + "/media.m3u8"), at("master.m3u8"));
    EXPECT_LT(at(std::string(track) + "/media-clearkey.m3u8"),
              at("master-clearkey.m3u8"));
  }
}

TEST(HlsManifests, NameTheFirstPictureOfEachSegmentByItsBytes) {
  const Presentation presentation = Ladder();
  const auto list = BuildIFramePlaylist(presentation, presentation.tracks[1],
                                        KeyFormat::kIdentity);
  ASSERT_EQ(list.segments.size(), 3U);
  EXPECT_TRUE(list.i_frames_only);
  EXPECT_EQ(list.segments[0].uri, "1.m4s");
  EXPECT_EQ(list.segments[0].range, (playlist::ByteRange{0, 48'000}));
  EXPECT_EQ(list.segments[2].duration, std::chrono::seconds(2));
  EXPECT_EQ(list.segments[2].keys.at(0).iv,
            presentation.tracks[1].segments[2].iv);
  const auto master =
      BuildMultivariantPlaylist(presentation, KeyFormat::kIdentity);
  ASSERT_EQ(master.i_frame_variants.size(), 2U);
  // 48 000, 56 000 and 32 000 bytes in 6, 6 and 2 s.
  EXPECT_EQ(master.i_frame_variants[1].bandwidth, 88'000U);
  EXPECT_EQ(master.i_frame_variants[1].average_bandwidth, 77'715U);
}

TEST(HlsManifests, LetAKeyPictureLastOverSegmentsWithoutOne) {
  Presentation presentation = Ladder();
  presentation.tracks[0].segments[1].key_picture_bytes = 0;
  const auto list = BuildIFramePlaylist(presentation, presentation.tracks[0],
                                        KeyFormat::kIdentity);
  ASSERT_EQ(list.segments.size(), 2U);
  EXPECT_EQ(list.segments[0].duration, std::chrono::seconds(12));
  EXPECT_GE(list.target_duration, 12U);
}

TEST(HlsManifests, OfSoundHaveNoIFrames) {
  for (const auto& [path, text] : FilesOf(Radio())) {
    EXPECT_EQ(path.find("iframes"), std::string::npos);
    EXPECT_EQ(text.find("I-FRAME"), std::string::npos);
  }
}

TEST(HlsManifests, DateEachSegmentByItsMediaTime) {
  Presentation presentation = SecondRevision();
  using std::chrono::milliseconds;
  presentation.began_at =
      std::chrono::sys_time<milliseconds>(milliseconds(1'798'761'600'000));
  const std::string text = FilesOf(presentation)["v1080.2/media.m3u8"];
  // 180180 ticks of 1/30000 s, and the first segment begins the presentation
  // wherever that lies on the track's own clock.
  for (const char* date :
       {"2027-01-01T00:00:00.000Z", "2027-01-01T00:00:06.006Z",
        "2027-01-01T00:00:12.012Z"}) {
    EXPECT_NE(text.find("#EXT-X-PROGRAM-DATE-TIME:" + std::string(date)),
              std::string::npos)
        << text;
  }
}

TEST(HlsManifests, GiveClearKeyPlayersTheKidAndIdentityPlayersTheKey) {
  auto files = FilesOf(NestedCbcs());
  // hls.js 1.7 decodes the data URI to the 16 bytes of the KID.
  EXPECT_NE(files["v720/media-clearkey.m3u8"].find(
                "#EXT-X-KEY:METHOD=SAMPLE-AES,"
                "URI=\"data:text/plain;base64,ASNFZ4mrze8BI0VniavN7w==\","
                "KEYFORMAT=\"org.w3.clearkey\",KEYFORMATVERSIONS=\"1\"\n"),
            std::string::npos);
  EXPECT_NE(files["v720/media.m3u8"].find(
                "#EXT-X-KEY:METHOD=SAMPLE-AES,"
                "URI=\"../../key/0123456789abcdef0123456789abcdef\","
                "KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"\n"),
            std::string::npos);
  // Each set leads only to its own: hls.js refuses a playlist with both.
  for (const auto& [path, text] : files) {
    const bool clear_key = path.find("clearkey") != std::string::npos;
    if (!path.ends_with(".m3u8")) continue;
    EXPECT_EQ(text.find("identity") != std::string::npos,
              !clear_key && !path.starts_with("master"))
        << path;
    EXPECT_EQ(text.find("-clearkey") != std::string::npos,
              path == "master-clearkey.m3u8")
        << path;
  }
}

TEST(HlsManifests, ComeWithAnMpdExceptUnderAes128) {
  EXPECT_FALSE(FilesOf(Ladder()).contains("manifest.mpd"));
  EXPECT_FALSE(FilesOf(Ladder()).contains("master-clearkey.m3u8"));
  EXPECT_TRUE(FilesOf(Radio()).contains("manifest.mpd"));
  EXPECT_FALSE(FilesOf(Radio()).contains("master-clearkey.m3u8"));
  EXPECT_TRUE(FilesOf(SecondRevision()).contains("manifest.mpd"));
}

TEST(HlsManifests, PromiseIndependentSegmentsOnlyWhereTheyAre) {
  Presentation presentation = Ladder();
  EXPECT_TRUE(BuildMultivariantPlaylist(presentation, KeyFormat::kIdentity)
                  .independent_segments);
  presentation.tracks[1].segments[2].sap_type = 3;
  EXPECT_FALSE(BuildMultivariantPlaylist(presentation, KeyFormat::kIdentity)
                   .independent_segments);
}

size_t Count(const std::string& text, const std::string& word) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) {
    ++count;
  }
  return count;
}

TEST(HlsManifests, NameTheNewInitSegmentInTheClearBeforeItsKey) {
  for (const char* file : {"v720/media.m3u8", "a-eng/media-clearkey.m3u8"}) {
    const std::string text = FilesOf(RotatedCenc())[file];
    EXPECT_NE(text.find("\n2.m4s\n#EXT-X-KEY:METHOD=NONE\n"
                        "#EXT-X-MAP:URI=\"init-2.mp4\"\n"
                        "#EXT-X-KEY:METHOD=SAMPLE-AES-CTR"),
              std::string::npos)
        << text;
    EXPECT_EQ(Count(text, "#EXT-X-KEY:METHOD=SAMPLE-AES-CTR"), 2U);
    EXPECT_EQ(Count(text, "DISCONTINUITY"), 0U);
  }
}

TEST(HlsManifests, NameOnlyTheNewKeyUnderAes128) {
  Presentation presentation = Ladder();
  Rotate(3, presentation);
  const std::string text = FilesOf(presentation)["v720/media.m3u8"];
  EXPECT_EQ(Count(text, "#EXT-X-MAP"), 1U);
  EXPECT_EQ(Count(text, "METHOD=NONE"), 0U);
  EXPECT_EQ(Count(text, "../key/fedcba9876543210fedcba9876543210"), 1U);
}

TEST(HlsManifests, TellOfADiscontinuityInEveryTrack) {
  auto files = FilesOf(Jump());
  for (const char* track : {"v720", "v360", "a-eng", "a-deu"}) {
    const std::string text = files[std::string(track) + "/media.m3u8"];
    EXPECT_NE(text.find("1.m4s\n#EXT-X-DISCONTINUITY\n#EXTINF"),
              std::string::npos)
        << text;
    EXPECT_EQ(Count(text, "DISCONTINUITY"), 1U);
  }
}

TEST(HlsManifests, OfOneSoundTrackAloneNeedNoGroup) {
  Presentation presentation = Radio();
  presentation.tracks.pop_back();
  const auto list =
      BuildMultivariantPlaylist(presentation, KeyFormat::kIdentity);
  EXPECT_TRUE(list.audio.empty());
  ASSERT_EQ(list.variants.size(), 1U);
  EXPECT_EQ(list.variants[0].audio_group, "");
  EXPECT_EQ(list.variants[0].uri, "a-und/media.m3u8");
}

TEST(HlsManifests, LetNoNameBreakAPlaylist) {
  Presentation presentation = Ladder();
  presentation.tracks[2].track.language = "e\"n\n#EXT-X-ENDLIST";
  const std::string master = FilesOf(presentation)["master.m3u8"];
  EXPECT_EQ(master.find("\n#EXT-X-ENDLIST"), std::string::npos);
  EXPECT_NE(master.find("LANGUAGE=\"e'n #EXT-X-ENDLIST\""), std::string::npos);
}

}  // namespace
}  // namespace usher::manifest

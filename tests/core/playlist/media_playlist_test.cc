#include "core/playlist/media_playlist.h"

#include <gtest/gtest.h>

#include <string>

namespace usher::playlist {
namespace {

using std::chrono::microseconds;

HlsKey KeyWithIv(uint8_t last) {
  HlsKey key;
  key.uri = "../key/00";
  key.iv.emplace();
  key.iv->fill(0);
  key.iv->back() = last;
  return key;
}

MediaPlaylist TwoSegments() {
  MediaPlaylist playlist;
  playlist.target_duration = 6;
  playlist.segments = {{"1.m4s", microseconds(6006000), {}, "init.mp4"},
                       {"2.m4s", microseconds(40000), {}, "init.mp4"}};
  return playlist;
}

TEST(MediaPlaylist, OfAClearTrackIsWrittenWhole) {
  EXPECT_EQ(Write(TwoSegments()),
            "#EXTM3U\n"
            "#EXT-X-VERSION:6\n"
            "#EXT-X-TARGETDURATION:6\n"
            "#EXT-X-MEDIA-SEQUENCE:1\n"
            "#EXT-X-PLAYLIST-TYPE:VOD\n"
            "#EXT-X-MAP:URI=\"init.mp4\"\n"
            "#EXTINF:6.006000,\n"
            "1.m4s\n"
            "#EXTINF:0.040000,\n"
            "2.m4s\n"
            "#EXT-X-ENDLIST\n");
}

TEST(MediaPlaylist, NamesAKeyBeforeEachSegmentWhoseIvChangesAndAfterTheMap) {
  MediaPlaylist playlist = TwoSegments();
  playlist.segments[0].keys = {KeyWithIv(1)};
  playlist.segments[1].keys = {KeyWithIv(2)};
  EXPECT_EQ(Write(playlist),
            "#EXTM3U\n"
            "#EXT-X-VERSION:6\n"
            "#EXT-X-TARGETDURATION:6\n"
            "#EXT-X-MEDIA-SEQUENCE:1\n"
            "#EXT-X-PLAYLIST-TYPE:VOD\n"
            "#EXT-X-MAP:URI=\"init.mp4\"\n"
            "#EXT-X-KEY:METHOD=AES-128,URI=\"../key/00\","
            "IV=0x00000000000000000000000000000001\n"
            "#EXTINF:6.006000,\n"
            "1.m4s\n"
            "#EXT-X-KEY:METHOD=AES-128,URI=\"../key/00\","
            "IV=0x00000000000000000000000000000002\n"
            "#EXTINF:0.040000,\n"
            "2.m4s\n"
            "#EXT-X-ENDLIST\n");
}

TEST(MediaPlaylist, NamesAKeyOnceWhereItStaysTheSame) {
  MediaPlaylist playlist = TwoSegments();
  HlsKey key;
  key.method = KeyMethod::kSampleAesCtr;
  key.uri = "../key/00";
  for (HlsSegment& segment : playlist.segments) segment.keys = {key};
  const std::string text = Write(playlist);
  const std::string line =
      "#EXT-X-MAP:URI=\"init.mp4\"\n"
      "#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI=\"../key/00\","
      "KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"\n"
      "#EXTINF:6.006000,\n";
  const size_t found = text.find(line);
  ASSERT_NE(found, std::string::npos) << text;
  EXPECT_EQ(text.find("#EXT-X-KEY", found + line.size()), std::string::npos);
}

TEST(MediaPlaylist, SaysWhereEncryptionEnds) {
  MediaPlaylist playlist = TwoSegments();
  playlist.segments[0].keys = {KeyWithIv(1)};
  EXPECT_NE(Write(playlist).find("#EXT-X-KEY:METHOD=NONE\n#EXTINF:0.040000"),
            std::string::npos);
}

TEST(MediaPlaylist, NamesALaterMapInTheClear) {
  MediaPlaylist playlist = TwoSegments();
  for (HlsSegment& segment : playlist.segments) segment.keys = {KeyWithIv(1)};
  playlist.segments[1].map_uri = "init-2.mp4";
  playlist.segments[1].discontinuity = true;
  EXPECT_NE(Write(playlist).find("1.m4s\n"
                                 "#EXT-X-DISCONTINUITY\n"
                                 "#EXT-X-KEY:METHOD=NONE\n"
                                 "#EXT-X-MAP:URI=\"init-2.mp4\"\n"
                                 "#EXT-X-KEY:METHOD=AES-128,"),
            std::string::npos);
}

TEST(MediaPlaylist, NamesNoMapWhereThereIsNone) {
  MediaPlaylist playlist = TwoSegments();
  for (HlsSegment& segment : playlist.segments) segment.map_uri.clear();
  EXPECT_EQ(Write(playlist).find("EXT-X-MAP"), std::string::npos);
}

TEST(TargetDuration, IsAtLeastEveryRoundedSegmentAndAtLeastOne) {
  EXPECT_EQ(TargetDuration(microseconds(0)), 1U);
  EXPECT_EQ(TargetDuration(microseconds(400'000)), 1U);
  EXPECT_EQ(TargetDuration(microseconds(6'000'000)), 6U);
  EXPECT_EQ(TargetDuration(microseconds(6'499'000)), 6U);
  EXPECT_EQ(TargetDuration(microseconds(6'499'999)), 6U);
  EXPECT_EQ(TargetDuration(microseconds(6'500'000)), 7U);
}

TEST(MediaPlaylist, OfIFramesNamesRangesAndNeedsALowerVersion) {
  MediaPlaylist playlist = TwoSegments();
  playlist.segments.pop_back();
  playlist.segments[0].range = ByteRange{0, 4711};
  playlist.i_frames_only = true;
  EXPECT_EQ(Write(playlist),
            "#EXTM3U\n"
            "#EXT-X-VERSION:5\n"
            "#EXT-X-TARGETDURATION:6\n"
            "#EXT-X-MEDIA-SEQUENCE:1\n"
            "#EXT-X-PLAYLIST-TYPE:VOD\n"
            "#EXT-X-I-FRAMES-ONLY\n"
            "#EXT-X-MAP:URI=\"init.mp4\"\n"
            "#EXTINF:6.006000,\n"
            "#EXT-X-BYTERANGE:4711@0\n"
            "1.m4s\n"
            "#EXT-X-ENDLIST\n");
}

// rfc8216bis section 8.
TEST(MediaPlaylist, HasTheLowestVersionThatItsFeaturesNeed) {
  MediaPlaylist playlist = TwoSegments();
  EXPECT_EQ(VersionOf(playlist), 6U);
  for (HlsSegment& segment : playlist.segments) segment.map_uri.clear();
  EXPECT_EQ(VersionOf(playlist), 3U);
  playlist.segments[1].keys = {KeyWithIv(1)};
  EXPECT_EQ(VersionOf(playlist), 3U);
  playlist.segments[1].range = ByteRange{16, 1};
  EXPECT_EQ(VersionOf(playlist), 4U);
  playlist.segments[0].keys = {KeyWithIv(1)};
  playlist.segments[0].keys[0].method = KeyMethod::kSampleAes;
  EXPECT_EQ(VersionOf(playlist), 5U);
}

TEST(MediaPlaylist, NamesAllKeysOfASegmentAndEndsThoseThatAreNotReplaced) {
  HlsKey drm{KeyMethod::kSampleAes, "data:a", std::nullopt,
             "com.example",         "1",      std::array<uint8_t, 16>{1}};
  HlsKey skd{KeyMethod::kSampleAes, "skd://a", std::nullopt, "com.apple"};
  MediaPlaylist playlist = TwoSegments();
  playlist.segments.push_back(playlist.segments[1]);
  playlist.segments[2].uri = "3.m4s";
  playlist.segments[0].keys = {drm, skd};
  drm.uri = "data:b";
  skd.uri = "skd://b";
  playlist.segments[1].keys = {drm, skd};
  playlist.segments[2].keys = {skd};
  const std::string text = Write(playlist);
  EXPECT_NE(text.find("#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"data:a\","
                      "KEYID=0x01000000000000000000000000000000,"
                      "KEYFORMAT=\"com.example\",KEYFORMATVERSIONS=\"1\"\n"
                      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://a\","
                      "KEYFORMAT=\"com.apple\",KEYFORMATVERSIONS=\"1\"\n"
                      "#EXTINF:6.006000,\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("1.m4s\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"data:b\""),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("2.m4s\n#EXT-X-KEY:METHOD=NONE\n"
                      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://b\""),
            std::string::npos)
      << text;
}

TEST(MediaPlaylist, DatesSegmentsToTheMillisecond) {
  MediaPlaylist playlist = TwoSegments();
  using std::chrono::milliseconds;
  playlist.segments[1].date =
      std::chrono::sys_time<milliseconds>(milliseconds(951'782'399'007));
  EXPECT_NE(
      Write(playlist).find("#EXT-X-PROGRAM-DATE-TIME:2000-02-28T23:59:59.007Z\n"
                           "#EXTINF:0.040000,\n2.m4s\n"),
      std::string::npos);
}

}  // namespace
}  // namespace usher::playlist

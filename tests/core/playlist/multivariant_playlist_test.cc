#include "core/playlist/multivariant_playlist.h"

#include <gtest/gtest.h>

namespace usher::playlist {
namespace {

TEST(MultivariantPlaylist, ListsRenditionsThenVariants) {
  MultivariantPlaylist playlist;
  playlist.version = 6;
  playlist.independent_segments = true;
  playlist.audio.push_back({.group = "audio",
                            .name = "en",
                            .language = "en",
                            .is_default = true,
                            .autoselect = false,
                            .characteristics = "",
                            .channels = "2",
                            .uri = "a-eng/media.m3u8"});
  playlist.variants.push_back({.bandwidth = 3'000'000,
                               .average_bandwidth = 2'000'000,
                               .codecs = "avc1.64001f,mp4a.40.2",
                               .width = 1280,
                               .height = 720,
                               .frame_rate = 24000.0 / 1001,
                               .audio_group = "audio",
                               .uri = "v720/media.m3u8"});
  playlist.i_frame_variants.push_back({.bandwidth = 300'000,
                                       .average_bandwidth = 200'000,
                                       .codecs = "avc1.64001f",
                                       .width = 1280,
                                       .height = 720,
                                       .uri = "v720/iframes.m3u8"});
  // A default rendition is selected without asking, so it says so
  // (rfc8216bis 4.4.6.1: AUTOSELECT is YES where DEFAULT is).
  EXPECT_EQ(Write(playlist),
            "#EXTM3U\n"
            "#EXT-X-VERSION:6\n"
            "#EXT-X-INDEPENDENT-SEGMENTS\n"
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"en\","
            "LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\","
            "URI=\"a-eng/media.m3u8\"\n"
            "#EXT-X-STREAM-INF:BANDWIDTH=3000000,AVERAGE-BANDWIDTH=2000000,"
            "CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720,"
            "FRAME-RATE=23.976,AUDIO=\"audio\"\n"
            "v720/media.m3u8\n"
            "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=300000,"
            "AVERAGE-BANDWIDTH=200000,CODECS=\"avc1.64001f\","
            "RESOLUTION=1280x720,URI=\"v720/iframes.m3u8\"\n");
}

TEST(MultivariantPlaylist, LeavesOutWhatIsUnknown) {
  MultivariantPlaylist playlist;
  playlist.audio.push_back(
      {.group = "audio",
       .name = "Audio",
       .language = "",
       .is_default = false,
       .autoselect = false,
       .characteristics = "public.accessibility.describes-video",
       .channels = {},
       .uri = "a/media.m3u8"});
  playlist.variants.push_back({.bandwidth = 1,
                               .average_bandwidth = 1,
                               .codecs = "mp4a.40.2",
                               .width = 0,
                               .height = 0,
                               .frame_rate = 0,
                               .audio_group = "",
                               .uri = "a/media.m3u8"});
  EXPECT_EQ(Write(playlist),
            "#EXTM3U\n"
            "#EXT-X-VERSION:1\n"
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Audio\","
            "DEFAULT=NO,AUTOSELECT=NO,"
            "CHARACTERISTICS=\"public.accessibility.describes-video\","
            "URI=\"a/media.m3u8\"\n"
            "#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1,"
            "CODECS=\"mp4a.40.2\"\n"
            "a/media.m3u8\n");
}

}  // namespace
}  // namespace usher::playlist

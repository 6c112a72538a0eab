#include "core/playlist/hls_reader.h"

#include <gtest/gtest.h>

#include "core/playlist/media_playlist.h"
#include "core/playlist/multivariant_playlist.h"

namespace usher::playlist {
namespace {

TEST(HlsReader, ReadsBackWhatTheWriterWrote) {
  MediaPlaylist written;
  written.target_duration = 6;
  written.first_number = 7;
  HlsKey key;
  key.uri = "../key/00112233445566778899aabbccddeeff";
  key.iv = std::array<uint8_t, 16>{1, 2, 3};
  written.segments = {
      {"7.m4s", std::chrono::microseconds(5'999'000), {key}, "init.mp4"},
      {"8.m4s", std::chrono::microseconds(1'500'000), {key}, "init.mp4"}};
  const HlsDocument read = ReadHls(Write(written));
  EXPECT_TRUE(read.problems.empty());
  EXPECT_FALSE(read.multivariant);
  EXPECT_GE(read.version, read.needed_version);
  EXPECT_EQ(read.media.target_duration, 6U);
  EXPECT_EQ(read.media.type, "VOD");
  EXPECT_TRUE(read.media.end_list);
  ASSERT_EQ(read.media.maps.size(), 1U);
  EXPECT_EQ(read.media.maps[0].uri, "init.mp4");
  EXPECT_TRUE(read.media.maps[0].keys.empty());
  ASSERT_EQ(read.media.segments.size(), 2U);
  EXPECT_EQ(read.media.segments[0].number, 7U);
  EXPECT_DOUBLE_EQ(read.media.segments[1].duration, 1.5);
  ASSERT_EQ(read.media.segments[1].keys.size(), 1U);
  const ReadKey& read_key = read.media.keys[read.media.segments[1].keys[0]];
  EXPECT_EQ(read_key.method, "AES-128");
  EXPECT_EQ(read_key.uri, key.uri);
  EXPECT_EQ(read_key.iv, key.iv);
}

TEST(HlsReader, ReadsBackASecondMapAndADiscontinuity) {
  MediaPlaylist written;
  HlsKey key;
  key.method = KeyMethod::kSampleAes;
  key.uri = "../key/00112233445566778899aabbccddeeff";
  written.segments = {
      {"1.m4s", std::chrono::microseconds(1'000'000), {key}, "init.mp4"},
      {"2.m4s",
       std::chrono::microseconds(1'000'000),
       {key},
       "init-2.mp4",
       true}};
  const HlsDocument read = ReadHls(Write(written));
  EXPECT_TRUE(read.problems.empty());
  ASSERT_EQ(read.media.segments.size(), 2U);
  EXPECT_FALSE(read.media.segments[0].discontinuity);
  EXPECT_TRUE(read.media.segments[1].discontinuity);
  EXPECT_EQ(read.media.segments[1].discontinuities, 1U);
  ASSERT_EQ(read.media.maps.size(), 2U);
  EXPECT_EQ(read.media.segments[1].map, 1U);
  EXPECT_EQ(read.media.maps[1].uri, "init-2.mp4");
  ASSERT_EQ(read.media.maps[1].keys.size(), 1U);
  EXPECT_EQ(read.media.keys[read.media.maps[1].keys[0]].method, "NONE");
}

TEST(HlsReader, ReadsBackAMultivariantPlaylist) {
  MultivariantPlaylist written;
  written.independent_segments = true;
  written.audio.push_back({.group = "a",
                           .name = "Sound, \"loud\"",
                           .language = "en",
                           .is_default = true,
                           .autoselect = true,
                           .characteristics = "",
                           .channels = "2",
                           .uri = "a/media.m3u8"});
  written.variants.push_back({.bandwidth = 1000,
                              .average_bandwidth = 900,
                              .codecs = "avc1.64001f,mp4a.40.2",
                              .width = 640,
                              .height = 360,
                              .frame_rate = 25,
                              .audio_group = "a",
                              .uri = "v/media.m3u8"});
  const HlsDocument read = ReadHls(Write(written));
  EXPECT_TRUE(read.problems.empty());
  EXPECT_TRUE(read.multivariant);
  EXPECT_TRUE(read.independent_segments);
  ASSERT_EQ(read.presentation.variants.size(), 1U);
  EXPECT_EQ(read.presentation.variants[0].uri, "v/media.m3u8");
  EXPECT_EQ(read.presentation.variants[0].tag.Get("CODECS"),
            "avc1.64001f,mp4a.40.2");
  ASSERT_EQ(read.presentation.renditions.size(), 1U);
  EXPECT_EQ(read.presentation.renditions[0].Get("NAME"), "Sound, 'loud'");
}

TEST(HlsReader, CarriesByteRangesOnWhereTheLastOneEnded) {
  const HlsDocument read = ReadHls(
      "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:1\n"
      "#EXTINF:1,\n#EXT-X-BYTERANGE:100@50\nall.ts\n"
      "#EXTINF:1,\n#EXT-X-BYTERANGE:30\nall.ts\n"
      "#EXTINF:1,\n#EXT-X-BYTERANGE:30\nother.ts\n");
  ASSERT_EQ(read.media.segments.size(), 3U);
  EXPECT_EQ(read.media.segments[0].range, (ByteRange{50, 100}));
  EXPECT_EQ(read.media.segments[1].range, (ByteRange{150, 30}));
  EXPECT_EQ(read.media.segments[2].range, std::nullopt);
  ASSERT_EQ(read.problems.size(), 1U);
  EXPECT_EQ(read.problems[0].line, 12U);
  EXPECT_EQ(read.problems[0].section, "4.4.4.2");
}

TEST(HlsReader, KeepsKeysOfSeveralFormatsUntilTheyAreReplaced) {
  const HlsDocument read = ReadHls(
      "#EXTM3U\n#EXT-X-TARGETDURATION:1\n"
      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"a\"\n"
      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"b\",KEYFORMAT=\"x\"\n"
      "#EXTINF:1,\n1\n"
      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"c\"\n"
      "#EXTINF:1,\n2\n"
      "#EXT-X-KEY:METHOD=NONE\n"
      "#EXTINF:1,\n3\n"
      "#EXT-X-KEY:METHOD=AES-128,URI=\"d\"\n"
      "#EXTINF:1,\n4\n");
  const auto uris = [&](size_t segment) {
    std::string all;
    for (const size_t key : read.media.segments.at(segment).keys) {
      all += read.media.keys[key].uri + ";";
    }
    return all;
  };
  EXPECT_EQ(uris(0), "a;b;");
  EXPECT_EQ(uris(1), "b;c;");
  EXPECT_EQ(uris(2), ";");
  EXPECT_EQ(uris(3), "d;");
}

TEST(HlsReader, SubstitutesVariablesWithoutLettingThemGrow) {
  const HlsDocument read = ReadHls(
      "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:1\n"
      "#EXT-X-DEFINE:NAME=\"base\",VALUE=\"there\"\n"
      "#EXTINF:1,\n{$base}/1.ts\n#EXTINF:1,\n{$nowhere}/2.ts\n");
  ASSERT_EQ(read.media.segments.size(), 1U);
  EXPECT_EQ(read.media.segments[0].uri, "there/1.ts");
  EXPECT_FALSE(read.problems.empty());

  std::string laughs =
      "#EXTM3U\n#EXT-X-DEFINE:NAME=\"0\",VALUE=\"0123456789\"\n";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "{$" + std::to_string(i - 1) + "}";
    laughs += "#EXT-X-DEFINE:NAME=\"" + std::to_string(i) + "\",VALUE=\"" +
              before + before + "\"\n";
  }
  EXPECT_FALSE(ReadHls(laughs).problems.empty());
}

TEST(HlsReader, TellsWhichVersionAFeatureNeeds) {
  struct Row {
    const char* text;
    unsigned version;
  };
  const Row rows[] = {
      {"#EXTINF:1,\n1\n", 1},
      {"#EXT-X-KEY:METHOD=AES-128,URI=\"k\","
       "IV=0x00000000000000000000000000000000\n",
       2},
      {"#EXTINF:1.5,\n1\n", 3},
      {"#EXTINF:1,\n#EXT-X-BYTERANGE:1@0\n1\n", 4},
      {"#EXT-X-I-FRAMES-ONLY\n#EXT-X-MAP:URI=\"i\"\n", 5},
      {"#EXT-X-MAP:URI=\"i\"\n", 6},
      {"#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"\n", 8},
      {"#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n", 9},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(ReadHls(std::string("#EXTM3U\n") + row.text).needed_version,
              row.version)
        << row.text;
  }
}

TEST(HlsReader, ReadsDatesInEveryZone) {
  struct Row {
    const char* text;
    std::optional<int64_t> milliseconds;
  };
  const Row rows[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01T01:00:00.250+01:00", 250},
      {"1969-12-31T23:30:00-0030", 0},
      {"2024-02-29T12:00:00.000Z", 1'709'208'000'000},
      {"2023-02-29T12:00:00Z", std::nullopt},
      {"2024-02-29T12:00:00", std::nullopt},
      {"2024-02-29T25:00:00Z", std::nullopt},
      {"yesterday", std::nullopt},
      {"", std::nullopt},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(ParseDate(row.text), row.milliseconds) << row.text;
  }
}

TEST(HlsReader, ReadsNumbersStrictly) {
  EXPECT_EQ(ParseInteger("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "-1", "1 ", "0x1", "18446744073709551616"}) {
    EXPECT_EQ(ParseInteger(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseDecimal("6.006"), 6.006);
  for (const char* text : {"", "nan", "inf", "1e3", "1,5", "1.5s"}) {
    EXPECT_EQ(ParseDecimal(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseResolution("640x360"), (PictureSize{640, 360}));
  for (const char* text : {"640", "x360", "640x", "640X360", "4294967296x1"}) {
    EXPECT_EQ(ParseResolution(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace usher::playlist

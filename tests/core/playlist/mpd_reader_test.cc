#include "core/playlist/mpd_reader.h"

#include <gtest/gtest.h>

#include "core/playlist/mpd.h"

namespace usher::playlist {
namespace {

TEST(MpdReader, ReadsBackWhatTheWriterWrote) {
  Representation video;
  video.id = "v360";
  video.bandwidth = 800'000;
  video.codecs = "avc1.64001e";
  video.width = 640;
  video.height = 360;
  video.frame_rate = "30000/1001";
  video.segments.timescale = 30'000;
  video.segments.presentation_time_offset = 1001;
  video.segments.initialization = "v360/init.mp4";
  video.segments.media = "v360/$Number$.m4s";
  video.segments.timeline = {{1001, 60'060, 3}, {181'181, 30'030, 1}};
  AdaptationSet set;
  set.content_type = "video";
  set.mime_type = "video/mp4";
  set.encryption = CommonEncryption{
      "cbcs",
      "00010203-0405-0607-0809-0a0b0c0d0e0f",
      ClearKey{{1, 2, 3}, "urn:x"},
      {{"9a04f079-9840-4286-ab92-e65be0885f95", "", {}, {4, 5}, ""}}};
  set.representations = {video};
  Mpd written;
  written.duration = std::chrono::microseconds(7'007'000);
  written.longest_segment = std::chrono::microseconds(2'002'000);
  set.id = 4;
  Period period{.id = "1", .start = {}, .sets = {set}};
  written.periods.push_back(period);
  period.id = "2";
  period.start = std::chrono::microseconds(3'500'000);
  period.sets[0].continues_period = "1";
  written.periods.push_back(period);

  const MpdDocument read = ReadMpd(Write(written));
  EXPECT_TRUE(read.readable);
  EXPECT_TRUE(read.problems.empty())
      << read.problems[0].element << read.problems[0].what;
  EXPECT_DOUBLE_EQ(read.duration.value_or(0), 7.007);
  ASSERT_EQ(read.periods.size(), 2U);
  EXPECT_EQ(read.periods[1].id, "2");
  EXPECT_EQ(read.periods[1].start, 3.5);
  EXPECT_EQ(read.periods[1].sets.at(0).id, "4");
  EXPECT_EQ(read.periods[1].sets.at(0).continues_period, "1");
  EXPECT_EQ(read.periods[0].sets.at(0).continues_period, "");
  ASSERT_EQ(read.periods[0].sets.size(), 1U);
  EXPECT_EQ(read.periods[0].sets[0].content_type, "video");
  const ReadRepresentation& back =
      read.periods[0].sets[0].representations.at(0);
  EXPECT_EQ(back.place, "Period[1]/AdaptationSet[1]/Representation[v360]");
  EXPECT_EQ(back.bandwidth, 800'000U);
  EXPECT_EQ(back.width, 640U);
  EXPECT_NEAR(back.frame_rate, 29.97, 0.001);
  EXPECT_EQ(back.addressing.kind, ReadAddressing::Kind::kTemplate);
  EXPECT_EQ(back.addressing.presentation_time_offset, 1001U);
  ASSERT_EQ(back.addressing.timeline.size(), 2U);
  EXPECT_EQ(back.addressing.timeline[0].start, 1001U);
  EXPECT_EQ(back.addressing.timeline[0].repeat, 2);
  ASSERT_GE(back.protections.size(), 2U);
  EXPECT_EQ(back.protections[0].value, "cbcs");
  EXPECT_EQ(back.protections.back().playready_objects,
            std::vector<Bytes>({{4, 5}}));
  EXPECT_EQ(back.protections[0].default_kid,
            "00010203-0405-0607-0809-0a0b0c0d0e0f");
}

TEST(MpdReader, LetsRepresentationsInherit) {
  const MpdDocument read = ReadMpd(
      "<MPD xmlns='urn:mpeg:dash:schema:mpd:2011' profiles='x' "
      "minBufferTime='PT1S'><BaseURL> a/ </BaseURL><Period>"
      "<SegmentTemplate timescale='10' media='$Time$'/>"
      "<AdaptationSet mimeType='video/mp4' codecs='avc1' width='1'>"
      "<SegmentTemplate startNumber='5'/>"
      "<Representation id='1' bandwidth='1' width='2'><BaseURL>b/</BaseURL>"
      "<SegmentTemplate duration='20'/></Representation>"
      "<Representation id='2' bandwidth='1'/></AdaptationSet></Period></MPD>");
  EXPECT_TRUE(read.problems.empty());
  const auto& set = read.periods.at(0).sets.at(0);
  const ReadRepresentation& first = set.representations.at(0);
  EXPECT_EQ(first.base_urls, (std::vector<std::string>{"a/", "b/"}));
  EXPECT_EQ(first.addressing.timescale, 10U);
  EXPECT_EQ(first.addressing.start_number, 5U);
  EXPECT_EQ(first.addressing.duration, 20U);
  EXPECT_EQ(first.width, 2U);
  const ReadRepresentation& second = set.representations.at(1);
  EXPECT_EQ(second.addressing.duration, std::nullopt);
  EXPECT_EQ(second.width, 1U);
  EXPECT_EQ(second.codecs, "avc1");
}

TEST(MpdReader, TakesAnyNamespacePrefix) {
  const MpdDocument read = ReadMpd(
      "<d:MPD xmlns:d='urn:mpeg:dash:schema:mpd:2011' profiles='x' "
      "minBufferTime='PT1S'><d:Period><d:AdaptationSet mimeType='a/b'>"
      "<d:Representation id='1' bandwidth='1'/></d:AdaptationSet></d:Period>"
      "</d:MPD>");
  EXPECT_TRUE(read.problems.empty());
  EXPECT_EQ(read.periods.size(), 1U);
}

TEST(MpdReader, NeverExpandsEntities) {
  const MpdDocument read = ReadMpd(
      "<!DOCTYPE MPD [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>"
      "<MPD profiles='&b;'/>");
  EXPECT_TRUE(read.readable);
  EXPECT_FALSE(read.problems.empty());
}

TEST(MpdReader, SaysWhereXmlIsDamaged) {
  const MpdDocument read = ReadMpd("<MPD><Period></MPD>");
  EXPECT_FALSE(read.readable);
  ASSERT_EQ(read.problems.size(), 1U);
  EXPECT_NE(read.problems[0].what.find("at byte"), std::string::npos);
}

TEST(MpdReader, ReadsDurations) {
  struct Row {
    const char* text;
    std::optional<double> seconds;
  };
  const Row rows[] = {
      {"PT0S", 0},           {"PT1.5S", 1.5},       {"PT1H2M3S", 3723},
      {"P1DT1S", 86401},     {"P1M", 30 * 86400.0}, {"PT1M", 60},
      {"P", std::nullopt},   {"PT", std::nullopt},  {"1S", std::nullopt},
      {"PT5", std::nullopt}, {"PTS", std::nullopt}, {"-PT1S", std::nullopt},
      {"", std::nullopt},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(ParseXmlDuration(row.text), row.seconds) << row.text;
  }
}

TEST(MpdReader, FillsTemplatesInAndRefusesUnknownIdentifiers) {
  const TemplateValues values{"v1", 5000, 42, 9000};
  struct Row {
    const char* text;
    std::optional<std::string> filled;
  };
  const Row rows[] = {
      {"plain", "plain"},
      {"$RepresentationID$/$Number$.m4s", "v1/42.m4s"},
      {"$Number%05d$-$Time$-$Bandwidth%02d$", "00042-9000-5000"},
      {"$$", "$"},
      {"", ""},
      {"$Number", std::nullopt},
      {"$number$", std::nullopt},
      {"$Number%5d$", std::nullopt},
      {"$Number%0999d$", std::nullopt},
      {"$Number%0xd$", std::nullopt},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(FillTemplate(row.text, values), row.filled) << row.text;
  }
}

}  // namespace
}  // namespace usher::playlist

#include "core/playlist/mpd.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace usher::playlist {
namespace {

using std::chrono::microseconds;

Representation Video() {
  Representation video;
  video.id = "v720";
  video.bandwidth = 2'000'000;
  video.codecs = "avc1.64001f";
  video.width = 1280;
  video.height = 720;
  video.frame_rate = "25";
  video.sar = "1:1";
  video.segments.timescale = 12800;
  video.segments.initialization = "v720/init.mp4";
  video.segments.media = "v720/$Number$.m4s";
  return video;
}

std::string WithTimeline(const std::vector<TimelineRun>& timeline) {
  Mpd mpd;
  AdaptationSet& set = mpd.periods.emplace_back().sets.emplace_back();
  set.representations.push_back(Video());
  set.representations[0].segments.timeline = timeline;
  const std::string text = Write(mpd);
  const size_t begin = text.find("<SegmentTimeline>");
  const size_t end = text.find("</SegmentTimeline>");
  std::string inside = text.substr(begin, end - begin);
  std::erase(inside, '\n');
  std::erase(inside, ' ');
  return inside;
}

TEST(Mpd, IsWrittenWhole) {
  Mpd mpd;
  mpd.duration = microseconds(10'040'000);
  mpd.longest_segment = microseconds(6'000'000);
  AdaptationSet& set = mpd.periods.emplace_back().sets.emplace_back();
  mpd.periods[0].id = "1";
  set.content_type = "video";
  set.mime_type = "video/mp4";
  set.language = "en";
  set.label = "<main>";
  set.role = "main";
  set.encryption =
      CommonEncryption{.scheme = "cbcs",
                       .default_kid = "00112233-4455-6677-8899-aabbccddeeff",
                       .clear_key = ClearKey{{0xfb, 0xff}, "urn:usher:licence"},
                       .drm = {}};
  Representation& video = set.representations.emplace_back(Video());
  video.segments.presentation_time_offset = 512;
  video.segments.timeline = {{512, 76800, 1}, {77312, 51712, 1}};
  EXPECT_EQ(Write(mpd),
            R"(<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:cenc="urn:mpeg:cenc:2013" xmlns:ck="http://dashif.org/guidelines/clearKey" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static" mediaPresentationDuration="PT10.040000S" maxSegmentDuration="PT6.000000S" minBufferTime="PT6.000000S">
  <Period id="1" start="PT0.000000S">
    <AdaptationSet id="1" contentType="video" mimeType="video/mp4" lang="en" segmentAlignment="true" startWithSAP="1">
      <ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cbcs" cenc:default_KID="00112233-4455-6677-8899-aabbccddeeff"/>
      <ContentProtection schemeIdUri="urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e" value="ClearKey1.0">
        <ck:Laurl Lic_type="EME-1.0">urn:usher:licence</ck:Laurl>
      </ContentProtection>
      <ContentProtection schemeIdUri="urn:uuid:1077efec-c0b2-4d02-ace3-3c1e52e2fb4b">
        <cenc:pssh>+/8=</cenc:pssh>
      </ContentProtection>
      <Label>&lt;main&gt;</Label>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <Representation id="v720" bandwidth="2000000" codecs="avc1.64001f" width="1280" height="720" frameRate="25" sar="1:1">
        <SegmentTemplate timescale="12800" presentationTimeOffset="512" startNumber="1" initialization="v720/init.mp4" media="v720/$Number$.m4s">
          <SegmentTimeline>
            <S t="512" d="76800"/>
            <S d="51712"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
  </Period>
</MPD>
)");
}

TEST(Mpd, TellsWhichPeriodASetContinues) {
  Mpd mpd;
  Period& period = mpd.periods.emplace_back();
  period.id = "2";
  period.start = microseconds(6'000'000);
  AdaptationSet& set = period.sets.emplace_back();
  set.id = 3;
  set.continues_period = "1";
  const std::string text = Write(mpd);
  EXPECT_NE(text.find("<Period id=\"2\" start=\"PT6.000000S\">"),
            std::string::npos);
  EXPECT_NE(text.find("<AdaptationSet id=\"3\""), std::string::npos);
  EXPECT_NE(text.find("<SupplementalProperty schemeIdUri=\"urn:mpeg:dash:"
                      "period-continuity:2015\" value=\"1\"/>"),
            std::string::npos);
}

TEST(Mpd, TellsEachDrmSystemItsOwn) {
  Mpd mpd;
  AdaptationSet& set = mpd.periods.emplace_back().sets.emplace_back();
  set.encryption = CommonEncryption{
      .scheme = "cbcs", .default_kid = "k", .clear_key = {}, .drm = {}};
  set.encryption->drm = {{"aa-bb", "Name", {1}, {2}, "https://l/?a&b"},
                         {"cc-dd", "", {3}, {}, ""}};
  const std::string text = Write(mpd);
  EXPECT_NE(text.find(" xmlns:mspr=\"urn:microsoft:playready\" "
                      "xmlns:dashif=\"https://dashif.org/CPS\" "),
            std::string::npos);
  EXPECT_NE(
      text.find(
          R"(      <ContentProtection schemeIdUri="urn:uuid:aa-bb" value="Name">
        <cenc:pssh>AQ==</cenc:pssh>
        <mspr:pro>Ag==</mspr:pro>
        <dashif:Laurl licenseType="license-1.0">https://l/?a&amp;b</dashif:Laurl>
      </ContentProtection>
      <ContentProtection schemeIdUri="urn:uuid:cc-dd">
        <cenc:pssh>Aw==</cenc:pssh>
      </ContentProtection>
)"),
      std::string::npos)
      << text;
  EXPECT_EQ(text.find("Laurl Lic_type"), std::string::npos);
}

TEST(Mpd, TellsChannelsAndRateOfAudio) {
  Mpd mpd;
  AdaptationSet& set = mpd.periods.emplace_back().sets.emplace_back();
  Representation& audio = set.representations.emplace_back();
  audio.sample_rate = 48000;
  audio.channels = playlist::Descriptor{
      "urn:mpeg:dash:23003:3:audio_channel_configuration:2011", "2"};
  const std::string text = Write(mpd);
  EXPECT_NE(text.find("audioSamplingRate=\"48000\""), std::string::npos);
  EXPECT_NE(
      text.find(
          "<AudioChannelConfiguration schemeIdUri=\"urn:mpeg:dash:23003:3:"
          "audio_channel_configuration:2011\" value=\"2\"/>"),
      std::string::npos);
}

TEST(SegmentTimeline, JoinsEqualSegmentsInARow) {
  std::vector<TimelineRun> timeline;
  AppendToTimeline(0, 100, timeline);
  AppendToTimeline(100, 100, timeline);
  AppendToTimeline(200, 100, timeline);
  AppendToTimeline(300, 50, timeline);
  ASSERT_EQ(timeline.size(), 2U);
  EXPECT_EQ(WithTimeline(timeline),
            "<SegmentTimeline><St=\"0\"d=\"100\"r=\"2\"/><Sd=\"50\"/>");
}

TEST(SegmentTimeline, TellsWhereAGapEnds) {
  std::vector<TimelineRun> timeline;
  AppendToTimeline(0, 100, timeline);
  AppendToTimeline(150, 100, timeline);
  EXPECT_EQ(WithTimeline(timeline),
            "<SegmentTimeline><St=\"0\"d=\"100\"/><St=\"150\"d=\"100\"/>");
}

}  // namespace
}  // namespace usher::playlist

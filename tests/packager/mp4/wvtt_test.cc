#include "packager/mp4/wvtt.h"

#include <gtest/gtest.h>

#include "packager/mp4/init_segment.h"
#include "packager/text/wvtt_sample.h"
#include "tests/support/box_reader.h"
#include "tests/support/movie_fragment.h"

namespace usher::mp4 {
namespace {

using text::Cue;
using text::Time;

// "0-500 vtte; 500-1000 #a": milliseconds, "#" for a cue with a source id.
std::string Told(const Fragment& fragment) {
  std::string told;
  uint64_t time = fragment.decode_time;
  const auto samples = ::usher::testing::SplitSamples(fragment);
  for (size_t i = 0; i < samples.size(); ++i) {
    const uint64_t end = time + fragment.samples[i].duration;
    told += std::to_string(time / 90) + "-" + std::to_string(end / 90);
    const auto cues = text::ReadWvttSample(samples[i]);
    if (!cues) return "damaged";
    for (const text::WvttCue& cue : *cues) {
      told += (cue.source_id ? " #" : " ") + cue.payload;
    }
    told += ";";
    time = end;
  }
  return told;
}

std::string Made(const std::vector<Cue>& cues, int64_t offset = 0) {
  std::vector<const Cue*> pointers;
  for (const Cue& cue : cues) pointers.push_back(&cue);
  const auto fragment =
      MakeWvttFragment({3, 180'000, 360'000}, pointers, offset);
  return fragment ? Told(*fragment) : "error: " + fragment.error().what;
}

Cue Said(int64_t start, int64_t end, std::string what) {
  return {Time(start), Time(end), "", "", std::move(what)};
}

TEST(Wvtt, FillsGapsSoThatTheTrackHasNoHole) {
  EXPECT_EQ(Made({}), "2000-4000;");
  EXPECT_EQ(Made({Said(2500, 3000, "a")}), "2000-2500;2500-3000 a;3000-4000;");
  EXPECT_EQ(Made({Said(2000, 4000, "a")}), "2000-4000 a;");
  EXPECT_EQ(Made({Said(2500, 3000, "a")}, 7200),
            "2080-2580;2580-3080 a;3080-4080;");
}

TEST(Wvtt, CutsCuesThatOverlapOrReachOverTheSegment) {
  EXPECT_EQ(Made({Said(1000, 3000, "a"), Said(2500, 3500, "b"),
                  Said(3500, 5000, "c")}),
            "2000-2500 #a;2500-3000 #a #b;3000-3500 #b;3500-4000 #c;");
}

TEST(Wvtt, APartNamesItsCueByTheSameIdInEverySegment) {
  const Cue cue = Said(1000, 5000, "a");
  const Cue other = Said(1000, 5000, "b");
  const auto id_in = [](const Cue& said, int64_t start) {
    const std::vector<const Cue*> cues = {&said};
    const auto fragment =
        MakeWvttFragment({1, start, start + 180'000}, cues, 0);
    return text::ReadWvttSample(::usher::testing::SplitSamples(*fragment)[0])
        ->front()
        .source_id;
  };
  EXPECT_EQ(id_in(cue, 90'000), id_in(cue, 270'000));
  EXPECT_NE(id_in(cue, 90'000), id_in(other, 90'000));
}

TEST(Wvtt, RefusesMoreThanAPlayerShouldHold) {
  std::vector<Cue> cues;
  for (int i = 0; i < 1000; ++i) {
    cues.push_back(Said(i, 4000 + i, std::string(200, 'x')));
  }
  EXPECT_EQ(
      Made(cues), "2000-4000" + [&] {
        std::string all;
        for (const Cue& cue : cues) all += " #" + cue.payload;
        return all + ";";
      }());
  for (int i = 0; i < 1000; ++i) cues[size_t(i)].end = Time(2500 + i);
  EXPECT_EQ(Made(cues), "error: hold too many cues that overlap each other");
}

TEST(Wvtt, TheInitSegmentCarriesTheHeaderAndIsOfText) {
  Track track;
  track.kind = TrackKind::kText;
  track.language = "en";
  track.timescale = 90'000;
  const std::string header = "WEBVTT\n\nSTYLE\n::cue{}";
  track.decoder_config.assign(header.begin(), header.end());
  const Bytes init = WriteInitSegment(track, {});
  const auto boxes = ::usher::testing::ReadBoxes(init);
  const auto& hdlr = boxes.At("moov/trak/mdia/hdlr").payload;
  EXPECT_EQ(AsText(hdlr.subspan(8, 4)), "text");
  EXPECT_EQ(boxes.At("moov/trak/mdia/minf/nmhd").payload.size(), 4u);
  const std::string_view entry =
      AsText(boxes.At("moov/trak/mdia/minf/stbl/stsd").payload);
  EXPECT_EQ(entry.substr(12, 4), "wvtt");
  EXPECT_EQ(entry.substr(28, 4), "vttC");
  EXPECT_EQ(entry.substr(32), header);
}

}  // namespace
}  // namespace usher::mp4

// What an event publishes of cuts that come by a clock of the test's.
#include "packager/live/live_output.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/crypto/system_random.h"
#include "core/playlist/hls_reader.h"
#include "core/playlist/mpd_reader.h"
#include "tests/fakes/fake_clock.h"
#include "tests/packager/live/shelf.h"
#include "tests/packager/live/told_segments.h"
#include "tests/packager/manifest/presentations.h"

namespace usher::live {
namespace {

using std::chrono::milliseconds;

Track Pictures() {
  Track track = manifest::VideoRecord(1280, 720, 1).track;
  track.presentation_time_offset = 0;
  return track;
}

Track Sound() {
  Track track = manifest::AudioRecord("a-eng", "en").track;
  track.presentation_time_offset = 0;
  return track;
}

// Segments of two seconds by the encoder's clock.
class LiveOutputTest : public ::testing::Test {
 protected:
  // Pictures alone, unless there are others.
  explicit LiveOutputTest(std::vector<Track> tracks = {Pictures()},
                          std::optional<double> window = 60)
      : tracks_(std::move(tracks)) {
    options_.package.event = "fight";
    options_.package.schemes = {Scheme::kNone};
    options_.package.segment_duration = 2;
    options_.window = window;
    EXPECT_TRUE(output_.Begin(
        tracks_,
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(
            clock_.Now()),
        random_));
    std::vector<size_t> all;
    for (size_t i = 0; i < tracks_.size(); ++i) {
      EXPECT_TRUE(output_.Configure(i, tracks_[i]));
      all.push_back(i);
    }
    output_.Expect(all);
    output_.Promise(3, {});
  }

  void Pass(milliseconds time) {
    steady_ += time;
    utc_.AdvanceMilliseconds(time.count());
  }

  // The next segment is there, but for tracks that are silent.
  void Grow(const std::set<size_t>& silent = {}) {
    std::vector<LiveCutter::Cut> cuts;
    for (size_t i = 0; i < tracks_.size(); ++i) {
      const uint32_t timescale = tracks_[i].timescale;
      LiveCutter::Cut& cut = cuts.emplace_back();
      cut.track = i;
      cut.fragment.number = output_.next_number();
      cut.begin = {media_ * timescale, timescale};
      cut.end = {(media_ + 2) * timescale, timescale};
      cut.fragment.decode_time = static_cast<uint64_t>(cut.begin.ticks);
      if (silent.contains(i)) continue;
      cut.fragment.data.assign(10, 1);
      cut.fragment.samples = {{10, 2 * timescale, 0, /*key=*/true}};
    }
    media_ += 2;
    output_.Take(std::move(cuts));
  }

  const std::string& Everything() { return shelf_.texts["v720/event.m3u8"]; }

  testing::FakeClock utc_;
  EventClock::Steady steady_;
  EventClock clock_{utc_, [this] { return steady_; }};
  crypto::SystemRandom random_;
  Interrupt interrupt_;
  Shelf shelf_;
  config::LiveOptions options_;
  std::vector<Track> tracks_;
  LiveOutput output_{
      options_,   shelf_,
      nullptr,    clock_,
      interrupt_, [](const std::string& what) { ADD_FAILURE() << what; }};
  int64_t media_ = 0;  // seconds
};

TEST_F(LiveOutputTest, DatesFollowUtcWhereTheEncodersClockIsSlow) {
  const auto began = utc_.UnixMilliseconds();
  std::string before;
  for (int i = 0; i < 1800; ++i) {
    Pass(milliseconds(2001));  // 500 parts in a million
    Grow();
    ASSERT_TRUE(Everything().starts_with(before)) << "a date has changed";
    before = Everything();
  }
  const auto list = playlist::ReadHls(before).media;
  ASSERT_EQ(list.segments.size(), 1800U);
  EXPECT_EQ(list.segments.front().date, began);
  // By media time it would be 1.8 s less.
  EXPECT_NEAR(static_cast<double>(*list.segments.back().date - began),
              1799 * 2001.0, 100);
  for (size_t i = 1; i < list.segments.size(); ++i) {
    const int64_t step = *list.segments[i].date - *list.segments[i - 1].date;
    EXPECT_LE(std::abs(step - 2000), 1) << i;
  }
  const auto sliding = playlist::ReadHls(shelf_.texts["v720/media.m3u8"]).media;
  EXPECT_EQ(sliding.segments.back().date, list.segments.back().date);
}

TEST_F(LiveOutputTest, DatesBeginAnewBehindADiscontinuity) {
  for (int i = 0; i < 600; ++i) {
    Pass(milliseconds(2001));
    Grow();
  }
  output_.Wait();
  Pass(milliseconds(10'000));
  // Where the wall clock is, as live_event.cc places it.
  const auto now = utc_.UnixMilliseconds();
  media_ = 1211;
  const uint32_t timescale = tracks_.front().timescale;
  output_.BreakAt({media_ * timescale, timescale});
  output_.Expect({0});
  Grow();
  const auto list = playlist::ReadHls(Everything()).media;
  EXPECT_TRUE(list.segments.back().discontinuity);
  EXPECT_EQ(*list.segments.back().date - *list.segments.front().date,
            1'211'000);
  EXPECT_LT(std::abs(*list.segments.back().date - now), 1000);
}

// Both tracks come and go.
class LiveGapsTest : public LiveOutputTest,
                     public ::testing::WithParamInterface<unsigned> {
 protected:
  LiveGapsTest() : LiveOutputTest({Pictures(), Sound()}, std::nullopt) {}

  // As HLS tells of them.
  std::set<uint64_t> Present(const std::string& track) {
    std::set<uint64_t> numbers;
    const auto list =
        playlist::ReadHls(shelf_.texts[track + "/media.m3u8"]).media;
    for (const auto& segment : list.segments) {
      if (!segment.gap) numbers.insert(segment.number);
    }
    return numbers;
  }
  // As DASH does. Each is there once, and when it is due.
  std::set<uint64_t> Told(const std::string& track) {
    std::set<uint64_t> numbers;
    const auto mpd = playlist::ReadMpd(shelf_.texts["manifest.mpd"]);
    for (const auto& period : mpd.periods) {
      for (const auto& set : period.sets) {
        for (const auto& representation : set.representations) {
          if (representation.id != track) continue;
          for (const testing::Told& told :
               testing::SegmentsOf(period, representation.addressing)) {
            EXPECT_NEAR(told.start, 2.0 * static_cast<double>(told.number - 1),
                        0.001);
            EXPECT_TRUE(numbers.insert(told.number).second) << told.number;
          }
        }
      }
    }
    return numbers;
  }
};

TEST_P(LiveGapsTest, AnMpdNamesWhatIsThereAndNothingElse) {
  std::minstd_rand random(GetParam());
  std::set<size_t> silent;
  for (int segment = 0; segment < 40; ++segment) {
    for (const size_t track : {0, 1}) {
      if (random() % 4 != 0) continue;
      if (!silent.insert(track).second) silent.erase(track);
    }
    Grow(silent);
    for (const char* track : {"v720", "a-eng"}) {
      ASSERT_EQ(Told(track), Present(track))
          << track << " behind segment " << segment + 1 << "\n"
          << shelf_.texts["manifest.mpd"];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LiveGapsTest, ::testing::Range(1U, 31U));

}  // namespace
}  // namespace usher::live

// What an event publishes of cuts that come by a clock of the test's.
#include "packager/live/live_output.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "core/crypto/system_random.h"
#include "core/playlist/hls_reader.h"
#include "tests/fakes/fake_clock.h"
#include "tests/packager/live/shelf.h"
#include "tests/packager/manifest/presentations.h"

namespace usher::live {
namespace {

using std::chrono::milliseconds;

// Pictures alone, in segments of two seconds by the encoder's clock.
class LiveOutputTest : public ::testing::Test {
 protected:
  LiveOutputTest() {
    options_.package.event = "fight";
    options_.package.schemes = {Scheme::kNone};
    options_.package.segment_duration = 2;
    options_.window = 60;
    track_ = manifest::VideoRecord(1280, 720, 1).track;
    track_.presentation_time_offset = 0;
    EXPECT_TRUE(output_.Begin(
        {track_},
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(
            clock_.Now()),
        random_));
    EXPECT_TRUE(output_.Configure(0, track_));
    output_.Expect({0});
    output_.Promise(3, {});
  }

  void Pass(milliseconds time) {
    steady_ += time;
    utc_.AdvanceMilliseconds(time.count());
  }

  // The next segment is there.
  void Grow() {
    const uint64_t length = 2 * track_.timescale;
    LiveCutter::Cut cut;
    cut.fragment.number = output_.next_number();
    cut.fragment.decode_time = media_;
    cut.fragment.data.assign(10, 1);
    cut.fragment.samples = {
        {10, static_cast<uint32_t>(length), 0, /*key=*/true}};
    cut.begin = {static_cast<int64_t>(media_), track_.timescale};
    media_ += length;
    cut.end = {static_cast<int64_t>(media_), track_.timescale};
    std::vector<LiveCutter::Cut> cuts;
    cuts.push_back(std::move(cut));
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
  Track track_;
  LiveOutput output_{
      options_,   shelf_,
      nullptr,    clock_,
      interrupt_, [](const std::string& what) { ADD_FAILURE() << what; }};
  uint64_t media_ = 0;
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
  media_ = 1211 * uint64_t{track_.timescale};
  output_.BreakAt({static_cast<int64_t>(media_), track_.timescale});
  output_.Expect({0});
  Grow();
  const auto list = playlist::ReadHls(Everything()).media;
  EXPECT_TRUE(list.segments.back().discontinuity);
  EXPECT_EQ(*list.segments.back().date - *list.segments.front().date,
            1'211'000);
  EXPECT_LT(std::abs(*list.segments.back().date - now), 1000);
}

}  // namespace
}  // namespace usher::live

#include "packager/live/event_clock.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "core/crypto/system_random.h"
#include "core/playlist/hls_reader.h"
#include "packager/live/live_event.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::live {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeClock;

class EventClockTest : public ::testing::Test {
 protected:
  EventClock::Utc begin_{seconds(1'800'000'000)};
  FakeClock utc_;
  EventClock::Steady steady_;
  EventClock clock_{utc_, [this] { return steady_; }};
};

TEST_F(EventClockTest, IsUtcWhereNothingDrifts) {
  EXPECT_EQ(clock_.Now(), begin_);
  for (int i = 1; i <= 100; ++i) {
    steady_ += seconds(3);
    utc_.AdvanceSeconds(3);
    EXPECT_EQ(clock_.Now(), begin_ + seconds(3 * i));
  }
  EXPECT_EQ(clock_.At(steady_ - seconds(2)), begin_ + seconds(298));
}

TEST_F(EventClockTest, AClockThatIsSetShowsByHalfAMillisecondASecond) {
  for (const int64_t step : {3600, -3600}) {
    EventClock clock(utc_, [this] { return steady_; });
    const EventClock::Utc begin = clock.Now();
    utc_.AdvanceSeconds(step);
    const auto slew = std::chrono::microseconds(step > 0 ? 5000 : -5000);
    steady_ += seconds(10);
    EXPECT_EQ(clock.Now() - begin, seconds(10) + slew);
  }
}

TEST_F(EventClockTest, FollowsUtcThatRunsFaster) {
  clock_.Now();
  for (int i = 0; i < 1000; ++i) {  // 100 parts in a million
    steady_ += seconds(10);
    utc_.AdvanceMilliseconds(10'001);
    clock_.Now();
  }
  EXPECT_EQ(clock_.Now(), begin_ + milliseconds(10'001'000));
}

// Set by an hour whenever anybody looks.
class RestlessClock final : public Clock {
 public:
  int64_t UnixMilliseconds() const override {
    return 1'800'000'000'000 + 3'600'000 * calls_++;
  }

 private:
  mutable int64_t calls_ = 0;
};

TEST(LiveDates, AreThoseOfTheFirstLookHoweverTheClockIsSet) {
  const testing::TempDir directory;
  const auto film = directory / "film.ts";
  const auto later = testing::RunProcess(
      {"ffmpeg", "-v", "error", "-i", testing::TestMedia("film.mp4"), "-c",
       "copy", "-output_ts_offset", "1000", "-f", "mpegts", "-"});
  ASSERT_EQ(later.exit_code, 0) << later.err;
  testing::WriteFile(
      film, testing::ReadFile(testing::TestMedia("film.ts")) + later.out);
  config::LiveSettings settings;
  config::InputSpec input;
  input.path = film;
  settings.inputs.push_back(input);
  settings.event = "fight";
  settings.schemes = {Scheme::kNone};
  settings.segment_duration = 1;
  settings.publish.outputs = {directory.path()};
  auto options = config::Resolve(std::move(settings),
                                 {directory.path(), directory.path()});
  ASSERT_TRUE(options.has_value()) << options.error().OneLine();
  crypto::SystemRandom random;
  const RestlessClock clock;
  const Interrupt interrupt;
  const auto report = RunLive(
      *options,
      {random, clock, interrupt, [](const auto&) {}, [](const LiveStatus&) {}});
  ASSERT_TRUE(report.has_value()) << report.error().OneLine();
  const auto list =
      playlist::ReadHls(testing::ReadFile(directory / "fight/v180/event.m3u8"))
          .media;
  ASSERT_GE(list.segments.size(), 3U);
  const int64_t first = *list.segments.front().date;
  EXPECT_NEAR(static_cast<double>(first), 1.8e12, 60'000);
  EXPECT_EQ(list.segments.back().discontinuities, 1U);
  double at = static_cast<double>(first);
  for (const auto& segment : list.segments) {
    const auto date = static_cast<double>(*segment.date);
    EXPECT_NEAR(date, at, segment.discontinuity ? 60'000 : 2);
    at = date + 1000 * segment.duration;
  }
}

}  // namespace
}  // namespace usher::live

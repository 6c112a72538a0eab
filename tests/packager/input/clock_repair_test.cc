#include "packager/input/clock_repair.h"

#include <gtest/gtest.h>

namespace usher {
namespace {

// Two streams of a transport stream: 0 is video of 25 frames a second, 1 sound
// of 50.
class RepairedClock : public ::testing::Test {
 protected:
  RepairedClock() : format_(avformat_alloc_context()) {
    for (AVStream*& stream : streams_) {
      stream = avformat_new_stream(format_.get(), nullptr);
      stream->time_base = {1, 90'000};
      stream->pts_wrap_bits = 33;
    }
  }

  // Where a packet at `ticks` ends up. Remembers in jumped_ whether it jumped.
  int64_t At(size_t stream, int64_t ticks) {
    PacketPtr packet(av_packet_alloc());
    packet->pts = packet->dts = ticks;
    packet->duration = stream == 0 ? 3600 : 1800;
    jumped_ = clock_.Repair(stream, *streams_[stream], *packet);
    EXPECT_EQ(packet->pts, packet->dts);
    return packet->pts;
  }

  FormatContextPtr format_;
  AVStream* streams_[2] = {};
  ClockRepair clock_{2};
  bool jumped_ = false;
};

constexpr int64_t kTurn = int64_t{1} << 33;
constexpr int64_t kSecond = 90'000;

TEST_F(RepairedClock, IsLeftAloneWhereItGoesOn) {
  EXPECT_EQ(At(0, 126'000), 126'000);
  EXPECT_EQ(At(1, 120'000), 120'000);
  EXPECT_EQ(At(0, 126'000 + 9 * kSecond), 126'000 + 9 * kSecond);
  EXPECT_EQ(At(0, 126'000 + 9 * kSecond - 3600), 126'000 + 9 * kSecond - 3600);
  EXPECT_FALSE(clock_.jumped());
}

TEST_F(RepairedClock, GoesOnWhereThirtyThreeBitsWrapAround) {
  EXPECT_EQ(At(0, kTurn - 3600), kTurn - 3600);
  EXPECT_EQ(At(1, 0), kTurn);  // a stream's first packet, too
  EXPECT_EQ(At(0, 0), kTurn);
  EXPECT_EQ(At(1, kTurn - 1800), kTurn - 1800);
  EXPECT_EQ(At(0, 3600), kTurn + 3600);
  EXPECT_FALSE(clock_.jumped());
}

TEST_F(RepairedClock, GoesOnAtTheEndWhereItJumpsBack) {
  At(0, 100 * kSecond);
  At(1, 100 * kSecond + 1800);
  // Video ends last, at 100.04 s.
  EXPECT_EQ(At(0, 5 * kSecond), 100 * kSecond + 3600);
  EXPECT_TRUE(jumped_);
  // Sound follows by as much.
  EXPECT_EQ(At(1, 5 * kSecond - 900), 100 * kSecond + 3600 - 900);
  EXPECT_TRUE(jumped_);
  EXPECT_EQ(At(0, 5 * kSecond + 3600), 100 * kSecond + 7200);
  EXPECT_FALSE(jumped_);
}

TEST_F(RepairedClock, TakesWhatIsLeftOfTheOldOne) {
  At(0, 100 * kSecond);
  At(1, 99 * kSecond);
  At(0, 5 * kSecond);
  EXPECT_EQ(At(1, 99 * kSecond + 1800), 99 * kSecond + 1800);
  EXPECT_FALSE(jumped_);
  EXPECT_EQ(At(1, 5 * kSecond), 100 * kSecond + 3600);
  EXPECT_TRUE(jumped_);
}

TEST_F(RepairedClock, ClosesAJumpForward) {
  At(0, 0);
  At(1, 0);
  EXPECT_EQ(At(0, 3600 * kSecond), 3600);
  EXPECT_TRUE(jumped_);
}

TEST_F(RepairedClock, IsNoJumpWhereOnlyOneStreamPauses) {
  At(0, 0);
  for (int64_t time = 0; time < 20 * kSecond; time += 1800) At(1, time);
  EXPECT_EQ(At(0, 20 * kSecond), 20 * kSecond);
  EXPECT_FALSE(clock_.jumped());
}

// A recorded screen may stand still for long.
TEST_F(RepairedClock, IsNoJumpForwardInAFile) {
  streams_[0]->pts_wrap_bits = 64;
  At(0, 0);
  EXPECT_EQ(At(0, 3600 * kSecond), 3600 * kSecond);
}

TEST_F(RepairedClock, SurvivesImpossibleTimes) {
  At(0, 0);
  for (const int64_t time :
       {INT64_MAX, INT64_MIN + 1, int64_t{AV_NOPTS_VALUE}, -kTurn, kTurn}) {
    At(0, time);
    At(1, time);
  }
}

}  // namespace
}  // namespace usher

#include "packager/fragment/track_cutter.h"

#include <gtest/gtest.h>

#include <numeric>

namespace usher {
namespace {

Track Video(uint64_t presentation_time_offset = 0) {
  Track track;
  track.kind = TrackKind::kVideo;
  track.name = "v720";
  track.timescale = 1000;
  track.presentation_time_offset = presentation_time_offset;
  track.frame_rate_num = 25;
  return track;
}

Track Sound() {
  Track track;
  track.kind = TrackKind::kAudio;
  track.name = "a-eng";
  track.timescale = 1000;
  return track;
}

// Feeds packets and keeps what comes out.
class Feed {
 public:
  Feed(const Track& track, TrackCuts cuts, int64_t shift = 0)
      : cutter_(track, std::move(cuts), shift) {}

  Feed& Add(int64_t time, bool key = false, size_t size = 10) {
    const Bytes data(size, static_cast<uint8_t>(time));
    Packet packet;
    packet.time = time;
    packet.duration = 40;
    packet.key = key;
    packet.data = data;
    Keep(cutter_.Add(packet));
    return *this;
  }

  // A key picture that pictures presented in front of it may follow.
  Feed& AddOpenKey(int64_t time) {
    Packet packet;
    packet.time = time;
    packet.duration = 40;
    packet.key = true;
    packet.may_lead = true;
    Keep(cutter_.Add(packet));
    return *this;
  }

  // A picture that refers to what lies in front of its key picture.
  Feed& AddLeading(int64_t time) {
    Packet packet;
    packet.time = time;
    packet.duration = 40;
    packet.refers_back = true;
    Keep(cutter_.Add(packet));
    return *this;
  }

  size_t fragments() const { return fragments_.size(); }

  std::vector<Fragment> Finish() {
    for (auto left = cutter_.Finish(); Keep(left);) left = cutter_.Finish();
    return std::move(fragments_);
  }

  const std::string& error() const { return error_; }

 private:
  // Whether there was a fragment.
  bool Keep(Result<std::optional<Fragment>> result) {
    if (!result) {
      if (error_.empty()) error_ = result.error().OneLine();
      return false;
    }
    if (*result) fragments_.push_back(**std::move(result));
    return result->has_value();
  }

  TrackCutter cutter_;
  std::vector<Fragment> fragments_;
  std::string error_;
};

std::vector<uint32_t> Durations(const Fragment& fragment) {
  std::vector<uint32_t> durations;
  for (const Sample& sample : fragment.samples) {
    durations.push_back(sample.duration);
  }
  return durations;
}

std::vector<int32_t> Offsets(const Fragment& fragment) {
  std::vector<int32_t> offsets;
  for (const Sample& sample : fragment.samples) {
    offsets.push_back(sample.composition_offset);
  }
  return offsets;
}

TEST(TrackCutter, CutsVideoAtPlannedKeyFramesOnly) {
  Feed feed(Video(), {{80}, 0, 0});
  const auto fragments =
      feed.Add(0, true).Add(40, true).Add(80, true).Add(120).Finish();
  ASSERT_EQ(fragments.size(), 2u) << feed.error();
  EXPECT_EQ(fragments[0].number, 1u);
  EXPECT_EQ(fragments[0].samples.size(), 2u);
  EXPECT_EQ(fragments[1].number, 2u);
  EXPECT_EQ(fragments[1].decode_time, 80u);
  EXPECT_TRUE(fragments[1].samples[0].key);
  EXPECT_FALSE(fragments[1].samples[1].key);
}

TEST(TrackCutter, ASegmentBeginsWithItsLeadingPicturesNotWithItsKeyPicture) {
  Feed feed(Video(), {{160}, 0, 0});
  feed.Add(0, true).Add(40).AddOpenKey(160).AddLeading(80).AddLeading(120);
  EXPECT_EQ(feed.fragments(), 0u);  // a third one might be shown at 60
  feed.Add(200);
  EXPECT_EQ(feed.fragments(), 1u);
  const auto fragments = feed.Add(240).Finish();
  ASSERT_EQ(fragments.size(), 2u) << feed.error();
  EXPECT_EQ(fragments[0].Duration(), 80u);
  EXPECT_TRUE(fragments[0].independent);
  EXPECT_EQ(fragments[1].decode_time, 80u);
  EXPECT_EQ(fragments[1].StartTime(), 80u);
  EXPECT_EQ(fragments[1].samples.size(), 5u);
  EXPECT_FALSE(fragments[1].independent);
  EXPECT_EQ(Offsets(fragments[1]), (std::vector<int32_t>{80, -40, -40, 0, 0}));
}

TEST(TrackCutter, ALastSegmentOfOnlyAnOpenKeyPictureIsKept) {
  Feed feed(Video(), {{80}, 0, 0});
  const auto fragments = feed.Add(0, true).Add(40).AddOpenKey(80).Finish();
  ASSERT_EQ(fragments.size(), 2u) << feed.error();
  EXPECT_EQ(fragments[0].Duration(), 80u);
  EXPECT_EQ(fragments[1].samples.size(), 1u);
  EXPECT_TRUE(fragments[1].independent);
}

TEST(TrackCutter, ReorderedPicturesGetSignedOffsetsAndTrueDurations) {
  Feed feed(Video(), {});
  // I P B B with a longer last frame.
  const auto fragments = feed.Add(0, true).Add(120).Add(40).Add(80).Finish();
  ASSERT_EQ(fragments.size(), 1u);
  EXPECT_EQ(Offsets(fragments[0]), (std::vector<int32_t>{0, 80, -40, -40}));
  EXPECT_EQ(Durations(fragments[0]), (std::vector<uint32_t>{40, 40, 40, 40}));
  EXPECT_EQ(fragments[0].decode_time, 0u);
}

TEST(TrackCutter, ADecodeDelayKeepsOffsetsFromBeingNegative) {
  Track track = Video();
  track.decode_delay = 40;
  Feed feed(track, {{260}, 0, 0}, 100);
  const auto fragments =
      feed.Add(0, true).Add(120).Add(40).Add(80).Add(160, true).Finish();
  ASSERT_EQ(fragments.size(), 1u + 1u);
  EXPECT_EQ(fragments[0].decode_time, 60u);
  EXPECT_EQ(Offsets(fragments[0]), (std::vector<int32_t>{40, 120, 0, 0}));
  EXPECT_EQ(Durations(fragments[0]), (std::vector<uint32_t>{40, 40, 40, 40}));
}

TEST(TrackCutter, DurationsFollowAVariableFrameRate) {
  Feed feed(Video(), {});
  const auto fragments = feed.Add(0, true).Add(33).Add(100).Finish();
  EXPECT_EQ(Durations(fragments[0]), (std::vector<uint32_t>{33, 67, 40}));
}

TEST(TrackCutter, TheLastSampleOfASegmentLastsUntilTheNextSegment) {
  Feed feed(Video(), {{90}, 0, 0});
  const auto fragments = feed.Add(0, true).Add(40).Add(90, true).Finish();
  ASSERT_EQ(fragments.size(), 2u);
  EXPECT_EQ(Durations(fragments[0]), (std::vector<uint32_t>{40, 50}));
  EXPECT_EQ(fragments[0].decode_time + fragments[0].Duration(),
            fragments[1].decode_time);
}

TEST(TrackCutter, EveryTimeIsShifted) {
  Feed feed(Video(), {{580}, 0, 0}, 500);
  const auto fragments = feed.Add(0, true).Add(80, true).Finish();
  ASSERT_EQ(fragments.size(), 2u);
  EXPECT_EQ(fragments[0].decode_time, 500u);
  EXPECT_EQ(fragments[1].decode_time, 580u);
}

TEST(TrackCutter, SoundIsCutAtTheFirstFrameBehindTheBoundary) {
  Feed feed(Sound(), {{50}, 100, 100});
  const auto fragments =
      feed.Add(0, true).Add(21, true).Add(42, true).Add(63, true).Finish();
  ASSERT_EQ(fragments.size(), 2u);
  EXPECT_EQ(fragments[0].samples.size(), 3u);
  EXPECT_EQ(fragments[1].decode_time, 63u);
}

TEST(TrackCutter, SoundBehindThePicturesIsCutOnAndOn) {
  Feed feed(Sound(), {{}, 40, 40});
  for (int64_t time = 0; time < 120; time += 20) feed.Add(time, true);
  const auto fragments = feed.Finish();
  ASSERT_EQ(fragments.size(), 3u) << feed.error();
  EXPECT_EQ(fragments[2].number, 3u);
}

TEST(TrackCutter, AWholeSegmentWithoutSoundIsRefused) {
  Feed feed(Sound(), {{40, 80}, 120, 40});
  feed.Add(0, true).Add(100, true);
  EXPECT_NE(feed.error().find("no sound for a whole segment"),
            std::string::npos);
}

TEST(TrackCutter, SoundThatGoesBackIsRefused) {
  Feed feed(Sound(), {{}, 1000, 1000});
  feed.Add(40, true).Add(20, true);
  EXPECT_NE(feed.error().find("goes back in time"), std::string::npos);
}

TEST(TrackCutter, PicturesShownBehindTheNextSegmentAreRefused) {
  Feed feed(Video(), {{80}, 0, 0});
  feed.Add(0, true).Add(120).Add(80, true);
  EXPECT_NE(feed.error().find("go back"), std::string::npos);
}

TEST(TrackCutter, PicturesInFrontOfTheStartTakeOneTickEach) {
  Feed feed(Video(100), {}, 100);
  // Decoded: three that are not to be seen (one reordered), then two that are.
  const auto fragments =
      feed.Add(-120, true).Add(-40).Add(-80).Add(0).Add(40).Finish();
  ASSERT_EQ(fragments.size(), 1u);
  EXPECT_EQ(fragments[0].decode_time, 97u);
  EXPECT_EQ(Durations(fragments[0]), (std::vector<uint32_t>{1, 1, 1, 40, 40}));
  EXPECT_EQ(Offsets(fragments[0]), (std::vector<int32_t>{0, 1, -1, 0, 0}));
}

TEST(TrackCutter, AMissingPlannedKeyFrameIsNoticed) {
  Feed feed(Video(), {{80}, 0, 0});
  feed.Add(0, true).Add(80, false);
  feed.Finish();
  EXPECT_NE(feed.error().find("no key frame any more"), std::string::npos);
}

TEST(TrackCutter, TheBytesOfAFragmentAreItsSamples) {
  Feed feed(Video(), {{80}, 0, 0});
  const auto fragments =
      feed.Add(0, true, 3).Add(40, false, 5).Add(80, true, 7).Finish();
  ASSERT_EQ(fragments.size(), 2u);
  EXPECT_EQ(fragments[0].data, (Bytes{0, 0, 0, 40, 40, 40, 40, 40}));
  EXPECT_EQ(fragments[1].data, Bytes(7, 80));
  EXPECT_EQ(fragments[0].samples[1].size, 5u);
}

TEST(TrackCutter, NothingInNothingOut) {
  Feed feed(Sound(), {{}, 1000, 1000});
  EXPECT_TRUE(feed.Finish().empty());
  EXPECT_TRUE(feed.error().empty());
}

}  // namespace
}  // namespace usher

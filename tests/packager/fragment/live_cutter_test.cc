#include "packager/fragment/live_cutter.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace usher {
namespace {

constexpr size_t kPictures = 0;
constexpr size_t kSound = 1;

// A feed of 25 pictures and 50 sound frames a second, in milliseconds.
class LiveCutterTest : public ::testing::Test {
 protected:
  void Start(LiveCutter::Options options, int64_t reordered = 0) {
    Track video;
    video.kind = TrackKind::kVideo;
    video.name = "v720";
    video.timescale = 1000;
    video.frame_rate_num = 25;
    video.decode_delay = 40 * reordered;
    Track sound;
    sound.kind = TrackKind::kAudio;
    sound.name = "a-eng";
    sound.timescale = 1000;
    const std::vector<Track> tracks = {video, sound};
    const std::vector<int64_t> shifts = {0, 0};
    cutter_.emplace(tracks, shifts, options);
  }

  void Add(size_t track, int64_t time, bool key, int64_t duration) {
    const Bytes data(10, static_cast<uint8_t>(time));
    Packet packet;
    packet.track = track;
    packet.time = time;
    packet.duration = duration;
    packet.key = key;
    packet.data = data;
    Keep(cutter_->Add(packet));
  }
  // Key pictures at multiples of `interval`.
  void Play(int64_t from, int64_t to, int64_t interval, bool sound = true) {
    for (int64_t time = from; time < to; time += 20) {
      if (time % 40 == 0) Add(kPictures, time, time % interval == 0, 40);
      if (sound) Add(kSound, time, true, 20);
    }
  }
  void Keep(std::vector<LiveCutter::Cut> cuts) {
    for (LiveCutter::Cut& cut : cuts) cuts_.push_back(std::move(cut));
  }
  // Durations of a track's segments, in order of their numbers; -1 for a gap.
  std::vector<int64_t> DurationsOf(size_t track) const {
    std::vector<int64_t> durations;
    for (const LiveCutter::Cut& cut : cuts_) {
      if (cut.track != track) continue;
      durations.push_back(
          cut.gap() ? -1 : static_cast<int64_t>(cut.fragment.Duration()));
    }
    return durations;
  }

  std::optional<LiveCutter> cutter_;
  std::vector<LiveCutter::Cut> cuts_;
};

using Durations = std::vector<int64_t>;
using std::chrono::milliseconds;

TEST_F(LiveCutterTest, CutsAtTheFirstKeyFrameBehindASegmentsLength) {
  Start({.segment_seconds = 2});
  Play(0, 7000, 1000);
  Keep(cutter_->Finish());
  EXPECT_EQ(DurationsOf(kPictures), (Durations{2000, 2000, 2000, 1000}));
  EXPECT_EQ(DurationsOf(kSound), (Durations{2000, 2000, 2000, 1000}));
  EXPECT_EQ(cutter_->forced(), 0U);
  EXPECT_EQ(cutter_->left_out(), 0U);
}

TEST_F(LiveCutterTest, TheFirstGroupOfPicturesDecidesTheTargetDuration) {
  Start({.segment_seconds = 2});
  Play(0, 2900, 3000);
  EXPECT_EQ(cutter_->target_duration(), 0U) << "not known yet";
  EXPECT_TRUE(cuts_.empty()) << "nothing may be published before it is";
  Play(2900 + 20, 3100, 3000);
  EXPECT_EQ(cutter_->target_duration(), 4U) << "ceil(3) + 1";
}

TEST_F(LiveCutterTest, CutsEarlierWhereTheNextKeyFrameWouldBeTooLate) {
  Start({.segment_seconds = 6});
  Play(0, 12100, 4000);
  EXPECT_EQ(cutter_->target_duration(), 7U);
  EXPECT_EQ(DurationsOf(kPictures), (Durations{4000, 4000, 4000}));
}

TEST_F(LiveCutterTest, CutsAtAnyPictureWhereNoKeyFrameComesInTime) {
  Start({.segment_seconds = 2, .target_duration = 3});
  Play(0, 9000, 100000);
  Keep(cutter_->Finish());
  EXPECT_EQ(DurationsOf(kPictures), (Durations{3000, 3000, 3000}));
  EXPECT_EQ(cutter_->forced(), 2U);
  std::vector<bool> keys;
  for (const LiveCutter::Cut& cut : cuts_) {
    if (cut.track != kPictures) continue;
    keys.push_back(cut.fragment.samples.front().key);
  }
  EXPECT_EQ(keys, (std::vector<bool>{true, false, false}));
}

TEST_F(LiveCutterTest, NumbersFromWhereTheEventIs) {
  Start({.segment_seconds = 2, .target_duration = 3, .first_number = 41});
  Play(0, 4100, 2000);
  std::vector<uint64_t> numbers;
  for (const auto& cut : cuts_) {
    if (cut.track == kPictures) numbers.push_back(cut.fragment.number);
  }
  EXPECT_EQ(numbers, (std::vector<uint64_t>{41, 42}));
}

TEST_F(LiveCutterTest, WaitsForAKeyFrameAndDropsTheSoundInFrontOfIt) {
  Start({.segment_seconds = 2, .target_duration = 3});
  Play(1000, 4100, 2000);
  EXPECT_EQ(DurationsOf(kPictures), (Durations{2000}));
  EXPECT_EQ(DurationsOf(kSound), (Durations{2000}));
  for (const auto& cut : cuts_) {
    EXPECT_EQ(cut.fragment.decode_time, 2000U);
  }
}

TEST_F(LiveCutterTest, ATrackThatIsSilentHasGapsAndHoldsNobodyUp) {
  Start({.segment_seconds = 2, .target_duration = 3});
  Play(0, 4000, 2000);
  Play(4000, 10000, 2000, false);
  Play(10000, 14000, 2000);
  Keep(cutter_->Finish());
  EXPECT_EQ(DurationsOf(kPictures),
            (Durations{2000, 2000, 2000, 2000, 2000, 2000, 2000}));
  EXPECT_EQ(DurationsOf(kSound),
            (Durations{2000, 2000, -1, -1, -1, 2000, 2000}));
}

TEST_F(LiveCutterTest, LeavesOutSoundThatGoesBackInTime) {
  Start({.segment_seconds = 2, .target_duration = 3});
  Play(0, 1000, 2000);
  Add(kSound, 100, true, 20);
  Play(1000, 2100, 2000);
  EXPECT_EQ(cutter_->left_out(), 1U);
  EXPECT_EQ(DurationsOf(kSound), (Durations{2000}));
}

TEST_F(LiveCutterTest, HoldsNoMoreOfATrackThanItShouldWherePicturesStop) {
  Start({.segment_seconds = 2, .target_duration = 3});
  Play(0, 1000, 2000);
  for (int64_t time = 1000; time < 400'000; time += 20) {
    Add(kSound, time, true, 20);
  }
  EXPECT_GT(cutter_->LeadDelay(), 100);
  EXPECT_GT(cutter_->left_out(), 0U);
}

TEST_F(LiveCutterTest, ReordersPicturesWithinASegment) {
  Track video;
  video.kind = TrackKind::kVideo;
  video.name = "v";
  video.timescale = 1000;
  video.frame_rate_num = 25;
  video.decode_delay = 40;
  const std::vector<Track> tracks = {video};
  const std::vector<int64_t> shifts = {40};
  cutter_.emplace(
      tracks, shifts,
      LiveCutter::Options{.segment_seconds = 2, .target_duration = 3});
  // I P B P B ... : each B picture comes behind the P it is shown before.
  for (int64_t group = 0; group < 2; ++group) {
    const int64_t base = group * 2000;
    Add(kPictures, base, true, 40);
    for (int64_t time = base + 80; time < base + 2000; time += 80) {
      Add(kPictures, time, false, 40);
      Add(kPictures, time - 40, false, 40);
    }
    Add(kPictures, base + 1960, false, 40);
  }
  Keep(cutter_->Finish());
  EXPECT_EQ(DurationsOf(kPictures), (Durations{2000, 2000}));
  EXPECT_EQ(cutter_->left_out(), 0U);
}

TEST_F(LiveCutterTest, PartsDivideASegmentEvenlyAndNoneIsTooLong) {
  Start({.segment_seconds = 2, .part_seconds = 0.5});
  Play(0, 4100, 1000);
  Keep(cutter_->Finish());
  // 50 pictures in five parts, and room for a frame of sound.
  EXPECT_EQ(cutter_->parts().lead, milliseconds(402));
  EXPECT_EQ(cutter_->parts().target, milliseconds(422));
  const Durations both = {400, 400, 400, 400, 400, 400, 400, 400, 400, 400};
  Durations pictures = both;
  pictures.push_back(120);
  EXPECT_EQ(DurationsOf(kPictures), pictures);
  Durations sound = both;
  sound.push_back(100);
  EXPECT_EQ(DurationsOf(kSound), sound);
  EXPECT_EQ(cutter_->left_out(), 0U);
}

// As where a clip is looped, or a camera's clock is a little slow.
TEST_F(LiveCutterTest, APictureThatIsALittleLateMakesNoSplinter) {
  Start({.segment_seconds = 2, .part_seconds = 0.5});
  for (int64_t i = 0; i < 150; ++i) {
    const int64_t time = 40 * i + (i >= 50 ? 1 : 0) + (i >= 70 ? 1 : 0);
    Add(kPictures, time, i % 25 == 0, 40);
    Add(kSound, 40 * i, true, 20);
    Add(kSound, 40 * i + 20, true, 20);
  }
  const Durations pictures = DurationsOf(kPictures);
  ASSERT_GE(pictures.size(), 10U);
  EXPECT_EQ(Durations(pictures.begin(), pictures.begin() + 10),
            (Durations{400, 400, 400, 400, 401, 400, 401, 400, 400, 400}));
}

// Frames of sound that do not fit: 24 ms.
TEST_F(LiveCutterTest, SoundHasAsManyPartsAsPicturesAndNoSplinters) {
  Start({.segment_seconds = 2, .part_seconds = 0.5});
  int64_t sound = 0;
  for (int64_t time = 0; time < 6000; time += 40) {
    Add(kPictures, time, time % 1000 == 0, 40);
    for (; sound < time + 40; sound += 24) Add(kSound, sound, true, 24);
  }
  std::vector<size_t> parts(2);
  for (const LiveCutter::Cut& cut : cuts_) {
    if (cut.fragment.number > 2) continue;
    ++parts[cut.track];
    EXPECT_LE(milliseconds(cut.fragment.Duration()), cutter_->parts().target);
    EXPECT_GE(cut.fragment.Duration(),
              0.85 * static_cast<double>(cutter_->parts().target.count()));
  }
  EXPECT_EQ(parts, (std::vector<size_t>{10, 10}));
}

TEST_F(LiveCutterTest, PartsSayWhereTheyAreInTheirSegment) {
  Start({.segment_seconds = 1, .part_seconds = 0.5});
  Play(0, 2100, 1000);
  std::vector<uint64_t> numbers;
  uint64_t samples = 0;
  for (const LiveCutter::Cut& cut : cuts_) {
    if (cut.track != kPictures) continue;
    numbers.push_back(cut.fragment.number * 10 + *cut.fragment.part);
    EXPECT_EQ(cut.fragment.first_sample, samples);
    samples = cut.ends_segment ? 0 : samples + cut.fragment.samples.size();
    EXPECT_EQ(cut.ends_segment, *cut.fragment.part == 2);
  }
  EXPECT_EQ(numbers, (std::vector<uint64_t>{10, 11, 12, 20, 21, 22}));
}

TEST_F(LiveCutterTest, APartLeavesWithThePictureThatBeginsWhereItEnds) {
  Start({.segment_seconds = 2,
         .target_duration = 3,
         .part_seconds = 0.5,
         .parts = {milliseconds(500), milliseconds(480)}});
  Play(0, 480, 1000);
  EXPECT_TRUE(DurationsOf(kPictures).empty());
  Add(kPictures, 480, false, 40);
  EXPECT_EQ(DurationsOf(kPictures), (Durations{480}));
  EXPECT_TRUE(DurationsOf(kSound).empty());
  Add(kSound, 480, true, 20);
  EXPECT_EQ(DurationsOf(kSound), (Durations{480}));
}

TEST_F(LiveCutterTest, APictureThatLastsTooLongMakesNoPartTooLong) {
  Start({.segment_seconds = 2, .part_seconds = 0.5});
  Play(0, 1000, 1000);
  Play(1720, 6000, 1000);
  Keep(cutter_->Finish());
  int64_t end = 0;
  for (const LiveCutter::Cut& cut : cuts_) {
    if (cut.track != kPictures) continue;
    EXPECT_LE(cut.fragment.Duration(), 500U);
    EXPECT_EQ(cut.fragment.decode_time, static_cast<uint64_t>(end))
        << "nothing is missing between";
    end += static_cast<int64_t>(cut.fragment.Duration());
  }
  EXPECT_EQ(end, 6000) << "time has been caught up with";
}

// Decoded 0 4 2 1 3, 8 6 5 7 ...: half a second ends inside of such a group.
TEST_F(LiveCutterTest, PicturesThatAreReorderedLeaveInPartsAsWell) {
  Start({.segment_seconds = 2,
         .target_duration = 3,
         .part_seconds = 0.5,
         .parts = {milliseconds(500), milliseconds(480)}},
        2);
  Add(kPictures, 80, true, 40);
  for (int64_t group = 0; group < 4000; group += 160) {
    for (const int64_t picture : {160, 80, 40, 120}) {
      Add(kPictures, 80 + group + picture, false, 40);
    }
  }
  EXPECT_GE(cuts_.size(), 7U) << "they do not wait for the end";
  Keep(cutter_->Finish());
  EXPECT_EQ(cutter_->left_out(), 0U);
  int64_t decode = 0;
  size_t samples = 0;
  for (const LiveCutter::Cut& cut : cuts_) {
    if (cut.track != kPictures) continue;
    EXPECT_EQ(cut.fragment.decode_time, static_cast<uint64_t>(decode));
    EXPECT_LE(cut.fragment.Duration(), 500U);
    if (!cut.ends_segment) {
      EXPECT_EQ(cut.fragment.Duration(), 480U);
    }
    decode += static_cast<int64_t>(cut.fragment.Duration());
    samples += cut.fragment.samples.size();
    for (const Sample& sample : cut.fragment.samples) {
      EXPECT_EQ(sample.duration, 40U);
      EXPECT_GE(sample.composition_offset, 0);
    }
  }
  EXPECT_EQ(samples, 101U);
}

TEST_F(LiveCutterTest, WithoutASecondKeyFrameAllIsDecidedAtTheEnd) {
  Start({.segment_seconds = 2, .part_seconds = 0.5});
  Play(0, 3000, 10'000);
  Keep(cutter_->Finish());
  EXPECT_EQ(cutter_->target_duration(), 4U);
  EXPECT_GT(DurationsOf(kPictures).size(), 5U);
}

// It is held until the first group of pictures is whole.
TEST_F(LiveCutterTest, SoundInFrontOfTheFirstPictureIsNoPartOfAPart) {
  Start({.segment_seconds = 1, .part_seconds = 0.5});
  Add(kSound, 980, true, 20);
  Play(1000, 2500, 1000);
  ASSERT_FALSE(cuts_.empty());
  EXPECT_EQ(cutter_->left_out(), 1U);
}

// Numbers and begins of the pictures' segments.
std::vector<std::pair<uint64_t, int64_t>> PicturesIn(
    const std::vector<LiveCutter::Cut>& cuts) {
  std::vector<std::pair<uint64_t, int64_t>> begins;
  for (const LiveCutter::Cut& cut : cuts) {
    if (cut.track != kPictures) continue;
    begins.emplace_back(cut.fragment.number, cut.gap() ? -1 : cut.begin.ticks);
  }
  return begins;
}
using Begins = std::vector<std::pair<uint64_t, int64_t>>;

TEST_F(LiveCutterTest, OnTheGridNumbersFollowFromTimesAlone) {
  Start({.segment_seconds = 2, .on_grid = true});
  Play(10000, 17000, 1000);
  EXPECT_EQ(PicturesIn(cuts_), (Begins{{6, 10000}, {7, 12000}, {8, 14000}}));
  EXPECT_EQ(DurationsOf(kSound), (Durations{2000, 2000, 2000}));
  EXPECT_EQ(cutter_->target_duration(), 3U);
}

// Somebody else may have seen a key frame of the same segment before.
TEST_F(LiveCutterTest, OnTheGridTheFirstSegmentIsOneThatWasSeenFromItsBegin) {
  Start({.segment_seconds = 2, .on_grid = true});
  Play(10200, 17000, 1000);
  EXPECT_EQ(PicturesIn(cuts_), (Begins{{7, 12000}, {8, 14000}}));
}

TEST_F(LiveCutterTest, OnTheGridKeyFramesNeedNotLieOnIt) {
  Start({.segment_seconds = 2, .on_grid = true});
  for (int64_t time = 10000; time < 18000; time += 40) {
    Add(kPictures, time, time % 2000 == 1400, 40);
  }
  EXPECT_EQ(PicturesIn(cuts_), (Begins{{7, 13400}, {8, 15400}}));
  EXPECT_EQ(cutter_->forced(), 0U);
}

TEST_F(LiveCutterTest, OnTheGridWhatWasPublishedIsNotWrittenAgain) {
  Start({.segment_seconds = 2, .first_number = 8, .on_grid = true});
  Play(10000, 19000, 1000);
  EXPECT_EQ(PicturesIn(cuts_), (Begins{{8, 14000}, {9, 16000}}));
}

TEST_F(LiveCutterTest, OnTheGridNumbersInWhichNothingBeginsAreGaps) {
  Start({.segment_seconds = 2, .on_grid = true});
  Play(10000, 12500, 1000);
  Play(18000, 23000, 1000);
  EXPECT_EQ(
      PicturesIn(cuts_),
      (Begins{
          {6, 10000}, {7, 12000}, {8, -1}, {9, -1}, {10, 18000}, {11, 20000}}));
}

// And the key frame that comes later begins the segment it would have begun.
TEST_F(LiveCutterTest, OnTheGridItIsCutWhereNoKeyFrameComes) {
  Start({.segment_seconds = 2, .on_grid = true});
  Play(10000, 11000, 1000);
  for (int64_t time = 11000; time < 20000; time += 40) {
    Add(kPictures, time, time == 17000 || time == 19000, 40);
  }
  EXPECT_EQ(PicturesIn(cuts_),
            (Begins{{6, 10000}, {7, 13000}, {8, 16000}, {9, 17000}}));
  EXPECT_EQ(cutter_->forced(), 2U);
}

// Whoever saw more of the last segment has another one of that number.
TEST_F(LiveCutterTest, OnTheGridWhatIsCutShortIsLeftOut) {
  Start({.segment_seconds = 2, .on_grid = true});
  Play(10000, 13000, 1000);
  const size_t before = cuts_.size();
  Keep(cutter_->Finish());
  EXPECT_EQ(cuts_.size(), before);
}

}  // namespace
}  // namespace usher

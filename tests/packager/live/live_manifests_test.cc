// Live playlists over thousands of random events, each version read by the
// reader of foreign playlists and held against the one before it.
#include "packager/manifest/live_manifests.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>

#include "core/playlist/hls_reader.h"
#include "tests/packager/manifest/presentations.h"

namespace usher::manifest {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

class RandomEvent {
 public:
  explicit RandomEvent(unsigned seed) : random_(seed) {
    for (TrackRecord record :
         {VideoRecord(1280, 720, 100'000), AudioRecord("a-eng", "en")}) {
      record.segments.clear();
      presentation_.tracks.push_back(std::move(record));
    }
    presentation_.scheme = Scheme::kNone;
    presentation_.event = "fight";
    presentation_.began_at = {};
    presentation_.live.emplace().target_duration = 4;
  }

  Presentation& presentation() { return presentation_; }

  // The next segment in both tracks, perhaps behind a break, perhaps a gap.
  void Grow() {
    ++number_;
    if (number_ > 1 && Chance(8)) {
      time_ += Chance(2) ? 30 : 0;  // seconds nobody saw
      presentation_.breaks.push_back(
          {Break::Kind::kDiscontinuity, number_, MediaTime{time_, 1}});
      if (Chance(2)) AddInits();
    }
    const int64_t length = 1 + static_cast<int64_t>(random_() % 4);
    for (TrackRecord& record : presentation_.tracks) {
      const uint32_t timescale = record.track.timescale;
      SegmentRecord segment;
      segment.number = number_;
      segment.start = static_cast<uint64_t>(time_) * timescale;
      segment.duration = static_cast<uint64_t>(length) * timescale;
      segment.bytes = 1000;
      segment.init = record.inits.size() - 1;
      segment.gap = record.track.kind == TrackKind::kAudio && Chance(10);
      record.segments.push_back(segment);
    }
    time_ += length;
  }

 private:
  bool Chance(unsigned of) { return random_() % of == 0; }
  void AddInits() {
    for (TrackRecord& record : presentation_.tracks) {
      InitRecord init = record.inits.back();
      init.file = "init-" + std::to_string(record.inits.size() + 1) + ".mp4";
      record.inits.push_back(init);
    }
  }

  std::minstd_rand random_;
  Presentation presentation_;
  uint64_t number_ = 0;
  int64_t time_ = 0;
};

// What a player must be able to rely on from one version to the next.
class Successor {
 public:
  void Check(const std::string& path, const std::string& text) {
    const auto read = playlist::ReadHls(text);
    ASSERT_TRUE(read.problems.empty())
        << path << ": " << read.problems.front().what << "\n"
        << text;
    if (read.multivariant) return;
    CheckDurations(read.media, text);
    const auto before = versions_.find(path);
    if (before != versions_.end()) CheckAgainst(before->second, read.media);
    versions_[path] = read.media;
  }

 private:
  static void CheckDurations(const playlist::ReadMediaPlaylist& now,
                             const std::string& text) {
    EXPECT_EQ(now.target_duration, 4U);
    for (const auto& segment : now.segments) {
      EXPECT_LE(segment.duration, 4.5) << text;
    }
  }

  static void CheckAgainst(const playlist::ReadMediaPlaylist& before,
                           const playlist::ReadMediaPlaylist& now) {
    EXPECT_GE(now.media_sequence, before.media_sequence);
    EXPECT_GE(now.discontinuity_sequence, before.discontinuity_sequence);
    if (!before.type.empty()) {
      EXPECT_EQ(now.type, before.type);
      EXPECT_EQ(now.media_sequence, before.media_sequence) << "EVENT";
    }
    for (const auto& old : before.segments) {
      if (old.number < now.media_sequence) continue;
      const size_t index = old.number - now.media_sequence;
      ASSERT_LT(index, now.segments.size()) << "a segment went from the end";
      const auto& same = now.segments[index];
      EXPECT_EQ(same.uri, old.uri);
      EXPECT_EQ(same.duration, old.duration);
      EXPECT_EQ(same.discontinuities, old.discontinuities);
      EXPECT_EQ(same.date, old.date);
      EXPECT_EQ(same.gap, old.gap);
      EXPECT_EQ(now.maps.at(*same.map).uri, before.maps.at(*old.map).uri);
    }
  }

  std::map<std::string, playlist::ReadMediaPlaylist> versions_;
};

TEST(LiveManifests, KeepEveryPromiseOverRandomEvents) {
  constexpr unsigned kEvents = 60;
  constexpr int kSegments = 50;
  for (unsigned seed = 1; seed <= kEvents; ++seed) {
    RandomEvent event(seed);
    Successor successor;
    const std::optional<microseconds> window =
        seed % 3 == 0 ? std::nullopt
                      : std::optional<microseconds>(seconds(10 + seed));
    for (int i = 0; i <= kSegments; ++i) {
      if (i < kSegments) event.Grow();
      event.presentation().live->ended = i == kSegments;
      for (const ManifestFile& file :
           WriteLiveManifests(event.presentation(), window)) {
        if (!file.path.ends_with(".m3u8")) continue;
        successor.Check(file.path, file.text);
        if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
      }
    }
  }
}

std::string TextOf(const Presentation& presentation, const std::string& path,
                   const std::optional<microseconds>& window) {
  for (const ManifestFile& file : WriteLiveManifests(presentation, window)) {
    if (file.path == path) return file.text;
  }
  return {};
}

TEST(LiveManifests, SlideInOneListAndKeepEverythingInTheOther) {
  RandomEvent event(7);
  for (int i = 0; i < 40; ++i) event.Grow();
  const microseconds window = seconds(20);
  const auto sliding = playlist::ReadHls(
      TextOf(event.presentation(), "v720/media.m3u8", window));
  const auto whole = playlist::ReadHls(
      TextOf(event.presentation(), "v720/event.m3u8", window));
  EXPECT_EQ(sliding.media.type, "");
  EXPECT_FALSE(sliding.media.end_list);
  EXPECT_GT(sliding.media.media_sequence, 1U);
  EXPECT_LT(sliding.media.segments.size(), 25U);
  EXPECT_EQ(whole.media.type, "EVENT");
  EXPECT_EQ(whole.media.segments.size(), 40U);
  EXPECT_NE(TextOf(event.presentation(), "master-event.m3u8", window)
                .find("v720/event.m3u8"),
            std::string::npos);
}

TEST(LiveManifests, AnEndedWindowOnlyGainsItsEndTag) {
  RandomEvent event(11);
  for (int i = 0; i < 30; ++i) event.Grow();
  const microseconds window = seconds(20);
  const std::string before =
      TextOf(event.presentation(), "v720/media.m3u8", window);
  event.presentation().live->ended = true;
  EXPECT_EQ(TextOf(event.presentation(), "v720/media.m3u8", window),
            before + "#EXT-X-ENDLIST\n");
  const std::string mpd = TextOf(event.presentation(), "manifest.mpd", window);
  EXPECT_NE(mpd.find("type=\"static\""), std::string::npos);
  EXPECT_NE(mpd.find("startNumber=\"1\""), std::string::npos)
      << "the replay is all of it";
}

TEST(LiveManifests, PeriodsKeepTheirNamesWhenOthersLeaveTheWindow) {
  RandomEvent event(5);
  for (int i = 0; i < 60; ++i) event.Grow();
  ASSERT_GT(event.presentation().breaks.size(), 3U);
  const std::string mpd =
      TextOf(event.presentation(), "manifest.mpd", seconds(15));
  const std::string last =
      "<Period id=\"" + std::to_string(event.presentation().breaks.size() + 1) +
      "\"";
  EXPECT_NE(mpd.find(last), std::string::npos) << mpd;
  EXPECT_EQ(mpd.find("<Period id=\"1\""), std::string::npos);
  EXPECT_NE(mpd.find("type=\"dynamic\""), std::string::npos);
}

}  // namespace
}  // namespace usher::manifest

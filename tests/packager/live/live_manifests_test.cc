// Live playlists over thousands of random events, each version read by the
// reader of foreign playlists and held against the one before it.

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "core/playlist/hls_reader.h"
#include "tests/packager/live/written_manifests.h"
#include "tests/packager/manifest/presentations.h"
#include "tests/support/temp_dir.h"

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
    presentation_.scheme = seed % 2 == 0 ? Scheme::kCbcs : Scheme::kNone;
    if (seed % 2 == 0) kid_.emplace();
    presentation_.event = "fight";
    presentation_.began_at = {};
    presentation_.live.emplace().target_duration = 4;
  }

  Presentation& presentation() { return presentation_; }

  // A further part of the next segment in both tracks; each lasts a fourth of
  // it.
  void GrowPart() {
    for (TrackRecord& record : presentation_.tracks) {
      const uint64_t part = record.track.timescale / 2;
      record.open.number = number_ + 1;
      record.open.start = static_cast<uint64_t>(time_) * record.track.timescale;
      record.open.init = record.inits.size() - 1;
      record.open.parts.push_back({part, record.open.parts.empty()});
      record.open.duration += part;
    }
  }
  // What was open is whole: two seconds.
  void Join() {
    ++number_;
    time_ += 2;
    for (TrackRecord& record : presentation_.tracks) {
      record.segments.push_back(std::exchange(record.open, {}));
      record.segments.back().bytes = 1000;
    }
  }

  // The next segment in both tracks, perhaps behind a break, perhaps a gap.
  void Grow() {
    ++number_;
    if (number_ > 1 && Chance(8)) {
      time_ += Chance(2) ? 30 : 0;  // seconds nobody saw
      presentation_.breaks.push_back(
          {Break::Kind::kDiscontinuity, number_, MediaTime{time_, 1}});
      if (kid_ && Chance(2)) ++kid_->bytes[0];
      if (Chance(2)) AddInits();
    }
    const int64_t length = 1 + static_cast<int64_t>(random_() % 4);
    for (TrackRecord& record : presentation_.tracks) {
      const uint32_t timescale = record.track.timescale;
      SegmentRecord segment;
      segment.number = number_;
      segment.start = static_cast<uint64_t>(time_) * timescale;
      segment.duration = static_cast<uint64_t>(length) * timescale;
      segment.bytes = 1000 + random_() % 100'000;
      segment.sap_type = Chance(500) ? 3 : 1;
      segment.kid = kid_;
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
  std::optional<keys::KeyId> kid_;
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
    if (now.low_latency.part_target) CheckParts(now, text);
  }

  // rfc8216bis 4.4.3.7, 4.4.4.9, 4.4.5.3, 6.2.2.
  static void CheckParts(const playlist::ReadMediaPlaylist& now,
                         const std::string& text) {
    EXPECT_EQ(now.low_latency.part_target, 0.5);
    EXPECT_GE(now.low_latency.part_hold_back.value_or(0), 1.5);
    EXPECT_GE(now.low_latency.can_skip_until.value_or(0), 24);
    double behind = static_cast<double>(now.open.parts.size()) * 0.5;
    for (size_t i = now.segments.size(); i > 0; --i) {
      const auto& segment = now.segments[i - 1];
      if (segment.gap) {
        EXPECT_TRUE(segment.parts.empty()) << text;
      }
      if (behind >= 12) {
        EXPECT_TRUE(segment.parts.empty()) << text;
      }
      behind += segment.duration;
    }
    if (now.end_list) {
      EXPECT_TRUE(now.hints.empty() && now.open.parts.empty()) << text;
      return;
    }
    ASSERT_EQ(now.hints.size(), 1U) << text;
    EXPECT_EQ(now.hints.front().uri, std::to_string(now.open.number) + "." +
                                         std::to_string(now.open.parts.size()) +
                                         ".m4s");
    EXPECT_EQ(now.reports.size(), 1U) << text;
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
      if (!old.parts.empty() && !now.segments[index].parts.empty()) {
        EXPECT_EQ(now.segments[index].parts.size(), old.parts.size());
      }
      ASSERT_LT(index, now.segments.size()) << "a segment went from the end";
      const auto& same = now.segments[index];
      EXPECT_EQ(same.uri, old.uri);
      EXPECT_EQ(same.duration, old.duration);
      EXPECT_EQ(same.discontinuities, old.discontinuities);
      EXPECT_EQ(same.date, old.date);
      EXPECT_EQ(same.gap, old.gap);
      EXPECT_EQ(now.maps.at(*same.map).uri, before.maps.at(*old.map).uri);
    }
    CheckOpen(before, now);
  }

  // What was open grows, and then is whole with those very parts.
  static void CheckOpen(const playlist::ReadMediaPlaylist& before,
                        const playlist::ReadMediaPlaylist& now) {
    if (before.open.parts.empty()) return;
    ASSERT_GE(now.open.number, before.open.number);
    const auto& grown =
        now.open.number == before.open.number
            ? now.open
            : now.segments.at(before.open.number - now.media_sequence);
    ASSERT_GE(grown.parts.size(), before.open.parts.size());
    for (size_t i = 0; i < before.open.parts.size(); ++i) {
      EXPECT_EQ(grown.parts[i].uri, before.open.parts[i].uri);
      EXPECT_EQ(grown.parts[i].duration, before.open.parts[i].duration);
    }
  }

  std::map<std::string, playlist::ReadMediaPlaylist> versions_;
};

TEST(LiveManifests, KeepEveryPromiseOverRandomEvents) {
  constexpr unsigned kEvents = 60;
  constexpr int kSegments = 90;
  const testing::TempDir aside;
  for (unsigned seed = 1; seed <= kEvents; ++seed) {
    RandomEvent event(seed);
    RandomEvent at_hand(seed);  // all of its segments
    Successor successor;
    LiveManifests manifests(aside.path());
    const std::optional<microseconds> window =
        seed % 3 == 0 ? std::nullopt
                      : std::optional<microseconds>(seconds(10 + seed));
    for (int i = 0; i <= kSegments; ++i) {
      for (RandomEvent* each : {&event, &at_hand}) {
        if (i < kSegments) each->Grow();
        each->presentation().live->ended = i == kSegments;
      }
      const std::vector<ManifestFile> files =
          WriteLive(event.presentation(), window, manifests);
      // What is kept from one publish to the next shows in nothing, nor what is
      // put aside.
      ASSERT_EQ(files, WriteLive(event.presentation(), window)) << seed;
      ASSERT_EQ(files, WriteLive(at_hand.presentation(), window)) << seed;
      for (const ManifestFile& file : files) {
        if (!file.path.ends_with(".m3u8")) continue;
        successor.Check(file.path, file.text);
        if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
      }
    }
    EXPECT_FALSE(event.presentation().tracks.front().past.empty()) << seed;
  }
}

std::string TextOf(const Presentation& presentation, const std::string& path,
                   const std::optional<microseconds>& window) {
  for (const ManifestFile& file : WriteLive(presentation, window)) {
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

// shaka-player looks for captions where it is not told that there are none, and
// fails where there are too few segments to look at.
TEST(LiveManifests, DenyCaptionsUntilASegmentHadThem) {
  RandomEvent event(7);
  for (int i = 0; i < 40; ++i) event.Grow();
  TrackRecord& video = event.presentation().tracks.front();
  const auto denies = [&](const std::string& master) {
    return TextOf(event.presentation(), master, seconds(20))
               .find("CLOSED-CAPTIONS=NONE") != std::string::npos;
  };
  EXPECT_TRUE(denies("master.m3u8"));
  EXPECT_TRUE(denies("master-event.m3u8"));
  SegmentRecord early = video.segments.front();
  video.segments.erase(video.segments.begin());
  early.captions = true;
  std::vector<SegmentRecord> later = std::exchange(video.segments, {});
  video.Add(early);
  for (const SegmentRecord& each : later) video.Add(each);
  EXPECT_FALSE(denies("master.m3u8")) << "which does not list it any more";
  EXPECT_FALSE(denies("master-event.m3u8"));
}

TEST(LiveManifests, KeepEveryPromiseOfTheirParts) {
  for (const std::optional<microseconds> window :
       {std::optional<microseconds>(seconds(20)),
        std::optional<microseconds>()}) {
    RandomEvent event(3);
    event.presentation().live->part_target = std::chrono::milliseconds(500);
    Successor successor;
    LiveManifests manifests;
    const auto check = [&](const std::vector<ManifestFile>& files) {
      for (const ManifestFile& file : files) {
        if (file.path.ends_with(".m3u8")) {
          successor.Check(file.path, file.text);
        }
      }
    };
    event.Grow();
    for (int segment = 0; segment < 30; ++segment) {
      for (int part = 0; part < 4; ++part) {
        event.GrowPart();
        LiveManifests fresh;
        const auto files = WriteParts(event.presentation(), window, manifests);
        ASSERT_EQ(files, WriteParts(event.presentation(), window, fresh));
        check(files);
      }
      event.Join();
      if (segment % 7 == 0) event.Grow();  // without parts, perhaps a gap
      check(WriteLive(event.presentation(), window, manifests));
    }
    event.presentation().live->ended = true;
    check(WriteLive(event.presentation(), window, manifests));
    EXPECT_FALSE(::testing::Test::HasFailure());
  }
}

// Somebody has to remove their files.
TEST(LiveManifests, WhatHasPartsIsNotPast) {
  RandomEvent event(3);
  event.presentation().live->part_target = std::chrono::milliseconds(500);
  LiveManifests manifests;
  for (int segment = 0; segment < 82; ++segment) {
    for (int part = 0; part < 4; ++part) event.GrowPart();
    event.Join();
    (void)WriteLive(event.presentation(), seconds(20), manifests);
  }
  TrackRecord& video = event.presentation().tracks.front();
  EXPECT_TRUE(video.past.empty());
  for (SegmentRecord& segment : video.segments) segment.parts.clear();
  (void)WriteLive(event.presentation(), seconds(20), manifests);
  EXPECT_EQ(video.past.size(), 30U) << "all but 26 target durations";
  EXPECT_EQ(video.segments.size(), 52U);
}

TEST(LiveManifests, TheListOfEverythingHasNoParts) {
  RandomEvent event(3);
  event.presentation().live->part_target = std::chrono::milliseconds(500);
  event.Grow();
  for (int part = 0; part < 4; ++part) event.GrowPart();
  event.Join();
  const auto text = [&](const std::string& path) {
    return TextOf(event.presentation(), path, seconds(20));
  };
  EXPECT_TRUE(text("v720/media.m3u8").contains("EXT-X-PART:"));
  EXPECT_FALSE(text("v720/event.m3u8").contains("EXT-X-PART"));
}

TEST(LiveManifests, AnMpdBeginsBehindALeadingGapAndEndsInFrontOfALastOne) {
  RandomEvent event(3);
  for (int i = 0; i < 6; ++i) {
    for (int part = 0; part < 4; ++part) event.GrowPart();
    event.Join();
  }
  auto& video = event.presentation().tracks.front().segments;
  video[0].gap = video[5].gap = true;  // of 1 to 6
  const std::string mpd =
      TextOf(event.presentation(), "manifest.mpd", std::nullopt);
  const size_t at = mpd.find("startNumber=\"2\"");
  ASSERT_NE(at, std::string::npos) << mpd;
  EXPECT_LT(mpd.find("r=\"3\"", at), mpd.find("</SegmentTemplate>", at))
      << "2 to 5\n"
      << mpd;
}

TEST(LiveManifests, LowLatencyDashEndsInFrontOfAGapAndGoesOnBehindIt) {
  RandomEvent event(3);
  event.presentation().live->part_target = std::chrono::milliseconds(500);
  const auto grow = [&] {
    for (int part = 0; part < 4; ++part) event.GrowPart();
    event.Join();
  };
  const auto mpd = [&] {
    return TextOf(event.presentation(), "manifest-ll.mpd", std::nullopt);
  };
  for (int i = 0; i < 6; ++i) grow();
  TrackRecord& video = event.presentation().tracks.front();
  video.segments.back().gap = true;
  EXPECT_TRUE(mpd().contains("<S t=\"0\" d=\"25600\" r=\"4\" k=\"4\"/>"))
      << "1 to 5, and none ahead: their numbers would be wrong\n"
      << mpd();
  grow();
  event.presentation().breaks.push_back(
      {Break::Kind::kGap, 7, MediaTime{12, 1}});
  EXPECT_TRUE(mpd().contains("<S t=\"0\" d=\"25600\" r=\"4\" k=\"4\"/>"))
      << mpd();
  EXPECT_TRUE(mpd().contains("startNumber=\"7\"")) << mpd();
  EXPECT_TRUE(mpd().contains("<S t=\"153600\" d=\"25600\" r=\"2\" k=\"4\"/>"))
      << mpd();
}

TEST(LiveManifests, LowLatencyDashTellsPartsBeforeTheyAreThere) {
  RandomEvent event(3);
  event.presentation().live->part_target = std::chrono::milliseconds(500);
  for (int i = 0; i < 40; ++i) {
    for (int part = 0; part < 4; ++part) event.GrowPart();
    event.Join();
  }
  const auto text = [&](const std::string& path) {
    return TextOf(event.presentation(), path, seconds(60));
  };
  const std::string mpd = text("manifest-ll.mpd");
  for (const char* told :
       {"media=\"v720/$Number$.$SubNumber$.m4s\"",
        "media=\"a-eng/$Number$.$SubNumber$.m4s\"",
        "availabilityTimeOffset=\"1.500000\"", "minBufferTime=\"PT0.500000S\"",
        "<Latency target=\"1250\" max=\"5000\" min=\"625\"/>",
        // 48 s of the newest, and the two that come next.
        "timeShiftBufferDepth=\"PT48.000000S\"", "startNumber=\"17\"",
        "r=\"25\" k=\"4\""}) {
    EXPECT_TRUE(mpd.contains(told)) << told << "\n" << mpd;
  }
  EXPECT_FALSE(text("manifest.mpd").contains("SubNumber"))
      << "that one is for every player";

  event.presentation().live->waits = true;
  EXPECT_TRUE(text("manifest-ll.mpd").contains("r=\"23\" k=\"4\""))
      << "nobody knows what comes next\n"
      << text("manifest-ll.mpd");
  event.presentation().live->waits = false;

  event.presentation().live->rotates_keys = true;
  EXPECT_EQ(text("manifest-ll.mpd"), "");
  event.presentation().live->rotates_keys = false;
  event.presentation().live->ended = true;
  EXPECT_EQ(text("manifest-ll.mpd"), text("manifest.mpd"));
}

// dash.js counts on nothing any more that is newer, once it has had an MPD that
// was older than its own window: as behind an origin that is away.
TEST(LiveManifests, AnMpdTellsItsWholeWindowFromTheBeginning) {
  RandomEvent event(3);
  event.presentation().live->part_target = std::chrono::milliseconds(500);
  for (int part = 0; part < 4; ++part) event.GrowPart();
  event.Join();
  const auto text = [&](const std::string& path) {
    return TextOf(event.presentation(), path, seconds(60));
  };
  EXPECT_TRUE(
      text("manifest.mpd").contains("timeShiftBufferDepth=\"PT60.000000S\""));
  EXPECT_TRUE(text("manifest-ll.mpd")
                  .contains("timeShiftBufferDepth=\"PT48.000000S\""));
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

TEST(LiveManifests, PlayersAskTheBoxForTheTimeUntilTheEventHasEnded) {
  RandomEvent event(5);
  event.Grow();
  const auto mpd = [&] {
    return TextOf(event.presentation(), "manifest.mpd", seconds(20));
  };
  EXPECT_TRUE(mpd().contains(
      "<UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:http-xsdate:2014\" "
      "value=\"../usher/time\"/>"))
      << mpd();
  event.presentation().live->ended = true;
  EXPECT_FALSE(mpd().contains("UTCTiming"));
}

}  // namespace
}  // namespace usher::manifest

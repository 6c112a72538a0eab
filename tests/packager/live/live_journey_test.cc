// The live playlist writer through random events of segments, parts, gaps,
// discontinuities, new keys and restarts: every version is read by the reader
// of foreign playlists and held against the one before it (RFC 8216bis 6.2.1),
// and what comes out of the journal is what went in.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/playlist/hls_reader.h"
#include "packager/live/event_journal.h"
#include "tests/packager/live/written_manifests.h"
#include "tests/packager/manifest/presentations.h"
#include "tests/support/temp_dir.h"

namespace usher::live {
namespace {

using manifest::Break;
using manifest::Presentation;
using manifest::SegmentRecord;
using manifest::TrackRecord;
using std::chrono::seconds;

using Texts = std::map<std::string, std::string>;

class Journey {
 public:
  Journey(unsigned seed, bool in_parts) : random_(seed) {
    presentation_.scheme = Scheme::kCbcs;
    presentation_.event = "fight";
    presentation_.began_at = {};
    presentation_.live.emplace().target_duration = 4;
    if (in_parts) {
      presentation_.live->part_target = std::chrono::milliseconds(500);
    }
    EventState head;
    head.event = "fight";
    for (TrackRecord record : {manifest::VideoRecord(1280, 720, 100'000),
                               manifest::AudioRecord("a-eng", "en")}) {
      record.segments.clear();
      record.inits.clear();
      head.tracks.push_back(record.track);
      presentation_.tracks.push_back(std::move(record));
    }
    head.schemes.resize(1);
    periods_.push_back({1, {}, {{NewKid()}}});
    head.periods = periods_;
    AddInits();
    Open();
    EXPECT_TRUE(journal_->Begin(head).has_value());
  }

  // One thing that may happen to an event.
  void Step() {
    const bool in_parts = presentation_.live->part_target.count() > 0;
    if (in_parts && !Chance(4)) {
      GrowPart();
    } else {
      Grow();
    }
    Note();
    if (Chance(5)) Restart();
  }
  void End() {
    if (!presentation_.tracks.front().open.parts.empty()) Join();
    presentation_.live->ended = true;
  }
  Texts Manifests() const {
    Texts texts;
    for (auto& file : manifest::WriteLive(presentation_, seconds(20))) {
      texts[file.path] = file.text;
    }
    return texts;
  }
  unsigned restarts() const { return restarts_; }
  size_t keys() const { return periods_.size(); }

 private:
  bool Chance(unsigned of) { return random_() % of == 0; }
  keys::KeyId NewKid() {
    keys::KeyId kid;
    for (uint8_t& byte : kid.bytes) byte = static_cast<uint8_t>(random_());
    return kid;
  }
  void Open() {
    journal_.reset();
    auto opened = EventJournal::Open(directory_.path());
    ASSERT_TRUE(opened.has_value());
    journal_.emplace(*std::move(opened));
  }
  void Note() {
    EventJournal::Progress now;
    now.target_duration = 4;
    now.parts.target = presentation_.live->part_target;
    now.periods = periods_;
    now.schemes = {&presentation_};
    EXPECT_TRUE(journal_->Note(now).has_value());
  }
  // All that is in memory is lost.
  void Restart() {
    ++restarts_;
    const Texts before = Manifests();
    Open();
    ASSERT_TRUE(journal_->found().has_value());
    const EventState& state = *journal_->found();
    periods_ = state.periods;
    presentation_.breaks = state.schemes.front().breaks;
    for (size_t i = 0; i < presentation_.tracks.size(); ++i) {
      TrackRecord& record = presentation_.tracks[i];
      const TrackRecord& found = state.schemes.front().tracks[i];
      record.track = state.tracks[i];
      record.inits = found.inits;
      record.segments = found.segments;
      record.open = found.open;
      for (auto& init : record.inits) init.protection->scheme = Scheme::kCbcs;
    }
    EXPECT_EQ(Manifests(), before);
  }

  void AddInits() {
    for (TrackRecord& record : presentation_.tracks) {
      manifest::InitRecord init;
      const size_t number = record.inits.size() + 1;
      init.file =
          number == 1 ? "init.mp4" : "init-" + std::to_string(number) + ".mp4";
      init.first_number = number_ + 1;
      init.protection.emplace().scheme = Scheme::kCbcs;
      init.protection->default_kid = periods_.back().kids.front().front();
      record.inits.push_back(std::move(init));
    }
  }
  // In front of the next segment, of which nothing is there yet.
  void PerhapsBreak() {
    if (number_ == 0 || !presentation_.tracks.front().open.parts.empty()) {
      return;
    }
    const bool rotates = Chance(6);
    const bool jumps = Chance(8);
    if (jumps && Chance(2)) time_ += 30;
    const MediaTime at{time_, 1};
    if (rotates) {
      periods_.push_back({number_ + 1, at, {{NewKid()}}});
      AddInits();
    }
    if (rotates || jumps) {
      presentation_.breaks.push_back(
          {jumps ? Break::Kind::kDiscontinuity : Break::Kind::kCryptoPeriod,
           number_ + 1, at});
    }
  }
  SegmentRecord Next(const TrackRecord& record) const {
    SegmentRecord segment;
    segment.number = number_ + 1;
    segment.start = static_cast<uint64_t>(time_) * record.track.timescale;
    segment.bytes = 1000;
    segment.init = record.inits.size() - 1;
    segment.kid = periods_.back().kids.front().front();
    return segment;
  }
  void GrowPart() {
    PerhapsBreak();
    for (TrackRecord& record : presentation_.tracks) {
      if (record.open.parts.empty()) record.open = Next(record);
      const uint64_t part = record.track.timescale / 2;
      record.open.parts.push_back({part, record.open.parts.empty()});
      record.open.duration += part;
    }
    if (presentation_.tracks.front().open.parts.size() == 4) Join();
  }
  void Join() {
    const auto parts =
        static_cast<int64_t>(presentation_.tracks.front().open.parts.size());
    for (TrackRecord& record : presentation_.tracks) {
      record.segments.push_back(std::exchange(record.open, {}));
    }
    ++number_;
    time_ += (parts + 1) / 2;
  }
  // What was open is whole, as it is; or the next one, perhaps without sound.
  void Grow() {
    if (!presentation_.tracks.front().open.parts.empty()) return Join();
    PerhapsBreak();
    const int64_t length = 1 + static_cast<int64_t>(random_() % 4);
    for (TrackRecord& record : presentation_.tracks) {
      SegmentRecord segment = Next(record);
      segment.duration = static_cast<uint64_t>(length) * record.track.timescale;
      segment.gap = record.track.kind == TrackKind::kAudio && Chance(10);
      record.segments.push_back(segment);
    }
    ++number_;
    time_ += length;
  }

  std::minstd_rand random_;
  testing::TempDir directory_;
  std::optional<EventJournal> journal_;
  Presentation presentation_;
  std::vector<CryptoPeriodState> periods_;
  uint64_t number_ = 0;  // of the newest whole segment
  int64_t time_ = 0;
  unsigned restarts_ = 0;
};

void ExpectSame(const playlist::ReadMediaPlaylist& before,
                const playlist::ReadMediaPlaylist& now) {
  EXPECT_EQ(now.target_duration, before.target_duration);
  EXPECT_GE(now.media_sequence, before.media_sequence);
  EXPECT_GE(now.discontinuity_sequence, before.discontinuity_sequence);
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
    ASSERT_EQ(same.keys.size(), 1U);
    EXPECT_EQ(now.keys.at(same.keys.front()).uri,
              before.keys.at(old.keys.front()).uri);
  }
  if (before.open.parts.empty()) return;
  ASSERT_GE(now.open.number, before.open.number);
  const auto& grown =
      now.open.number == before.open.number
          ? now.open
          : now.segments.at(before.open.number - now.media_sequence);
  ASSERT_GE(grown.parts.size(), before.open.parts.size());
  for (size_t i = 0; i < before.open.parts.size(); ++i) {
    EXPECT_EQ(grown.parts[i].uri, before.open.parts[i].uri);
  }
}

TEST(LiveJourney, KeepsEveryPromiseOverKeysAndRestarts) {
  constexpr unsigned kJourneys = 24;
  constexpr int kSteps = 60;
  unsigned restarts = 0;
  size_t keys = 0;
  for (unsigned seed = 1; seed <= kJourneys; ++seed) {
    Journey journey(seed, seed % 2 == 0);
    std::map<std::string, playlist::ReadMediaPlaylist> versions;
    for (int i = 0; i <= kSteps; ++i) {
      if (i < kSteps) {
        journey.Step();
      } else {
        journey.End();
      }
      for (const auto& [path, text] : journey.Manifests()) {
        if (!path.ends_with(".m3u8")) continue;
        const auto read = playlist::ReadHls(text);
        ASSERT_TRUE(read.problems.empty())
            << path << ": " << read.problems.front().what << "\n"
            << text;
        if (read.multivariant) continue;
        const auto before = versions.find(path);
        if (before != versions.end()) ExpectSame(before->second, read.media);
        versions[path] = read.media;
      }
      if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
    }
    restarts += journey.restarts();
    keys += journey.keys();
  }
  EXPECT_GT(restarts, kJourneys * 4);
  EXPECT_GT(keys, kJourneys * 3);
}

}  // namespace
}  // namespace usher::live

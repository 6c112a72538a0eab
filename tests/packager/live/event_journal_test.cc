// The journal of a live event: what is found again after whatever happened to
// the file.
#include "packager/live/event_journal.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/packager/manifest/presentations.h"
#include "tests/support/temp_dir.h"

namespace usher::live {
namespace {

namespace fs = std::filesystem;
using testing::ReadFile;
using testing::TempDir;
using testing::WriteFile;

class JournalFileTest : public ::testing::Test {
 protected:
  JournalFileTest() {
    auto file = JournalFile::Open(path());
    for (const char* entry : {"first", "second and longer", "third"}) {
      EXPECT_TRUE(file->Append(AsBytes(entry)));
      ends_.push_back(file->size());
    }
    whole_ = ReadFile(path());
    EXPECT_EQ(whole_.size(), ends_.back());
  }
  fs::path path() const { return directory_ / "journal"; }
  static std::vector<std::string> EntriesOf(Result<JournalFile> file) {
    std::vector<std::string> entries;
    if (!file) return {"refused"};
    for (const Bytes& entry : file->TakeEntries()) {
      entries.emplace_back(AsText(entry));
    }
    return entries;
  }

  TempDir directory_;
  std::vector<uint64_t> ends_;
  std::string whole_;
};

TEST_F(JournalFileTest, KeepsWhatIsWholeWhereverItWasCutOff) {
  for (size_t size = 8; size <= whole_.size(); ++size) {
    WriteFile(path(), whole_.substr(0, size));
    const auto whole = static_cast<size_t>(
        std::ranges::upper_bound(ends_, size) - ends_.begin());
    EXPECT_EQ(EntriesOf(JournalFile::Open(path())).size(), whole) << size;
    auto file = JournalFile::Open(path());
    ASSERT_TRUE(file && file->Append(AsBytes("after")));
    const auto entries = EntriesOf(JournalFile::Open(path()));
    ASSERT_EQ(entries.size(), whole + 1) << size;
    EXPECT_EQ(entries.back(), "after");
  }
}

TEST_F(JournalFileTest, TakesZeroesForAnEndThatWasNeverWritten) {
  WriteFile(path(), whole_ + std::string(4096, '\0'));
  EXPECT_EQ(EntriesOf(JournalFile::Open(path())).size(), 3U);
  EXPECT_EQ(fs::file_size(path()), whole_.size());
}

TEST_F(JournalFileTest, RefusesWhatIsDamagedInFrontOfWhatIsWhole) {
  for (size_t at = 0; at < whole_.size(); ++at) {
    std::string damaged = whole_;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    WriteFile(path(), damaged);
    const auto entries = EntriesOf(JournalFile::Open(path()));
    if (at < ends_[1]) {
      EXPECT_EQ(entries, std::vector<std::string>{"refused"}) << at;
    } else {
      EXPECT_EQ(entries.size(), 2U) << at << ": as if it were torn";
    }
    WriteFile(path(), damaged);
  }
}

TEST_F(JournalFileTest, PutsOneEntryInThePlaceOfAll) {
  auto file = JournalFile::Open(path());
  ASSERT_TRUE(file && file->Replace(AsBytes("all")));
  ASSERT_TRUE(file->Append(AsBytes("more")));
  EXPECT_EQ(EntriesOf(JournalFile::Open(path())),
            (std::vector<std::string>{"all", "more"}));
}

// A track and its segments, with parts.
class EventJournalTest : public ::testing::Test {
 protected:
  EventJournalTest() {
    presentation_.tracks.push_back(manifest::VideoRecord(1280, 720, 100'000));
    presentation_.tracks.front().segments.clear();
    head_.event = "fight";
    head_.settings = "--encryption none";
    head_.tracks = {presentation_.tracks.front().track};
    head_.schemes.resize(1);
    head_.periods.push_back({1, {}, {{}}});
  }
  void GrowPart(uint64_t number) {
    manifest::SegmentRecord& open = presentation_.tracks.front().open;
    open.number = number;
    open.start = number * 90'000;
    open.parts.push_back({45'000, open.parts.empty()});
    open.duration += 45'000;
  }
  void Join() {
    manifest::TrackRecord& record = presentation_.tracks.front();
    record.segments.push_back(std::exchange(record.open, {}));
  }
  void RetireAllBut(size_t kept) {
    manifest::TrackRecord& record = presentation_.tracks.front();
    const auto end = record.segments.end() - static_cast<std::ptrdiff_t>(kept);
    for (auto each = record.segments.begin(); each != end; ++each) {
      ASSERT_TRUE(record.past.Add(*each, 0));
    }
    record.segments.erase(record.segments.begin(), end);
  }
  EventJournal::Progress Now() {
    EventJournal::Progress now;
    now.target_duration = 3;
    now.parts.target = std::chrono::milliseconds(500);
    now.periods = head_.periods;
    now.schemes = {&presentation_};
    return now;
  }

  TempDir directory_;
  EventState head_;
  manifest::Presentation presentation_;
};

TEST_F(EventJournalTest, FindsTheEventAgain) {
  {
    auto journal = EventJournal::Open(directory_.path());
    ASSERT_TRUE(journal);
    EXPECT_FALSE(journal->found());
    ASSERT_TRUE(journal->Begin(head_));
    ASSERT_TRUE(journal->NoteBegun(1));
    GrowPart(1);
    ASSERT_TRUE(journal->Note(Now()));
    GrowPart(1);
    presentation_.tracks.front().open.captions = true;
    Join();
    GrowPart(2);
    ASSERT_TRUE(journal->Note(Now()));
    ASSERT_TRUE(journal->NoteBegun(2));
  }
  auto journal = EventJournal::Open(directory_.path());
  ASSERT_TRUE(journal && journal->found());
  const EventState& found = *journal->found();
  EXPECT_EQ(found.event, "fight");
  EXPECT_EQ(found.tracks.front().codecs, head_.tracks.front().codecs);
  EXPECT_EQ(found.tracks.front().decoder_config,
            head_.tracks.front().decoder_config);
  EXPECT_EQ(found.target_duration, 3U);
  EXPECT_EQ(found.begun, 2U);
  const manifest::TrackRecord& record = found.schemes.front().tracks.front();
  ASSERT_EQ(record.segments.size(), 1U);
  EXPECT_EQ(record.segments.front().parts.size(), 2U);
  EXPECT_EQ(record.segments.front().duration, 90'000U);
  EXPECT_TRUE(record.captions);
  EXPECT_EQ(record.open.number, 2U);
  EXPECT_EQ(record.open.parts.size(), 1U);
}

// Which shifts a break takes back, and what it puts in their place.
TEST_F(EventJournalTest, FindsTheShiftsOfDates) {
  using std::chrono::milliseconds;
  const std::vector<std::vector<manifest::DateShift>> grown = {
      {{10, milliseconds(1)}},
      {{10, milliseconds(1)}, {20, milliseconds(-2)}},
      {{10, milliseconds(1)}, {15, milliseconds(0)}},
      {{10, milliseconds(0)}},
      {{10, milliseconds(0)}, {11, milliseconds(7)}},
      {{10, milliseconds(0)}}};
  for (const auto& shifts : grown) {
    {
      auto journal = EventJournal::Open(directory_.path());
      ASSERT_TRUE(journal);
      if (!journal->found()) {
        ASSERT_TRUE(journal->Begin(head_));
      }
      EventJournal::Progress now = Now();
      now.date_shifts = shifts;
      ASSERT_TRUE(journal->Note(now));
    }
    auto again = EventJournal::Open(directory_.path());
    ASSERT_TRUE(again && again->found());
    EXPECT_EQ(again->found()->date_shifts, shifts);
  }
}

TEST_F(EventJournalTest, StaysSmallerThanTwiceWhatItHolds) {
  auto journal = EventJournal::Open(directory_.path());
  ASSERT_TRUE(journal && journal->Begin(head_));
  constexpr uint64_t kSegments = 20'000;
  for (uint64_t number = 1; number <= kSegments; ++number) {
    for (int part = 0; part < 4; ++part) {
      GrowPart(number);
      // As often as the real one would be slow here.
      if (number % 250 != 0) continue;
      ASSERT_TRUE(journal->Note(Now()));
    }
    Join();
    if (number % 100 == 0) RetireAllBut(20);
  }
  ASSERT_TRUE(journal->Note(Now()));
  constexpr uint64_t kBytesASegment = 30;
  EXPECT_LT(fs::file_size(directory_.path() / "journal"),
            2 * kSegments * kBytesASegment + (2 << 20));
  auto again = EventJournal::Open(directory_.path());
  ASSERT_TRUE(again && again->found());
  const auto& found = again->found()->schemes.front().tracks.front().segments;
  ASSERT_EQ(found.size(), kSegments);
  for (size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i].number, i + 1);
    ASSERT_EQ(found[i].start, 90'000 * found[i].number);
  }
}

}  // namespace
}  // namespace usher::live

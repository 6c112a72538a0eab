// In which order files may go to an origin, whatever fails on the way: at no
// moment does a playlist there name what is not there.
#include "packager/storage/upload_spool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace usher {
namespace {

namespace fs = std::filesystem;
using testing::TempDir;

class UploadSpoolTest : public ::testing::Test {
 protected:
  UploadSpoolTest() { Open(); }

  void Open(bool shared = false) {
    spool_ = std::make_unique<UploadSpool>(
        directory_.path() / "spool", 1 << 20, [](const std::string&) {}, true);
    ASSERT_TRUE(spool_->Open(shared));
  }
  void Put(const std::string& path, const std::string& text = "x") {
    const ByteView piece = AsBytes(text);
    ASSERT_TRUE(spool_->Put(path, {&piece, 1}));
  }
  // All that may go at this moment, claimed.
  std::vector<UploadSpool::Entry> ClaimAll() {
    std::vector<UploadSpool::Entry> all;
    while (auto entry = spool_->Claim()) all.push_back(*std::move(entry));
    return all;
  }
  static std::vector<std::string> PathsOf(
      const std::vector<UploadSpool::Entry>& entries) {
    std::vector<std::string> paths;
    paths.reserve(entries.size());
    for (const auto& each : entries) {
      paths.push_back((each.removal ? "-" : "") + each.path);
    }
    return paths;
  }
  // What may go now; then that is done.
  std::vector<std::string> Round() {
    const auto entries = ClaimAll();
    for (const auto& each : entries) spool_->Done(each);
    return PathsOf(entries);
  }

  TempDir directory_;
  std::unique_ptr<UploadSpool> spool_;
};

using Paths = std::vector<std::string>;

TEST_F(UploadSpoolTest, AMasterWaitsForTheListThatTookTheOldOnesPlace) {
  Put("v/1.m4s");
  Put("v/media.m3u8", "1");
  Put("master.m3u8");
  Put("v/2.m4s");
  Put("v/media.m3u8", "1 2");
  EXPECT_EQ(Round(), (Paths{"v/1.m4s", "v/2.m4s"}));
  EXPECT_EQ(Round(), (Paths{"v/media.m3u8"}));
  EXPECT_EQ(Round(), (Paths{"master.m3u8"}));
  EXPECT_EQ(spool_->size(), 0u);
}

TEST_F(UploadSpoolTest, ARemovalWaitsForTheListThatTookTheOldOnesPlace) {
  Put("v/media.m3u8", "without 1");
  ASSERT_TRUE(spool_->Remove("v/1.m4s"));
  Put("v/9.m4s");
  Put("v/media.m3u8", "without 1, with 9");
  EXPECT_EQ(Round(), (Paths{"v/9.m4s"}));
  EXPECT_EQ(Round(), (Paths{"v/media.m3u8"}));
  EXPECT_EQ(Round(), (Paths{"-v/1.m4s"}));
}

TEST_F(UploadSpoolTest, ARestartForgetsNoneOfThat) {
  Put("v/1.m4s");
  Put("v/media.m3u8", "1");
  Put("master.m3u8");
  ASSERT_TRUE(spool_->Remove("v/0.m4s"));
  Put("v/2.m4s");
  Put("v/media.m3u8", "1 2");
  Open();
  EXPECT_EQ(Round(), (Paths{"v/1.m4s", "v/2.m4s"}));
  EXPECT_EQ(Round(), (Paths{"v/media.m3u8"}));
  EXPECT_EQ(Round(), (Paths{"master.m3u8"}));
  EXPECT_EQ(Round(), (Paths{"-v/0.m4s"}));
}

// Another packager has put newer lists by then, and the same media.
TEST_F(UploadSpoolTest, WhereOthersPutTheSameOldListsAreNotSent) {
  Put("v/1.m4s");
  Put("v/media.m3u8");
  Put("manifest.mpd");
  Put("master.m3u8");
  Open(true);
  EXPECT_EQ(Round(), (Paths{"v/1.m4s"}));
  EXPECT_EQ(spool_->size(), 0u);
  Put("v/media.m3u8");
  EXPECT_EQ(Round(), (Paths{"v/media.m3u8"})) << "what is new goes";
}

TEST_F(UploadSpoolTest, WhatIsPutAgainIsNotRemovedAndHoldsUpNobody) {
  ASSERT_TRUE(spool_->Remove("v/1.m4s"));
  const auto removal = ClaimAll();
  Put("v/1.m4s");
  Put("v/media.m3u8");
  EXPECT_EQ(ClaimAll().size(), 0u) << "its removal is still on its way";
  spool_->Release(removal.at(0));
  EXPECT_EQ(Round(), (Paths{"v/1.m4s"}));
  EXPECT_EQ(Round(), (Paths{"v/media.m3u8"}));
  EXPECT_EQ(spool_->size(), 0u);
}

TEST_F(UploadSpoolTest, ALeftoverThatNeverWasThereIsNotRemoved) {
  ASSERT_TRUE(spool_->RemoveLeftover("v/1.0.m4s"));
  EXPECT_EQ(spool_->size(), 0u);
}

TEST_F(UploadSpoolTest, ALeftoverThatWasSentIsRemovedOnce) {
  Put("v/1.0.m4s");
  Put("v/media.m3u8");
  Round();
  Round();
  Open();
  ASSERT_TRUE(spool_->RemoveLeftover("v/1.0.m4s"));
  ASSERT_TRUE(spool_->RemoveLeftover("v/1.0.m4s"));
  EXPECT_EQ(Round(), (Paths{"-v/1.0.m4s"}));
  ASSERT_TRUE(spool_->RemoveLeftover("v/1.0.m4s"));
  Open();
  ASSERT_TRUE(spool_->RemoveLeftover("v/1.0.m4s"));
  EXPECT_EQ(spool_->size(), 0u);
}

TEST_F(UploadSpoolTest, ALeftoverOnItsWayArrivesAndIsRemovedThen) {
  Put("v/1.0.m4s");
  ASSERT_EQ(ClaimAll().size(), 1u);  // and then the packager was killed
  Open();
  ASSERT_TRUE(spool_->RemoveLeftover("v/1.0.m4s"));
  EXPECT_EQ(Round(), (Paths{"v/1.0.m4s"}));
  EXPECT_EQ(Round(), (Paths{"-v/1.0.m4s"}));
  EXPECT_EQ(spool_->size(), 0u);
}

// What a power cut may leave of a file: its name, its length, or neither.
TEST_F(UploadSpoolTest, WhatIsNotWholeIsNotSentAndCountsAsLost) {
  const fs::path spool = directory_.path() / "spool";
  for (const char* path : {"init.mp4", "1.m4s", "2.m4s", "3.m4s", "4.m4s"}) {
    Put(path, "a text that is long enough to be cut");
  }
  ASSERT_TRUE(spool_->Flush());
  for (const auto& each : ClaimAll()) {
    if (each.path == "init.mp4") spool_->Done(each);
  }
  std::vector<fs::path> files;
  for (const auto& each : fs::directory_iterator(spool)) {
    if (each.path().extension() == ".put") files.push_back(each.path());
  }
  std::ranges::sort(files);
  ASSERT_EQ(files.size(), 5u) << "what was sent stays until it is written down";
  fs::resize_file(files[1], fs::file_size(files[1]) - 1);
  fs::resize_file(files[2], 0);
  fs::remove(files[3]);
  Open();
  EXPECT_EQ(spool_->damaged(), 2u);
  for (const char* path : {"1.m4s", "2.m4s", "3.m4s"}) {
    EXPECT_TRUE(spool_->HasLost(path)) << path;
  }
  EXPECT_FALSE(spool_->HasLost("init.mp4")) << "it was sent";
  EXPECT_FALSE(spool_->HasLost("4.m4s"));
  EXPECT_EQ(Round(), (Paths{"4.m4s"}));
}

TEST_F(UploadSpoolTest, ZeroesInPlaceOfAFileAreNotSent) {
  const fs::path spool = directory_.path() / "spool";
  Put("1.m4s", "a text");
  for (const auto& each : fs::directory_iterator(spool)) {
    if (each.path().extension() != ".put") continue;
    std::fstream content(each.path(), std::ios::in | std::ios::out);
    content.seekp(-3, std::ios::end);
    content.write("\0\0\0", 3);
  }
  Open();
  EXPECT_EQ(spool_->damaged(), 1u);
  EXPECT_EQ(Round(), Paths{});
}

TEST_F(UploadSpoolTest, WhatWasSentGoesFromTheDiskWithTheNextFlush) {
  const auto files = [&] {
    return std::ranges::count_if(
        fs::directory_iterator(directory_.path() / "spool"),
        [](const auto& each) { return each.path().extension() == ".put"; });
  };
  Put("1.m4s");
  ASSERT_TRUE(spool_->Flush());
  Round();
  EXPECT_EQ(files(), 1);
  ASSERT_TRUE(spool_->Flush());
  EXPECT_EQ(files(), 0);
}

TEST_F(UploadSpoolTest, WhatWasGivenUpIsNoLeftover) {
  Put("v/1.0.m4s");
  for (const auto& each : ClaimAll()) spool_->GiveUp(each);
  ASSERT_TRUE(spool_->RemoveLeftover("v/1.0.m4s"));
  EXPECT_EQ(spool_->size(), 0u);
}

TEST_F(UploadSpoolTest, OnlyWhatWasSentLatelyIsKnown) {
  const auto name = [](size_t i) { return "v/" + std::to_string(i) + ".m4s"; };
  constexpr size_t kSent = 6 * SentLog::kKept;
  SentLog log(directory_.path() / "log");
  log.Open();
  for (size_t i = 0; i < kSent; ++i) log.Note(name(i));
  log.NoteRemoved(name(kSent - 2));
  EXPECT_LT(fs::file_size(directory_.path() / "log"), 2'000'000u);
  SentLog again(directory_.path() / "log");
  again.Open();
  for (const SentLog* each : {&log, &again}) {
    EXPECT_TRUE(each->Has(name(kSent - 1)));
    EXPECT_FALSE(each->Has(name(kSent - 2)));
    EXPECT_TRUE(each->Has(name(kSent - SentLog::kKept)));
  }
  EXPECT_FALSE(log.Has(name(kSent - SentLog::kKept - 1)));
}

// An event with two tracks whose window slides, sent to an origin that answers
// in any order and fails now and then, by a packager that is restarted.
class SlidingEvent {
 public:
  explicit SlidingEvent(uint32_t seed) : random_(seed) {}

  bool Chance(int in) {
    return std::uniform_int_distribution<int>(1, in)(random_) == 1;
  }
  size_t Any(size_t count) {
    return std::uniform_int_distribution<size_t>(0, count - 1)(random_);
  }
  static std::string Segment(const std::string& track, int number) {
    return track + "/" + std::to_string(number) + ".m4s";
  }

 private:
  std::mt19937 random_;
};

// Paths and texts as the origin has them; a playlist's text is a path a line.
class CheckedOrigin {
 public:
  void Take(const std::string& path, bool removal, const std::string& text) {
    if (removal) {
      files_.erase(path);
    } else {
      files_[path] = text;
    }
    for (const auto& [file, names] : files_) {
      if (!file.ends_with(".m3u8")) continue;
      for (size_t at = 0; at < names.size();) {
        const size_t end = names.find('\n', at);
        const std::string named = names.substr(at, end - at);
        EXPECT_TRUE(files_.contains(named))
            << file << " names " << named << " after " << path;
        at = end + 1;
      }
    }
  }
  const std::map<std::string, std::string>& files() const { return files_; }

 private:
  std::map<std::string, std::string> files_;
};

TEST_F(UploadSpoolTest, AtNoMomentIsAPlaylistThereThatNamesWhatIsNot) {
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    fs::remove_all(directory_.path() / "spool");
    Open();
    SlidingEvent event(seed);
    CheckedOrigin origin;
    std::vector<UploadSpool::Entry> in_flight;
    int newest = 0;
    const auto deliver = [&](const UploadSpool::Entry& entry) {
      std::string text;
      if (!entry.removal) {
        const auto bytes = spool_->Read(entry);
        ASSERT_TRUE(bytes);
        text.assign(bytes->begin(), bytes->end());
      }
      origin.Take(entry.path, entry.removal, text);
    };
    const auto answer_one = [&] {
      const size_t which = event.Any(in_flight.size());
      const UploadSpool::Entry entry = in_flight[which];
      in_flight.erase(in_flight.begin() + static_cast<ptrdiff_t>(which));
      if (event.Chance(4)) return spool_->Release(entry);
      deliver(entry);
      spool_->Done(entry);
    };
    const auto grow = [&] {
      ++newest;
      constexpr int kWindow = 3;
      const int oldest = std::max(1, newest - kWindow + 1);
      const std::vector<std::string> tracks = {"v", "a"};
      for (const auto& track : tracks) Put(event.Segment(track, newest));
      for (const auto& track : tracks) {
        std::string list;
        for (int i = oldest; i <= newest; ++i) {
          list += event.Segment(track, i) + "\n";
        }
        Put(track + "/media.m3u8", list);
      }
      if (newest == 1 || event.Chance(5)) {
        Put("master.m3u8", "v/media.m3u8\na/media.m3u8\n");
      }
      for (const auto& track : tracks) {
        if (oldest > 1) {
          ASSERT_TRUE(spool_->Remove(event.Segment(track, oldest - 1)));
        }
      }
    };
    for (int step = 0; step < 400; ++step) {
      if (event.Chance(8)) grow();
      if (event.Chance(400)) {
        ASSERT_TRUE(spool_->Flush());
      }
      if (event.Chance(60)) {
        // The packager was killed; some of it had arrived.
        while (!in_flight.empty()) {
          if (event.Chance(2)) deliver(in_flight.back());
          in_flight.pop_back();
        }
        Open();
      }
      if (in_flight.size() < 6 && event.Chance(2)) {
        if (auto entry = spool_->Claim()) in_flight.push_back(*entry);
      }
      if (!in_flight.empty() && event.Chance(3)) answer_one();
    }
    for (int step = 0; spool_->size() > 0 && step < 10'000; ++step) {
      while (auto entry = spool_->Claim()) in_flight.push_back(*entry);
      ASSERT_FALSE(in_flight.empty()) << "nothing may go, and something waits";
      answer_one();
    }
    ASSERT_EQ(spool_->size(), 0u);
    // The window of both tracks, two lists, one that names them.
    ASSERT_GT(newest, 3);
    EXPECT_EQ(origin.files().size(), 9u);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace usher

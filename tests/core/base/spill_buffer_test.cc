#include "core/base/spill_buffer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <random>
#include <string>

#include "tests/support/temp_dir.h"

namespace usher {
namespace {

namespace fs = std::filesystem;
using testing::TempDir;

constexpr size_t kMuch = 128 * 1024;

std::string TextFrom(const SpillBuffer& buffer, uint64_t from) {
  const auto contents = buffer.Read(from);
  EXPECT_TRUE(contents) << contents.error().OneLine();
  std::string text;
  for (const ByteView piece : contents->pieces) text += AsText(piece);
  return text;
}

std::string Line(std::mt19937& random) {
  return std::string(random() % 300, static_cast<char>('a' + random() % 26)) +
         "\n";
}

TEST(SpillBuffer, ReadsAsWhatWasAdded) {
  const TempDir directory;
  std::mt19937 random(1);
  for (const fs::path& place : {directory.path(), fs::path()}) {
    SpillBuffer buffer(place);
    std::string all;
    for (int i = 0; i < 5000; ++i) {
      const std::string line = Line(random);
      buffer.Append(AsBytes(line));
      all += line;
      if (i % 100 != 0) continue;
      const uint64_t from = random() % (all.size() + 1);
      ASSERT_EQ(TextFrom(buffer, from), all.substr(from)) << i;
    }
    EXPECT_EQ(buffer.size(), all.size());
    EXPECT_EQ(TextFrom(buffer, 0), all);
    EXPECT_EQ(TextFrom(buffer, all.size()), "");
  }
}

TEST(SpillBuffer, KeepsLittleInMemoryAndNoName) {
  const TempDir directory;
  SpillBuffer buffer(directory.path());
  for (int i = 0; i < 100; ++i) {
    buffer.Append(Bytes(10'000, 'x'));
    EXPECT_LE(buffer.in_memory(), kMuch);
  }
  EXPECT_EQ(buffer.size(), 1'000'000U);
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

TEST(SpillBuffer, StaysInMemoryForAsLongAsNothingCanBeWritten) {
  const TempDir directory;
  const fs::path later = directory.path() / "later";
  SpillBuffer buffer(later);
  std::mt19937 random(2);
  std::string all;
  const auto add = [&] {
    const std::string line = Line(random);
    buffer.Append(AsBytes(line));
    all += line;
  };
  while (all.size() < 3 * kMuch) add();
  EXPECT_EQ(buffer.in_memory(), all.size());
  EXPECT_EQ(TextFrom(buffer, 1000), all.substr(1000));
  fs::create_directory(later);
  while (all.size() < 4 * kMuch) add();
  EXPECT_LE(buffer.in_memory(), kMuch);
  EXPECT_EQ(TextFrom(buffer, 1000), all.substr(1000));
}

// No file of this process may be longer: a write ends in the middle, the next
// fails.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_DFL);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(SpillBuffer, LosesNothingWhereTheDiskIsFull) {
  const TempDir directory;
  SpillBuffer buffer(directory.path());
  std::mt19937 random(3);
  std::string all;
  const auto add_until = [&](size_t size) {
    while (all.size() < size) {
      const std::string line = Line(random);
      buffer.Append(AsBytes(line));
      all += line;
    }
  };
  {
    const FileSizeLimit limit(100'000);
    add_until(4 * kMuch);
    EXPECT_GT(buffer.in_memory(), 3 * kMuch);
    EXPECT_LT(buffer.in_memory(), all.size()) << "some was written";
    EXPECT_EQ(TextFrom(buffer, 0), all);
  }
  add_until(5 * kMuch);
  EXPECT_LE(buffer.in_memory(), kMuch);
  EXPECT_EQ(TextFrom(buffer, 0), all);
}

}  // namespace
}  // namespace usher

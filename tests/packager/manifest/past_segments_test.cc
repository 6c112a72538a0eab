#include "packager/manifest/past_segments.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "tests/support/temp_dir.h"

namespace usher::manifest {
namespace {

SegmentRecord Numbered(uint64_t number) {
  SegmentRecord segment;
  segment.number = number;
  segment.start = 10 * number;
  segment.duration = 10;
  segment.bytes = 1000 + number;
  segment.parts.resize(2);
  return segment;
}

std::vector<uint64_t> NumbersFrom(const PastSegments& past, size_t from) {
  std::vector<uint64_t> numbers;
  const auto read = past.ForEach(from, [&](const SegmentRecord& segment) {
    EXPECT_EQ(segment.bytes, 1000 + segment.number);
    EXPECT_TRUE(segment.parts.empty());
    numbers.push_back(segment.number);
  });
  EXPECT_TRUE(read);
  return numbers;
}

TEST(PastSegments, AreReadAgainFromAnyOn) {
  constexpr uint64_t kSegments = 5000;
  const testing::TempDir directory;
  PastSegments past(directory.path());
  EXPECT_TRUE(past.empty());
  EXPECT_TRUE(NumbersFrom(past, 0).empty());
  std::vector<uint64_t> numbers;
  for (uint64_t number = 7; number < 7 + kSegments; ++number) {
    ASSERT_TRUE(past.Add(Numbered(number), number));
    numbers.push_back(number);
  }
  EXPECT_EQ(past.size(), kSegments);
  EXPECT_EQ(past.first().number, 7U);
  EXPECT_EQ(NumbersFrom(past, 0), numbers);
  EXPECT_EQ(NumbersFrom(past, kSegments - 3),
            std::vector(numbers.end() - 3, numbers.end()));
  EXPECT_TRUE(NumbersFrom(past, kSegments).empty());
  EXPECT_EQ(past.ticks(), 10 * kSegments);
  EXPECT_EQ(past.peak(), 6 + kSegments);
}

TEST(PastSegments, ACopyIsOneOfItsOwn) {
  const testing::TempDir directory;
  PastSegments past(directory.path());
  for (uint64_t number = 1; number <= 3; ++number) {
    ASSERT_TRUE(past.Add(Numbered(number), 0));
  }
  PastSegments copy = past;
  ASSERT_TRUE(past.Add(Numbered(4), 0));
  EXPECT_EQ(NumbersFrom(copy, 0), (std::vector<uint64_t>{1, 2, 3}));
  ASSERT_TRUE(copy.Add(Numbered(14), 0));
  ASSERT_TRUE(past.Add(Numbered(5), 0));
  EXPECT_EQ(NumbersFrom(copy, 0), (std::vector<uint64_t>{1, 2, 3, 14}));
  EXPECT_EQ(NumbersFrom(past, 1), (std::vector<uint64_t>{2, 3, 4, 5}));
}

TEST(PastSegments, TellOneOfEachKind) {
  PastSegments past;
  for (uint64_t number = 1; number <= 30; ++number) {
    SegmentRecord segment = Numbered(number);
    segment.gap = number % 7 == 0;
    segment.kid.emplace().bytes[0] = number > 20;
    segment.sap_type = number == 25 ? 3 : 1;
    ASSERT_TRUE(past.Add(segment, 0));
    EXPECT_EQ(past.independent(), number < 25);
  }
  EXPECT_EQ(past.kinds().size(), 4U);
}

}  // namespace
}  // namespace usher::manifest

// A small file that says enormous things of itself costs no memory.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>
#include <string_view>

#include "tests/packager/cli/run_usher.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

constexpr long kLimitKilobytes = 512 * 1024;

long PeakKilobytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

// Every box of `type` says that it has this many entries.
std::string WithCount(std::string film, std::string_view type, size_t field,
                      std::string_view count) {
  for (size_t at = film.find(type); at != std::string::npos;
       at = film.find(type, at + 1)) {
    if (at + field + 4 <= film.size()) film.replace(at + field, 4, count);
  }
  return film;
}

TEST(AbsurdTables, AreAnErrorAndNotAnAllocation) {
  struct Table {
    std::string_view type;
    size_t field;  // where the number of entries lies, from the type on
  };
  const std::string film = ReadFile(TestMedia("small.mp4"));
  for (const Table& table :
       {Table{"stts", 8}, Table{"ctts", 8}, Table{"stsc", 8}, Table{"stco", 8},
        Table{"stss", 8}, Table{"elst", 8}, Table{"stsd", 8}, Table{"stsz", 12},
        Table{"stsz", 8}, Table{"dref", 8}}) {
    for (const std::string_view count :
         {"\xff\xff\xff\xff", "\x7f\xff\xff\xff", "\x0f\xff\xff\xff"}) {
      SCOPED_TRACE(table.type);
      const TempDir directory;
      WriteFile(directory / "film.mp4",
                WithCount(film, table.type, table.field, count));
      RunUsher({"package", directory / "film.mp4", "--output",
                directory / "out", "--encryption", "none", "--quiet"});
      ASSERT_LT(PeakKilobytes(), kLimitKilobytes);
    }
  }
}

}  // namespace
}  // namespace usher::testing

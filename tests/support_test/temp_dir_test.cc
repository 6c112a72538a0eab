#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

namespace usher::testing {
namespace {

TEST(TempDir, IsGoneWithEverythingInIt) {
  std::filesystem::path path;
  {
    const TempDir dir;
    path = dir.path();
    std::filesystem::create_directories(dir / "a/b");
    WriteFile(dir / "a/b/file", std::string("x\0y", 3));
    EXPECT_EQ(ReadFile(dir / "a/b/file"), std::string("x\0y", 3));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TempDir, IsEachTestsOwn) {
  const TempDir one;
  const TempDir two;
  EXPECT_NE(one.path(), two.path());
}

}  // namespace
}  // namespace usher::testing

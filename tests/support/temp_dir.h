// A directory of a test's own, gone with everything in it when the test ends.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace usher::testing {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

// The whole file. Aborts the test program where that cannot be done: a test
// that goes on without its input would prove nothing.
std::string ReadFile(const std::filesystem::path& file);
void WriteFile(const std::filesystem::path& file, std::string_view contents);

}  // namespace usher::testing

// Which media an origin took last, on disk: what a run that was killed has left
// there and no list will ever name. Text, a path a line; "-" in front of one
// that was removed again. Kept short. Not thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unordered_set>

namespace usher {

class SentLog {
 public:
  // The parts of a minute and more of a long ladder in two schemes.
  static constexpr size_t kKept = 16'384;

  explicit SentLog(std::filesystem::path file) : file_(std::move(file)) {}

  // Takes up what an earlier run wrote; there may be nothing.
  void Open();
  // What cannot be written down is not known later: no error.
  void Note(std::string_view path);
  void NoteRemoved(std::string_view path);
  bool Has(const std::string& path) const { return sent_.contains(path); }
  // Whether an earlier run wrote one.
  bool found() const { return found_; }

 private:
  void Read(const std::string& line);
  void Append(std::string_view sign, std::string_view path);
  void Rewrite();

  std::filesystem::path file_;
  std::ofstream out_;
  bool found_ = false;
  size_t lines_ = 0;               // in the file
  std::deque<std::string> order_;  // oldest first, with what went since
  std::unordered_set<std::string> sent_;
};

}  // namespace usher

#include "packager/storage/sent_log.h"

#include <system_error>

namespace usher {

namespace fs = std::filesystem;

void SentLog::Open() {
  std::ifstream in(file_);
  found_ = in.is_open();
  std::string line;
  // One without a line feed was cut off.
  while (std::getline(in, line) && !in.eof()) Read(line);
  Rewrite();
}

void SentLog::Read(const std::string& line) {
  if (line.starts_with('-')) {
    sent_.erase(line.substr(1));
  } else if (sent_.insert(line).second) {
    order_.push_back(line);
  }
}

void SentLog::Note(std::string_view path) {
  if (!sent_.emplace(path).second) return;
  order_.emplace_back(path);
  while (order_.size() > kKept) {
    sent_.erase(order_.front());
    order_.pop_front();
  }
  Append("", path);
}

void SentLog::NoteRemoved(std::string_view path) {
  if (sent_.erase(std::string(path)) != 0) Append("-", path);
}

void SentLog::Append(std::string_view sign, std::string_view path) {
  out_ << sign << path << "\n" << std::flush;
  if (++lines_ > 4 * kKept) Rewrite();
}

void SentLog::Rewrite() {
  const fs::path fresh = file_.string() + ".new";
  std::deque<std::string> kept;
  {
    std::ofstream out(fresh, std::ios::trunc);
    for (std::string& path : order_) {
      if (!sent_.contains(path)) continue;
      out << path << "\n";
      kept.push_back(std::move(path));
    }
  }
  order_ = std::move(kept);
  lines_ = order_.size();
  std::error_code ignored;
  fs::rename(fresh, file_, ignored);
  out_ = std::ofstream(file_, std::ios::app);
}

}  // namespace usher

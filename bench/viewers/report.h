// What a crowd met with.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/viewers/connection.h"

namespace usher::viewers {

enum class What : uint8_t { kOpening, kPlaylist, kInit, kSegment };

class Report {
 public:
  void Answered(What what, const Response& response);
  void Joined(Clock::duration since_opening);
  void Stalled(Clock::duration length, bool first_of_this_viewer);

  // Nothing failed, everybody joined, and no picture stood still.
  bool IsClean(size_t viewers) const;
  // One object: viewers, joined, join_ms, stalls, requests, errors, bytes,
  // first_byte_ms. Times are milliseconds, errors a count for each kind, as in
  // "segment 404" or "playlist reset".
  std::string ToJson(size_t viewers, Clock::duration length) const;

 private:
  std::map<What, std::vector<float>> first_byte_;  // milliseconds
  std::map<std::string, size_t> errors_;
  std::vector<float> join_;
  size_t stalls_ = 0;
  size_t stalled_viewers_ = 0;
  double stalled_seconds_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace usher::viewers

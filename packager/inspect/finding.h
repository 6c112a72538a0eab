// What `usher inspect` found, one line each.
//
// A place is a file relative to the presentation and what in it, never a URL:
// a session credential lies in URLs (docs/inspect.md).
#pragma once

#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace usher::inspect {

enum class Severity {
  kError,    // breaks a rule of a standard, or does not play
  kWarning,  // allowed, but some players or viewers suffer
  kNote,     // worth knowing; also what could not be judged
};

struct Finding {
  Severity severity = Severity::kError;
  std::string check;   // a stable name: "hls-target-duration"
  std::string place;   // "v720/media.m3u8:12", "v720/3.m4s"
  std::string what;    // one sentence without its full stop
  std::string clause;  // "RFC 8216bis 4.4.3.1"; empty: none

  // "error: PLACE: WHAT [CHECK; CLAUSE]", always one line.
  std::string OneLine() const;
  // The same as a JSON object.
  std::string Json() const;
};

// Findings in the order in which they were made; the same one twice is kept
// once, for several manifests may name one segment. Behind the first ten
// thousand they are only counted: a damaged presentation can hold millions.
// Not thread-safe.
class Findings {
 public:
  void Add(Finding finding);
  void Error(std::string check, std::string place, std::string what,
             std::string clause);
  void Warning(std::string check, std::string place, std::string what,
               std::string clause);
  void Note(std::string check, std::string place, std::string what,
            std::string clause = {});

  const std::vector<Finding>& all() const { return all_; }
  size_t Count(Severity severity) const;

 private:
  std::vector<Finding> all_;
  std::set<std::string> seen_;
  std::array<size_t, 3> counts_{};  // by severity
};

std::string_view SeverityName(Severity severity);

// "6.006 s", "1500000 bit/s".
std::string InSeconds(double seconds);
std::string InBitrate(double bits_per_second);

}  // namespace usher::inspect

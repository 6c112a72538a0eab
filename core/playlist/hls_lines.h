// An HLS playlist as lines: tags with their attributes, and URIs
// (draft-pantos-hls-rfc8216bis section 4.1 and 4.2). Knows how a line is
// written and nothing of what it means; that is hls_reader.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace usher::playlist {

// What a reader found to break a MUST of the standard, with the section.
struct ReadProblem {
  size_t line = 0;  // from 1
  std::string what;
  std::string section;  // of rfc8216bis: "4.2"
};

struct HlsAttribute {
  std::string name;
  std::string value;  // without its quotes
  bool quoted = false;
};

struct HlsLine {
  size_t line = 0;                       // from 1
  std::string name;                      // "EXT-X-KEY"; empty: a URI
  std::string value;                     // behind the colon, or the URI
  std::vector<HlsAttribute> attributes;  // of tags that take a list

  bool IsUri() const { return name.empty(); }
  // Null where the attribute is not there.
  const HlsAttribute* Find(std::string_view attribute) const;
  // Empty where the attribute is not there.
  std::string_view Get(std::string_view attribute) const;
};

struct HlsLines {
  std::vector<HlsLine> lines;  // comments and blank lines are left out
  std::vector<ReadProblem> problems;
};

// Takes any text; what cannot be read is a problem, and reading goes on.
HlsLines SplitHls(std::string_view text);

}  // namespace usher::playlist

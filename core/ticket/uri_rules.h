// Which URIs a Common Access Token is good for: its `catu` claim, rules for the
// parts of a URI (CTA-5007-B). Immutable and thread-safe.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ticket/cbor.h"
#include "core/ticket/uri_container.h"

namespace usher::ticket {

class UriRules {
 public:
  // Refuses parts and ways to match we do not know, and two for one part. The
  // error is a static text for the log.
  static std::expected<UriRules, const char*> Read(const Cbor& catu);

  // `uri` normalised and without the token (request_uri.h).
  bool Hold(std::string_view uri) const;
  // Whether they name one path.
  bool NameOnePath() const;

 private:
  enum class Match : int8_t {
    kExact = 0,
    kPrefix = 1,
    kSuffix = 2,
    kContains = 3,
    kRegex = 4,
    kSha256 = -1,
  };
  struct Rule {
    int64_t part;
    Match match;
    std::string value;
    std::optional<UriContainer> regex;
  };
  static std::expected<Rule, const char*> ReadRule(int64_t part,
                                                   const Cbor& how);
  static bool Holds(const Rule& rule, std::string_view value);

  std::vector<Rule> rules_;
};

}  // namespace usher::ticket

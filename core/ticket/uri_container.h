// Which URIs a signed token is good for: the URI Container of RFC 9246 section
// 2.1.15, "hash:" or "regex:".
//
// Regular expressions are POSIX Extended ones over the whole URI, in the POSIX
// locale (bytes). RE2 runs them in time linear in the URI; one whose program
// would take more than 256 KiB is refused. Immutable and thread-safe.
#pragma once

#include <expected>
#include <memory>
#include <string_view>

#include "core/crypto/digest.h"

namespace re2 {
class RE2;
}

namespace usher::ticket {

class UriContainer {
 public:
  // The error is a static text for the log.
  static std::expected<UriContainer, const char*> Parse(std::string_view text);

  UriContainer(UriContainer&&) noexcept;
  UriContainer& operator=(UriContainer&&) noexcept;
  ~UriContainer();

  // A "hash:" holds one URI.
  bool IsHash() const { return regex_ == nullptr; }
  // `uri` normalised and without the token (request_uri.h).
  bool Holds(std::string_view uri) const;

 private:
  UriContainer();

  crypto::Sha256Digest hash_{};
  std::unique_ptr<re2::RE2> regex_;
};

}  // namespace usher::ticket

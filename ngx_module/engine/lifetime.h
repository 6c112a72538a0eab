// How long a cache may keep what a path names, decided by what it is
// (core/layout): bytes that never change for a year, playlists as long as the
// origin says and briefly otherwise, keys never, and what is missing for less
// than a second. RFC 9111; rfc8216bis appendix B for playlists.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace usher::engine {

struct Lifetime {
  enum class Keep {
    kUnknown,  // not of this layout: as nginx is configured
    kNever,
    kSeconds,  // at most `seconds`
  };
  Keep keep = Keep::kUnknown;
  uint32_t seconds = 0;
  // For those behind; empty where what the upstream said stands.
  std::string_view cache_control = {};
};

inline constexpr uint32_t kForever = 31'536'000;

// `path` is canonical; `blocking` where the request names a media sequence
// number. `upstream` is for how long the answer is still fresh by its own
// header: max-age less Age.
Lifetime LifetimeOf(std::string_view path, bool blocking, int status,
                    std::optional<uint32_t> upstream);

}  // namespace usher::engine

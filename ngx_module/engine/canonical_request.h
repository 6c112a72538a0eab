// The request as everything behind the module sees it: no credential in the
// path, only arguments that are part of the cache key, one spelling each.
//
// What the cache stores under a key is what the origin was asked for, so the
// rules are strict: a path or argument that could be read in two ways is
// refused (facts: a decoded '?' in a path poisoned a cache).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace usher::engine {

struct CanonicalRequest {
  // The path element behind a leading /s/, of whatever shape; empty if none.
  std::string_view credential;
  // The rest: [A-Za-z0-9._~/-], no empty or dot elements, not below /s/.
  std::string_view path;
  // _HLS_msn, _HLS_part, _HLS_skip in this order, playlists only.
  std::string args;
};

// `path` is decoded and normalised, as nginx leaves it in r->uri; `args` is
// the raw query. Nothing where the answer is 400.
std::optional<CanonicalRequest> Canonicalise(std::string_view path,
                                             std::string_view args);

}  // namespace usher::engine

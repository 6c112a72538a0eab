#include "ngx_module/engine/lifetime.h"

#include <algorithm>

#include "core/layout/layout.h"

namespace usher::engine {
namespace {

constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";
constexpr std::string_view kBrief = "public, max-age=1";
// An origin that errs must not freeze a live event: more than half of a
// target duration that anyone uses, and six of them for blocking answers.
constexpr uint32_t kLongestPlaylist = 6;
constexpr uint32_t kLongestBlocking = 60;

Lifetime Immutable() {
  return {Lifetime::Keep::kSeconds, kForever, kImmutable};
}

Lifetime Playlist(bool blocking, std::optional<uint32_t> upstream) {
  if (!upstream) return {Lifetime::Keep::kSeconds, 1, kBrief};
  const uint32_t longest = blocking ? kLongestBlocking : kLongestPlaylist;
  return {Lifetime::Keep::kSeconds, std::clamp(*upstream, 1U, longest)};
}

Lifetime Found(layout::Kind kind, bool blocking,
               std::optional<uint32_t> upstream) {
  switch (kind) {
    case layout::Kind::kInit:
    case layout::Kind::kSegment:
    case layout::Kind::kPart:
      return Immutable();
    case layout::Kind::kMultivariant:
    case layout::Kind::kMpd:
    case layout::Kind::kMediaPlaylist:
      return Playlist(blocking, upstream);
    case layout::Kind::kKey:
    case layout::Kind::kLicence:
      return {Lifetime::Keep::kNever};
    case layout::Kind::kOther:
      break;
  }
  return {};
}

// What is missing may be about to appear; a part is, within milliseconds.
Lifetime Missing(layout::Kind kind) {
  switch (kind) {
    case layout::Kind::kPart:
    case layout::Kind::kKey:
    case layout::Kind::kLicence:
      return {Lifetime::Keep::kNever};
    default:
      return {Lifetime::Keep::kSeconds, 1};
  }
}

}  // namespace

Lifetime LifetimeOf(std::string_view path, bool blocking, int status,
                    std::optional<uint32_t> upstream) {
  const auto resource = layout::Classify(path);
  if (!resource) return {};
  switch (status) {
    case 200:
    case 206:
      return Found(resource->kind, blocking, upstream);
    case 404:
    case 410:
      return Missing(resource->kind);
    default:
      return {Lifetime::Keep::kNever};
  }
}

}  // namespace usher::engine

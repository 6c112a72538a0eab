#include "ngx_module/lifetime_bridge.h"

#include <algorithm>
#include <limits>

#include "core/layout/layout.h"
#include "ngx_module/engine/lifetime.h"
#include "ngx_module/engine/seam.h"

using usher::engine::Lifetime;
using usher::engine::Text;

namespace {

bool IsBlocking(usher_view_t args) {
  return Text(args).starts_with("_HLS_msn=");
}

std::optional<uint32_t> Fresh(int64_t upstream) {
  if (upstream < 0) return std::nullopt;
  return static_cast<uint32_t>(
      std::min<int64_t>(upstream, std::numeric_limits<uint32_t>::max()));
}

}  // namespace

usher_lifetime_t usher_lifetime(usher_view_t path, usher_view_t args,
                                int status, int64_t upstream) noexcept {
  const Lifetime lifetime = usher::engine::LifetimeOf(
      Text(path), IsBlocking(args), status, Fresh(upstream));
  return {.decided = lifetime.keep != Lifetime::Keep::kUnknown,
          .seconds = lifetime.seconds,
          .cache_control = usher::engine::View(lifetime.cache_control)};
}

int usher_may_be_held(usher_view_t path, usher_view_t args) noexcept {
  const auto resource = usher::layout::Classify(Text(path));
  if (!resource) return 0;
  return resource->kind == usher::layout::Kind::kPart ||
         (resource->kind == usher::layout::Kind::kMediaPlaylist &&
          IsBlocking(args));
}

int usher_may_wait(usher_view_t path, usher_view_t args) noexcept {
  const auto resource = usher::layout::Classify(Text(path));
  if (!resource) return 0;
  return resource->kind == usher::layout::Kind::kPart ||
         (resource->kind == usher::layout::Kind::kMediaPlaylist &&
          !Text(args).empty());
}

int usher_is_prompt_playlist(usher_view_t path, usher_view_t args) noexcept {
  const auto resource = usher::layout::Classify(Text(path));
  if (!resource || IsBlocking(args)) return 0;
  switch (resource->kind) {
    case usher::layout::Kind::kMultivariant:
    case usher::layout::Kind::kMediaPlaylist:
    case usher::layout::Kind::kMpd:
      return 1;
    default:
      return 0;
  }
}

#include "ngx_module/lifetime_bridge.h"

#include <algorithm>
#include <limits>

#include "ngx_module/engine/lifetime.h"
#include "ngx_module/engine/seam.h"

using usher::engine::Lifetime;
using usher::engine::Text;

namespace {

std::optional<uint32_t> Fresh(int64_t upstream) {
  if (upstream < 0) return std::nullopt;
  return static_cast<uint32_t>(
      std::min<int64_t>(upstream, std::numeric_limits<uint32_t>::max()));
}

}  // namespace

usher_lifetime_t usher_lifetime(usher_view_t path, usher_view_t args,
                                int status, int64_t upstream) noexcept {
  const bool blocking = Text(args).starts_with("_HLS_msn=");
  const Lifetime lifetime =
      usher::engine::LifetimeOf(Text(path), blocking, status, Fresh(upstream));
  return {.decided = lifetime.keep != Lifetime::Keep::kUnknown,
          .seconds = lifetime.seconds,
          .cache_control = usher::engine::View(lifetime.cache_control)};
}

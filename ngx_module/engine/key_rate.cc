#include "ngx_module/engine/key_rate.h"

#include <string>

#include "core/base/bytes.h"
#include "core/layout/layout.h"

namespace usher::engine {

uint32_t AskKey(House& house, const session::SessionId& sid,
                std::string_view path, uint32_t now) {
  constexpr Rate kRate = {.per_minute = 120, .burst = 120};
  // Most are segments, and need not be taken apart to see that.
  if (path.find("/key/") == std::string_view::npos) return 0;
  const auto resource = layout::Classify(path);
  if (!resource || (resource->kind != layout::Kind::kKey &&
                    resource->kind != layout::Kind::kLicence)) {
    return 0;
  }
  std::string what = "key ";
  what += AsText(sid);
  if (resource->kid) what += AsText(resource->kid->view());
  const uint32_t wait = house.Wait(AsBytes(what), kRate, now);
  if (wait == 0) house.Spend(AsBytes(what), kRate, now);
  return wait;
}

}  // namespace usher::engine

// How often one session may ask for one content key. Some players fetch the key
// once a segment, so 120 a minute, and as many at once, are for honest ones.
#pragma once

#include <cstdint>
#include <string_view>

#include "ngx_module/engine/house.h"

namespace usher::engine {

// Seconds until it may ask; 0: it does so now. Licences of a session count
// together, and what is neither key nor licence not at all.
uint32_t AskKey(House& house, const session::SessionId& sid,
                std::string_view path, uint32_t now);

}  // namespace usher::engine

// Carries out a signed list of revocations (usher_revocations).
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/error.h"
#include "core/ticket/revocation_list.h"
#include "ngx_module/engine/house.h"
#include "ngx_module/engine/state_file.h"

namespace usher::engine {

// What was new in the list, which is in force and on the disk now, and last
// that this list was followed; nothing where the box has followed it before. An
// older one is an error.
Result<std::vector<StateRecord>> Follow(const ticket::RevocationList& list,
                                        House& house, StateFile& state,
                                        uint32_t now);

}  // namespace usher::engine

// Carries out a signed list of revocations (usher_revocations).
#pragma once

#include <cstdint>

#include "core/base/error.h"
#include "core/ticket/revocation_list.h"
#include "ngx_module/engine/house.h"
#include "ngx_module/engine/state_file.h"

namespace usher::engine {

// True where the list is newer than the newest this box has followed, and is in
// force and on the disk now. An older one is an error; entries that are in
// force already are not written again.
Result<bool> Follow(const ticket::RevocationList& list, House& house,
                    StateFile& state, uint32_t now);

}  // namespace usher::engine

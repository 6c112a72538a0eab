// A new master key for a key store that is in use.
//
//   1. the master key file gets the new key before the old ones: whoever reads
//      it opens what either sealed
//   2. each sealed file is replaced by the same key sealed under the new one
//   3. later, when nobody seals under the old ones any more: they are dropped
//
// Each step is a rename, so the store opens whenever this ends, by whatever
// means; asked again it goes on where it was. A reader that meets a file sealed
// under a key it does not know yet must read the master key file again.
#pragma once

#include <cstddef>
#include <filesystem>

#include "core/base/error.h"
#include "core/base/random_source.h"

namespace usher::keys {

struct MasterRotation {
  size_t resealed = 0;       // keys that were under an old one until now
  size_t already = 0;        // keys that were under the new one
  bool resumed = false;      // the new key was there from an earlier run
  size_t older_masters = 0;  // that the file still holds
};

// Steps 1 and 2, and with `finish` instead of a new key 2 and 3. BadInput where
// a key does not open; nothing is dropped then. One at a time: another process
// is refused while this runs.
Result<MasterRotation> RotateMaster(const std::filesystem::path& store,
                                    const std::filesystem::path& master_file,
                                    bool finish, RandomSource& random);

}  // namespace usher::keys

// Brings the sealed keys of an event to where the origin reads them.
#pragma once

#include <vector>

#include "core/base/error.h"
#include "core/keys/key_id.h"
#include "packager/config/live_settings.h"

namespace usher::live {

// Copies each to <key-output>/<event>/<kid>.key, whole or not at all: into a
// directory, or by PUT, which is tried for some seconds. Nothing where the user
// named no --key-output.
Status CopyKeys(const config::LiveOptions& options,
                const std::vector<keys::KeyId>& kids);

}  // namespace usher::live

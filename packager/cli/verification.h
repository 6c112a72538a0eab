// usher package --verify: judges what was just written the way `usher inspect`
// judges anyone's, with the keys from the key store.
#pragma once

#include "core/base/error.h"
#include "packager/config/package_settings.h"
#include "packager/pipeline/package.h"

namespace usher::cli {

// Prints what was found: JSON objects to stdout, lines for people to stderr.
// Fails where an error was found, for then it does not play everywhere.
Status Verify(const PackageReport& report,
              const config::PackageOptions& options);

}  // namespace usher::cli

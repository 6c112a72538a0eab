// What `usher package` made, told to a person or to a program.
#pragma once

#include <string>

#include "packager/pipeline/package.h"

namespace usher::cli {

// Several lines, for a person. Names KIDs, never keys.
std::string FormatForPeople(const PackageReport& report, bool dry_run);

// One JSON object a line: "track" and "presentation" for each, then "package".
std::string FormatAsJson(const PackageReport& report, bool dry_run);

}  // namespace usher::cli

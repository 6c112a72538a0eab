// Reads `--config FILE`: a YAML map whose keys are the flags' names.
//
// Every mistake is one line, "file:line: what; mend": an unknown key (with the
// nearest known one), a wrong type, a duplicate key, a bad value. yaml-cpp and
// its exceptions stay inside.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "packager/config/package_settings.h"

namespace usher::config {

Result<PackageSettings> ReadYamlConfig(const std::filesystem::path& file);

// The same from text; `name` stands for the file in messages.
Result<PackageSettings> ParseYamlConfig(std::string_view text,
                                        const std::string& name);

}  // namespace usher::config

// Reads `--config FILE`: a YAML map whose keys are the flags' names.
//
// Every mistake is one line, "file:line: what; mend": an unknown key (with the
// nearest known one), a wrong type, a duplicate key, a bad value. yaml-cpp and
// its exceptions stay inside.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "packager/config/package_settings.h"
#include "packager/config/setting_table.h"

namespace usher::config {

Result<PackageSettings> ReadYamlConfig(const std::filesystem::path& file);
// The same for another table, into the settings its rows assign to.
Status ReadYamlConfig(const std::filesystem::path& file,
                      std::span<const Setting> table,
                      PackageSettings& settings);

// The same from text; `name` stands for the file in messages.
Result<PackageSettings> ParseYamlConfig(std::string_view text,
                                        const std::string& name);

}  // namespace usher::config

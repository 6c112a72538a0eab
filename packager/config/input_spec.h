// One input as the user names it: PATH[,lang=en][,role=main][,name=v720].
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace usher::config {

struct InputSpec {
  std::filesystem::path path;
  std::optional<std::string> language;  // BCP 47
  std::optional<std::string> role;      // urn:mpeg:dash:role:2011
  std::optional<std::string> name;      // a track name (core/layout)
};

// Attributes are read from the end, so a path that holds a comma works as long
// as what follows its last comma is no KEY=VALUE. An error's `where` is empty:
// the caller knows whether a flag or a line of YAML was read.
Result<InputSpec> ParseInputSpec(std::string_view text);

// One attribute; `key` is lang, role or name.
Status SetInputAttribute(InputSpec& input, std::string_view key,
                         std::string_view value);

}  // namespace usher::config

// A subtitle file as the user names it:
// LANG:PATH[,sdh][,forced][,default][,label=TEXT][,name=s-eng].
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace usher::config {

struct SubtitleSpec {
  std::filesystem::path path;
  std::string language;              // BCP 47
  std::optional<std::string> label;  // as a viewer's menu shows it
  std::optional<std::string> name;   // a track name (core/layout)
  bool sdh = false;                  // for the deaf and hard of hearing
  bool forced = false;  // foreign speech only; shown without being asked for
  bool is_default = false;
};

// Options are read from the end, so a path that holds a comma works as long as
// what follows its last comma is no option. An error's `where` is empty.
Result<SubtitleSpec> ParseSubtitleSpec(std::string_view text);

// One entry of a YAML map: `key` is lang, path, label, name, sdh, forced or
// default.
Status SetSubtitleAttribute(SubtitleSpec& subtitle, std::string_view key,
                            std::string_view value);

// What only shows when all was said. An error's `where` is empty.
Status CheckSubtitle(const SubtitleSpec& subtitle);

}  // namespace usher::config

#include "packager/config/subtitle_spec.h"

#include <array>

#include "core/layout/layout.h"
#include "packager/config/language_tag.h"

namespace usher::config {
namespace {

constexpr char kShape[] =
    "write LANG:PATH[,sdh][,forced][,default][,label=TEXT][,name=s-eng], such "
    "as en:film.en.vtt";

std::string Quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

struct Option {
  std::string_view key;
  std::string_view value;
};

// The last ",OPTION" of `text`, taken off it; nothing where it ends in none.
std::optional<Option> TakeLastOption(std::string_view& text) {
  constexpr std::array<std::string_view, 3> kSwitches = {"sdh", "forced",
                                                         "default"};
  constexpr std::array<std::string_view, 2> kValues = {"label", "name"};
  const size_t comma = text.rfind(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::string_view tail = text.substr(comma + 1);
  for (const std::string_view key : kSwitches) {
    if (tail != key) continue;
    text = text.substr(0, comma);
    return Option{key, "true"};
  }
  for (const std::string_view key : kValues) {
    if (!tail.starts_with(key) || !tail.substr(key.size()).starts_with('=')) {
      continue;
    }
    text = text.substr(0, comma);
    return Option{key, tail.substr(key.size() + 1)};
  }
  return std::nullopt;
}

Status SetSwitch(bool& field, std::string_view value) {
  if (value != "true" && value != "false") {
    return BadInput({}, Quoted(value) + " is neither true nor false",
                    "write true or false");
  }
  field = value == "true";
  return {};
}

Status SetName(SubtitleSpec& subtitle, std::string_view value) {
  if (!layout::IsTrackName(value)) {
    return BadInput({}, "name " + Quoted(value) + " is no track name",
                    "use lower-case letters, digits and '-', at most 63, and "
                    "none of key, aes-128, cbcs, cenc, none");
  }
  subtitle.name = std::string(value);
  return {};
}

Status SetLanguage(SubtitleSpec& subtitle, std::string_view value) {
  if (!IsLanguageTag(value)) {
    return BadInput({}, Quoted(value) + " is no language tag",
                    "write one as in BCP 47, such as en or pt-BR");
  }
  subtitle.language = std::string(value);
  return {};
}

}  // namespace

Result<SubtitleSpec> ParseSubtitleSpec(std::string_view text) {
  SubtitleSpec subtitle;
  std::string_view rest = text;
  while (const auto option = TakeLastOption(rest)) {
    const auto set = SetSubtitleAttribute(subtitle, option->key, option->value);
    if (!set) return std::unexpected(set.error());
  }
  const size_t colon = rest.find(':');
  if (colon == std::string_view::npos) {
    return BadInput({}, Quoted(text) + " names no language", kShape);
  }
  for (const Option& option : {Option{"lang", rest.substr(0, colon)},
                               Option{"path", rest.substr(colon + 1)}}) {
    const auto set = SetSubtitleAttribute(subtitle, option.key, option.value);
    if (!set) return std::unexpected(set.error());
  }
  if (const auto checked = CheckSubtitle(subtitle); !checked) {
    return std::unexpected(checked.error());
  }
  return subtitle;
}

Status SetSubtitleAttribute(SubtitleSpec& subtitle, std::string_view key,
                            std::string_view value) {
  if (key == "lang") return SetLanguage(subtitle, value);
  if (key == "name") return SetName(subtitle, value);
  if (key == "sdh") return SetSwitch(subtitle.sdh, value);
  if (key == "forced") return SetSwitch(subtitle.forced, value);
  if (key == "default") return SetSwitch(subtitle.is_default, value);
  if (key == "path") {
    subtitle.path = value;
    return {};
  }
  if (key == "label") {
    if (value.empty()) {
      return BadInput({}, "the label is empty", "leave it out");
    }
    subtitle.label = std::string(value);
    return {};
  }
  return BadInput({}, "subtitle option " + Quoted(key) + " is unknown",
                  "use lang, path, label, name, sdh, forced or default");
}

Status CheckSubtitle(const SubtitleSpec& subtitle) {
  if (subtitle.path.empty()) return BadInput({}, "has no path", kShape);
  if (subtitle.language.empty()) {
    return BadInput({}, "names no language", "add lang, such as en");
  }
  if (subtitle.forced && subtitle.sdh) {
    return BadInput({}, "is both forced and sdh",
                    "keep the one that is true of the file");
  }
  return {};
}

}  // namespace usher::config

#include "packager/config/input_spec.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/layout/layout.h"
#include "packager/config/language_tag.h"

namespace usher::config {
namespace {

struct Attribute {
  std::string_view key;
  std::string_view value;
};

// The last ",KEY=VALUE" of `text`, taken off it; nothing where it ends in none.
// Any lower-case word counts as a key, so that a misspelt one is told, not
// taken for a part of the path.
std::optional<Attribute> TakeLastAttribute(std::string_view& text) {
  const size_t comma = text.rfind(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::string_view tail = text.substr(comma + 1);
  const size_t equals = tail.find('=');
  if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
  const std::string_view key = tail.substr(0, equals);
  const bool is_word =
      std::ranges::all_of(key, [](char c) { return c >= 'a' && c <= 'z'; });
  if (!is_word) return std::nullopt;
  text = text.substr(0, comma);
  return Attribute{key, tail.substr(equals + 1)};
}

// ISO/IEC 23009-1 5.8.5.5, those that fit audio and video.
constexpr std::array<std::string_view, 7> kRoles = {
    "main",
    "alternate",
    "supplementary",
    "commentary",
    "dub",
    "description",
    "enhanced-audio-intelligibility"};

Status Assign(std::optional<std::string>& field, std::string_view key,
              std::string_view value) {
  if (field) {
    return BadInput("", std::string(key) + " is given twice for one input",
                    "give it once");
  }
  field = std::string(value);
  return {};
}

std::string Quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

}  // namespace

Result<InputSpec> ParseInputSpec(std::string_view text) {
  InputSpec input;
  std::string_view path = text;
  while (const auto attribute = TakeLastAttribute(path)) {
    Status status = SetInputAttribute(input, attribute->key, attribute->value);
    if (!status) return std::unexpected(std::move(status).error());
  }
  if (path.empty()) {
    return BadInput("", "input " + Quoted(text) + " has no path",
                    "write PATH[,lang=en][,role=main][,name=v720]");
  }
  input.path = std::filesystem::path(path);
  return input;
}

Status SetInputAttribute(InputSpec& input, std::string_view key,
                         std::string_view value) {
  if (key == "lang") {
    if (!IsLanguageTag(value)) {
      return BadInput("", "lang " + Quoted(value) + " is no language tag",
                      "write one as in BCP 47, such as en or pt-BR");
    }
    return Assign(input.language, key, value);
  }
  if (key == "role") {
    if (std::ranges::find(kRoles, value) == kRoles.end()) {
      return BadInput("", "role " + Quoted(value) + " is unknown",
                      "use main, alternate, supplementary, commentary, dub, "
                      "description or enhanced-audio-intelligibility");
    }
    return Assign(input.role, key, value);
  }
  if (key == "name") {
    if (!layout::IsTrackName(value)) {
      return BadInput(
          "", "name " + Quoted(value) + " is no track name",
          "use lower-case letters, digits and '-', at most 63, and none "
          "of key, aes-128, cbcs, cenc, none");
    }
    return Assign(input.name, key, value);
  }
  return BadInput("", "input attribute " + Quoted(key) + " is unknown",
                  "use lang, role or name");
}

}  // namespace usher::config

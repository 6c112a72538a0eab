#include "packager/config/yaml_config.h"

#include <yaml-cpp/yaml.h>

#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "packager/config/nearest_name.h"
#include "packager/config/setting_table.h"

namespace usher::config {
namespace {

// A configuration is a page of text; a larger file is the wrong one.
constexpr size_t kMaxFileSize = 1 << 20;

// Which line of which file a message is about.
class Position {
 public:
  Position(std::string file, const YAML::Mark& mark) : text_(std::move(file)) {
    // yaml-cpp counts from 0, and has -1 for what is nowhere.
    if (mark.line >= 0) text_ += ":" + std::to_string(mark.line + 1);
  }
  std::unexpected<Error> Wrong(std::string what, std::string mend) const {
    return BadInput(text_, std::move(what), std::move(mend));
  }

 private:
  std::string text_;
};

class Reader {
 public:
  Reader(std::string file, std::span<const Setting> table,
         PackageSettings& settings)
      : file_(std::move(file)), table_(table), settings_(settings) {}
  Status Read(const YAML::Node& root);

 private:
  Status ReadEntry(const YAML::Node& key, const YAML::Node& value);
  Status AssignAll(const Setting& setting, const YAML::Node& value);
  Status AssignOne(const Setting& setting, const YAML::Node& value);
  // Hands each entry of `map` to `set`.
  using SetEntry =
      std::function<Status(std::string_view key, std::string_view value)>;
  Status ReadMap(const std::string& setting, const YAML::Node& map,
                 const SetEntry& set, const char* mend) const;
  Status ReadInputMap(const YAML::Node& map);
  Status ReadSubtitleMap(const YAML::Node& map);
  const Setting* Find(std::string_view name) const;
  std::string SuggestionFor(std::string_view name) const;
  Position At(const YAML::Node& node) const { return {file_, node.Mark()}; }

  std::string file_;
  std::span<const Setting> table_;
  PackageSettings& settings_;
  std::set<std::string> seen_;
};

Status Reader::Read(const YAML::Node& root) {
  if (root.IsNull()) return {};
  if (!root.IsMap()) {
    return At(root).Wrong("is no map of settings",
                          "write one 'setting: value' a line");
  }
  for (const auto& entry : root) {
    Status status = ReadEntry(entry.first, entry.second);
    if (!status) return status;
  }
  return {};
}

const Setting* Reader::Find(std::string_view name) const {
  for (const Setting& setting : table_) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

std::string Reader::SuggestionFor(std::string_view name) const {
  std::vector<std::string_view> names;
  for (const Setting& setting : table_) {
    names.push_back(setting.name);
  }
  const std::string_view nearest = NearestName(name, names);
  if (nearest.empty()) return "see --help";
  return "did you mean '" + std::string(nearest) + "'?";
}

std::string HowToWrite(const Setting& setting) {
  return setting.kind == SettingKind::kSwitch
             ? "write true or false"
             : "write " + std::string(setting.argument) + " on the same line";
}

Status Reader::ReadEntry(const YAML::Node& key, const YAML::Node& value) {
  if (!key.IsScalar()) {
    return At(key).Wrong("a setting's name is not plain text",
                         "write 'setting: value'");
  }
  const std::string& name = key.Scalar();
  const Setting* setting = Find(name);
  if (setting == nullptr) {
    return At(key).Wrong("unknown setting '" + name + "'", SuggestionFor(name));
  }
  if (!seen_.insert(name).second) {
    return At(key).Wrong("'" + name + "' is set twice", "keep one of them");
  }
  if (value.IsNull()) {
    // An empty value's own mark may be lines further down.
    return At(key).Wrong(name + ": has no value", HowToWrite(*setting));
  }
  return AssignAll(*setting, value);
}

Status Reader::AssignAll(const Setting& setting, const YAML::Node& value) {
  if (!value.IsSequence()) return AssignOne(setting, value);
  if (setting.kind != SettingKind::kList) {
    return At(value).Wrong(std::string(setting.name) + ": takes one value",
                           "write it without a list");
  }
  for (const YAML::Node& item : value) {
    Status status = AssignOne(setting, item);
    if (!status) return status;
  }
  return {};
}

Status Reader::AssignOne(const Setting& setting, const YAML::Node& value) {
  if (value.IsMap() && setting.name == "inputs") return ReadInputMap(value);
  if (value.IsMap() && setting.name == "subtitle") {
    return ReadSubtitleMap(value);
  }
  if (!value.IsScalar()) {
    return At(value).Wrong(std::string(setting.name) + ": is no plain value",
                           HowToWrite(setting));
  }
  Status status = setting.assign(settings_, value.Scalar());
  if (status) return status;
  return At(value).Wrong(std::string(setting.name) + ": " + status.error().what,
                         status.error().mend);
}

Status Reader::ReadInputMap(const YAML::Node& map) {
  InputSpec input;
  // A map needs no guessing where the path ends, so any comma is the path's.
  Status read = ReadMap(
      "inputs", map,
      [&](auto key, auto value) -> Status {
        if (key != "path") return SetInputAttribute(input, key, value);
        input.path = value;
        return {};
      },
      "use path, lang, role or name");
  if (!read) return read;
  if (input.path.empty()) {
    return At(map).Wrong("inputs: an input has no path", "add 'path: FILE'");
  }
  settings_.inputs.push_back(std::move(input));
  return {};
}

Status Reader::ReadSubtitleMap(const YAML::Node& map) {
  SubtitleSpec subtitle;
  Status read = ReadMap(
      "subtitle", map,
      [&](auto key, auto value) {
        return SetSubtitleAttribute(subtitle, key, value);
      },
      "use lang, path, label, name, sdh, forced or default");
  if (!read) return read;
  if (const Status checked = CheckSubtitle(subtitle); !checked) {
    return At(map).Wrong("subtitle: " + checked.error().what,
                         checked.error().mend);
  }
  settings_.subtitles.push_back(std::move(subtitle));
  return {};
}

Status Reader::ReadMap(const std::string& setting, const YAML::Node& map,
                       const SetEntry& set, const char* mend) const {
  std::set<std::string> seen;
  for (const auto& entry : map) {
    const YAML::Node& key = entry.first;
    const YAML::Node& value = entry.second;
    if (!key.IsScalar() || !value.IsScalar()) {
      return At(key).Wrong(setting + ": is no 'attribute: value'", mend);
    }
    if (!seen.insert(key.Scalar()).second) {
      return At(key).Wrong(setting + ": '" + key.Scalar() + "' is set twice",
                           "keep one of them");
    }
    const Status status = set(key.Scalar(), value.Scalar());
    if (status) continue;
    return At(value).Wrong(setting + ": " + status.error().what,
                           status.error().mend);
  }
  return {};
}

Result<std::string> ReadText(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    return BadInput(file.string(), "is a directory", "name a YAML file");
  }
  std::ifstream stream(file, std::ios::binary);
  std::string text(kMaxFileSize + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.is_open() || stream.bad()) {
    return BadInput(file.string(), "cannot be read",
                    "check --config and the file's permissions");
  }
  text.resize(static_cast<size_t>(stream.gcount()));
  if (text.size() > kMaxFileSize) {
    return BadInput(file.string(), "is larger than 1 MiB",
                    "check that --config names a YAML file");
  }
  return text;
}

Status Parse(std::string_view text, const std::string& name,
             std::span<const Setting> table, PackageSettings& settings) {
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    return Reader(name, table, settings).Read(root);
  } catch (const YAML::Exception& error) {
    return Position(name, error.mark)
        .Wrong("is no valid YAML (" + error.msg + ")",
               "write one 'setting: value' a line");
  }
}

}  // namespace

Result<PackageSettings> ReadYamlConfig(const std::filesystem::path& file) {
  PackageSettings settings;
  auto read = ReadYamlConfig(file, PackageSettingTable(), settings);
  if (!read) return std::unexpected(std::move(read).error());
  return settings;
}

Status ReadYamlConfig(const std::filesystem::path& file,
                      std::span<const Setting> table,
                      PackageSettings& settings) {
  const auto text = ReadText(file);
  if (!text) return std::unexpected(text.error());
  return Parse(*text, file.string(), table, settings);
}

Result<PackageSettings> ParseYamlConfig(std::string_view text,
                                        const std::string& name) {
  PackageSettings settings;
  auto read = Parse(text, name, PackageSettingTable(), settings);
  if (!read) return std::unexpected(std::move(read).error());
  return settings;
}

}  // namespace usher::config

#include "packager/text/markup.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace usher::text {
namespace {

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// The colours for which WebVTT has a class (5.2 of its standard).
std::string_view ColourClass(std::string_view colour) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8>
      kColours = {{{"white", "#ffffff"},
                   {"lime", "#00ff00"},
                   {"cyan", "#00ffff"},
                   {"red", "#ff0000"},
                   {"yellow", "#ffff00"},
                   {"magenta", "#ff00ff"},
                   {"blue", "#0000ff"},
                   {"black", "#000000"}}};
  for (const auto& [name, hex] : kColours) {
    if (colour == name || colour == hex || colour == hex.substr(1)) return name;
  }
  return {};
}

// The value of color="..." in a tag's text, in lower case.
std::string ColourOf(std::string_view tag) {
  const std::string lower = LowerCase(tag);
  size_t at = lower.find("color=");
  if (at == std::string::npos) return {};
  at += 6;
  std::string value;
  for (; at < lower.size(); ++at) {
    const char c = lower[at];
    if (c == '"' || c == '\'') continue;
    if (!IsLetter(c) && !(c >= '0' && c <= '9') && c != '#') break;
    value += c;
  }
  return value;
}

// Numeric keypad: 7 to 9 are the top of the picture, 1, 4 and 7 its left.
std::string SettingsOfAlignment(int place) {
  std::string settings;
  const auto add = [&](std::string_view setting) {
    if (!settings.empty()) settings += ' ';
    settings += setting;
  };
  if (place >= 7) add("line:0");
  if (place >= 4 && place <= 6) add("line:50%");
  if (place % 3 == 1) add("position:0% align:start");
  if (place % 3 == 0) add("position:100% align:end");
  return settings;
}

// Reads one cue's text; lives for one call.
class Converter {
 public:
  Converter(std::string_view text, bool has_tags)
      : rest_(text), has_tags_(has_tags) {}

  MarkedText Run() {
    while (!rest_.empty()) {
      if (rest_.starts_with("{\\") && Override()) continue;
      if (rest_.front() == '\\' && !has_tags_ && Escape()) continue;
      if (rest_.front() == '<' && has_tags_ && Tag()) continue;
      Character(rest_.front());
      rest_.remove_prefix(1);
    }
    while (!open_.empty()) CloseLast();
    return {CleanPayload(out_), settings_};
  }

 private:
  // "{\i1\an8}", all of it.
  bool Override() {
    const size_t end = rest_.find('}');
    if (end == std::string_view::npos) return false;
    std::string_view codes = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    while (!codes.empty()) {
      codes.remove_prefix(1);  // the backslash
      const size_t next = std::min(codes.find('\\'), codes.size());
      OneOverride(codes.substr(0, next));
      codes.remove_prefix(next);
    }
    return true;
  }

  void OneOverride(std::string_view code) {
    if (code.starts_with("an") && code.size() >= 3 && code[2] >= '1' &&
        code[2] <= '9') {
      settings_ = SettingsOfAlignment(code[2] - '0');
    } else if (code.size() == 2 && code[0] == 'p') {
      drawing_ = code[1] != '0';
    } else if (code.size() == 2 && (code[1] == '0' || code[1] == '1') &&
               std::string_view("biu").contains(code[0])) {
      const std::string name(1, code[0]);
      code[1] == '1' ? Open(name, name) : Close(name);
    }
  }

  // "\N" and "\n" are line ends, "\h" is a hard space.
  bool Escape() {
    if (rest_.size() < 2) return false;
    const char kind = rest_[1];
    if (kind != 'N' && kind != 'n' && kind != 'h') return false;
    if (!drawing_) out_ += kind == 'h' ? "\xC2\xA0" : "\n";
    rest_.remove_prefix(2);
    return true;
  }

  bool Tag() {
    const size_t end = rest_.find('>');
    if (end == std::string_view::npos) return false;
    std::string_view tag = rest_.substr(1, end - 1);
    const bool closes = tag.starts_with('/');
    if (closes) tag.remove_prefix(1);
    size_t letters = 0;
    while (letters < tag.size() && IsLetter(tag[letters])) ++letters;
    const std::string name = LowerCase(tag.substr(0, letters));
    const bool known = name == "b" || name == "i" || name == "u" ||
                       name == "s" || name == "font";
    if (!known || (letters < tag.size() && tag[letters] != ' ')) return false;
    rest_.remove_prefix(end + 1);
    if (closes) {
      Close(name);
    } else if (name == "font") {
      const std::string_view colour = ColourClass(ColourOf(tag));
      Open(name, colour.empty() ? "" : "c." + std::string(colour));
    } else {
      Open(name, name == "s" ? "" : name);
    }
    return true;
  }

  // `written` is the WebVTT tag; empty where there is none for `name`.
  void Open(const std::string& name, const std::string& written) {
    if (open_.size() == kMostOpen) return;
    open_.emplace_back(name, written);
    if (!written.empty()) out_ += "<" + written + ">";
  }

  // Tags must nest: what was opened later is closed with it.
  void Close(const std::string& name) {
    const auto is_it = [&](const auto& open) { return open.first == name; };
    if (std::ranges::none_of(open_, is_it)) return;
    while (open_.back().first != name) CloseLast();
    CloseLast();
  }

  void CloseLast() {
    const std::string& written = open_.back().second;
    if (!written.empty()) out_ += "</" + written.substr(0, 1) + ">";
    open_.pop_back();
  }

  void Character(char c) {
    if (drawing_) return;
    switch (c) {
      case '<':
        out_ += "&lt;";
        break;
      case '>':
        out_ += "&gt;";
        break;
      case '&':
        out_ += IsEntity() ? "&" : "&amp;";
        break;
      default:
        out_ += c;
    }
  }

  bool IsEntity() const {
    constexpr std::array<std::string_view, 6> kEntities = {
        "&amp;", "&lt;", "&gt;", "&nbsp;", "&lrm;", "&rlm;"};
    return std::ranges::any_of(kEntities, [&](std::string_view entity) {
      return rest_.starts_with(entity);
    });
  }

  static constexpr size_t kMostOpen = 16;

  std::string_view rest_;
  bool has_tags_;
  bool drawing_ = false;
  std::string out_;
  std::string settings_;
  std::vector<std::pair<std::string, std::string>> open_;
};

std::string_view Trimmed(std::string_view line) {
  constexpr std::string_view kSpace = " \t\f";
  const size_t begin = line.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(kSpace) + 1 - begin);
}

std::string WithoutControls(std::string_view line) {
  std::string clean(line);
  std::erase_if(clean, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
  return clean;
}

}  // namespace

MarkedText FromSubRip(std::string_view text) {
  return Converter(text, true).Run();
}

MarkedText FromAss(std::string_view text) {
  return Converter(text, false).Run();
}

std::string CleanPayload(std::string_view text) {
  std::string payload;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string line = WithoutControls(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view trimmed = Trimmed(line);
    if (trimmed.empty()) continue;
    if (!payload.empty()) payload += '\n';
    payload += trimmed;
  }
  for (size_t at; (at = payload.find("-->")) != std::string::npos;) {
    payload.replace(at, 3, "--&gt;");
  }
  return payload;
}

}  // namespace usher::text

#include "packager/inspect/finding.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

namespace usher::inspect {
namespace {

// Playlists are other people's text: no line end and no terminal escape of
// theirs reaches the terminal.
std::string WithoutControls(std::string text) {
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return text;
}

}  // namespace

std::string Finding::OneLine() const {
  std::string line(SeverityName(severity));
  line += ": " + place + ": " + what + " [" + check;
  if (!clause.empty()) line += "; " + clause;
  return WithoutControls(line + "]");
}

std::string Finding::Json() const {
  const nlohmann::ordered_json object = {
      {"severity", SeverityName(severity)},
      {"check", check},
      {"place", place},
      {"what", what},
      {"clause", clause},
  };
  return object.dump(-1, ' ', false,
                     nlohmann::ordered_json::error_handler_t::replace);
}

void Findings::Add(Finding finding) {
  constexpr size_t kKept = 10'000;
  const bool full = all_.size() == kKept;
  if (!full && !seen_.insert(finding.OneLine()).second) return;
  ++counts_[static_cast<size_t>(finding.severity)];
  if (!full) all_.push_back(std::move(finding));
}

void Findings::Error(std::string check, std::string place, std::string what,
                     std::string clause) {
  Add({Severity::kError, std::move(check), std::move(place), std::move(what),
       std::move(clause)});
}

void Findings::Warning(std::string check, std::string place, std::string what,
                       std::string clause) {
  Add({Severity::kWarning, std::move(check), std::move(place), std::move(what),
       std::move(clause)});
}

void Findings::Note(std::string check, std::string place, std::string what,
                    std::string clause) {
  Add({Severity::kNote, std::move(check), std::move(place), std::move(what),
       std::move(clause)});
}

size_t Findings::Count(Severity severity) const {
  return counts_[static_cast<size_t>(severity)];
}

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      break;
  }
  return "note";
}

std::string InSeconds(double seconds) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6g s", std::round(seconds * 1e6) / 1e6);
  return text;
}

std::string InBitrate(double bits_per_second) {
  char text[64];
  std::snprintf(text, sizeof text, "%.0f bit/s", bits_per_second);
  return text;
}

}  // namespace usher::inspect

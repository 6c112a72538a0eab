#include "packager/pipeline/text_plan.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "packager/input/text_tracks.h"
#include "packager/text/subtitle_file.h"
#include "packager/text/text_cutter.h"
#include "packager/track/language.h"

namespace usher {
namespace {

std::string RoleOf(bool forced, bool sdh) {
  if (forced) return "forced-subtitle";
  return sdh ? "caption" : "subtitle";
}

std::string Count(size_t number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

// Cues that lie in front of the film go; the film cuts those it is in.
void Shift(text::Time shift, text::Subtitles& subtitles) {
  for (text::Cue& cue : subtitles.cues) {
    cue.start = std::max(cue.start + shift, text::Time{});
    cue.end += shift;
  }
  std::erase_if(subtitles.cues,
                [](const text::Cue& cue) { return cue.end <= cue.start; });
}

class Planner {
 public:
  Planner(std::span<const std::string> taken, text::Time film_end)
      : taken_(taken), film_end_(film_end) {}

  Status AddFiles(std::span<const config::SubtitleSpec> files);
  Status AddInput(const TextInput& input, const Interrupt& interrupt);
  TextPlan Take() { return std::move(plan_); }

 private:
  Status Add(PlannedText planned, const std::string& where);
  bool Has(const std::string& language, const std::string& role) const;
  std::string FreeName(const std::string& language) const;
  bool IsTaken(const std::string& name) const;

  std::span<const std::string> taken_;
  text::Time film_end_;
  TextPlan plan_;
};

Status Planner::AddFiles(std::span<const config::SubtitleSpec> files) {
  for (const config::SubtitleSpec& file : files) {
    auto read = text::ReadSubtitleFile(file.path);
    if (!read) return std::unexpected(std::move(read).error());
    plan_.warnings.insert(plan_.warnings.end(), read->warnings.begin(),
                          read->warnings.end());
    PlannedText planned;
    planned.language = ShortestLanguage(file.language);
    planned.role = RoleOf(file.forced, file.sdh);
    planned.label = file.label.value_or("");
    planned.is_default = file.is_default;
    planned.subtitles = std::move(read->subtitles);
    if (file.name && IsTaken(*file.name)) {
      return BadInput(file.path.string(),
                      "the track name " + *file.name + " is taken",
                      "give each track a name of its own");
    }
    planned.name = file.name.value_or("");
    if (auto added = Add(std::move(planned), file.path.string()); !added) {
      return added;
    }
  }
  const auto defaults =
      std::ranges::count_if(files, &config::SubtitleSpec::is_default);
  if (defaults <= 1) return {};
  return BadInput("--subtitle", "more than one is the default",
                  "say default of one");
}

Status Planner::AddInput(const TextInput& input, const Interrupt& interrupt) {
  auto read = ReadTextTracks(input.file, interrupt);
  if (!read) return std::unexpected(std::move(read).error());
  plan_.warnings.insert(plan_.warnings.end(), read->warnings.begin(),
                        read->warnings.end());
  std::vector<PlannedText> wanted;
  for (TextTrack& track : read->tracks) {
    PlannedText planned;
    planned.language = track.language;
    planned.role = RoleOf(track.forced, track.sdh);
    planned.label = track.title;
    planned.subtitles = std::move(track.subtitles);
    if (Has(planned.language, planned.role)) continue;
    Shift(input.shift, planned.subtitles);
    wanted.push_back(std::move(planned));
  }
  for (PlannedText& planned : wanted) {
    if (planned.subtitles.cues.empty()) continue;
    if (auto added = Add(std::move(planned), input.file->where()); !added) {
      return added;
    }
  }
  return {};
}

Status Planner::Add(PlannedText planned, const std::string& where) {
  const size_t behind = text::EndAt(film_end_, planned.subtitles);
  if (planned.subtitles.cues.empty()) {
    return BadInput(where, "all its subtitles lie behind the film's end",
                    "name the subtitles of this film");
  }
  if (behind > 0) {
    plan_.warnings.push_back(where + ": " + Count(behind, "cue") +
                             " behind the film's end left out");
  }
  if (planned.name.empty()) planned.name = FreeName(planned.language);
  plan_.texts.push_back(std::move(planned));
  return {};
}

bool Planner::Has(const std::string& language, const std::string& role) const {
  return std::ranges::any_of(plan_.texts, [&](const PlannedText& text) {
    return text.language == language && text.role == role;
  });
}

std::string Planner::FreeName(const std::string& language) const {
  const std::string wanted = "s-" + ThreeLetterLanguage(language);
  std::string name = wanted;
  for (int i = 2; IsTaken(name); ++i) name = wanted + "-" + std::to_string(i);
  return name;
}

bool Planner::IsTaken(const std::string& name) const {
  return std::ranges::find(taken_, name) != taken_.end() ||
         std::ranges::find(plan_.texts, name, &PlannedText::name) !=
             plan_.texts.end();
}

}  // namespace

Result<TextPlan> PlanText(std::span<const config::SubtitleSpec> files,
                          std::span<const TextInput> inputs,
                          std::span<const std::string> taken,
                          text::Time film_end, const Interrupt& interrupt) {
  Planner planner(taken, film_end);
  if (auto added = planner.AddFiles(files); !added) {
    return std::unexpected(std::move(added).error());
  }
  for (const TextInput& input : inputs) {
    if (auto added = planner.AddInput(input, interrupt); !added) {
      return std::unexpected(std::move(added).error());
    }
  }
  return planner.Take();
}

}  // namespace usher

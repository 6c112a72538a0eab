#include "packager/pipeline/track_choice.h"

#include <algorithm>
#include <optional>

#include "core/layout/layout.h"
#include "packager/track/language.h"

namespace usher {
namespace {

class Chooser {
 public:
  Chooser(std::span<const config::InputSpec> specs,
          std::span<const MediaFile> files)
      : specs_(specs), files_(files) {}
  Result<TrackChoice> Run();

 private:
  Status ChooseVideo(size_t input);
  Status ChooseSound(size_t input);
  bool Has(const ChosenTrack& wanted) const;
  Status Add(ChosenTrack chosen, const std::string& default_name);
  // The codec tells tracks apart that are otherwise named alike.
  std::string FreeName(const std::string& wanted, Codec codec) const;
  bool IsTaken(const std::string& name) const;

  std::span<const config::InputSpec> specs_;
  std::span<const MediaFile> files_;
  TrackChoice choice_;
};

Result<TrackChoice> Chooser::Run() {
  for (size_t i = 0; i < files_.size(); ++i) {
    for (const std::string& warning : files_[i].warnings()) {
      choice_.warnings.push_back(files_[i].where() + ": " + warning);
    }
    if (auto chosen = ChooseVideo(i); !chosen) {
      return std::unexpected(chosen.error());
    }
  }
  for (size_t i = 0; i < files_.size(); ++i) {
    if (auto chosen = ChooseSound(i); !chosen) {
      return std::unexpected(chosen.error());
    }
  }
  return std::move(choice_);
}

Status Chooser::ChooseVideo(size_t input) {
  std::optional<Error> problem;
  for (size_t i = 0; i < files_[input].tracks().size(); ++i) {
    const InputTrack& candidate = files_[input].tracks()[i];
    if (candidate.track.kind != TrackKind::kVideo) continue;
    if (!candidate.problem) {
      ChosenTrack chosen{candidate.track, input, i};
      return Add(chosen, "v" + std::to_string(candidate.track.height));
    }
    problem = candidate.problem;
  }
  if (!problem) return {};
  return std::unexpected(*std::move(problem));
}

Status Chooser::ChooseSound(size_t input) {
  std::optional<Error> problem;
  bool usable = false;
  for (size_t i = 0; i < files_[input].tracks().size(); ++i) {
    const InputTrack& candidate = files_[input].tracks()[i];
    if (candidate.track.kind != TrackKind::kAudio) continue;
    if (candidate.problem) {
      problem = candidate.problem;
      continue;
    }
    usable = true;
    ChosenTrack chosen{candidate.track, input, i};
    if (const auto& language = specs_[input].language) {
      chosen.track.language = ShortestLanguage(*language);
    }
    if (const auto& role = specs_[input].role) chosen.track.role = *role;
    if (Has(chosen)) continue;
    const std::string name = "a-" + ThreeLetterLanguage(chosen.track.language);
    if (auto added = Add(std::move(chosen), name); !added) return added;
  }
  if (!problem) return {};
  if (!usable) return std::unexpected(*std::move(problem));
  choice_.warnings.push_back(problem->where + ": " + problem->what +
                             "; it is left out");
  return {};
}

bool Chooser::Has(const ChosenTrack& wanted) const {
  return std::ranges::any_of(choice_.tracks, [&](const ChosenTrack& chosen) {
    const Track& track = chosen.track;
    return track.kind == TrackKind::kAudio &&
           track.language == wanted.track.language &&
           track.role == wanted.track.role &&
           track.codec == wanted.track.codec &&
           (chosen.input != wanted.input ||
            track.channels == wanted.track.channels);
  });
}

Status Chooser::Add(ChosenTrack chosen, const std::string& default_name) {
  const config::InputSpec& spec = specs_[chosen.input];
  if (spec.role) chosen.track.role = *spec.role;
  const bool named =
      spec.name && std::ranges::none_of(choice_.tracks, [&](const auto& other) {
        return other.input == chosen.input;
      });
  if (named && IsTaken(*spec.name)) {
    return BadInput(files_[chosen.input].where(),
                    "the track name " + *spec.name + " is taken",
                    "give each input a name of its own");
  }
  chosen.track.name =
      named ? *spec.name : FreeName(default_name, chosen.track.codec);
  choice_.tracks.push_back(std::move(chosen));
  return {};
}

std::string Chooser::FreeName(const std::string& wanted, Codec codec) const {
  const auto same = std::ranges::find(
      choice_.tracks, wanted,
      [](const ChosenTrack& chosen) { return chosen.track.name; });
  std::string name = wanted;
  if (same != choice_.tracks.end() && same->track.codec != codec) {
    name += std::string("-") + ShortNameOf(codec);
  }
  for (int i = 2; IsTaken(name); ++i) name = wanted + "-" + std::to_string(i);
  return name;
}

bool Chooser::IsTaken(const std::string& name) const {
  return std::ranges::any_of(choice_.tracks, [&](const ChosenTrack& chosen) {
    return chosen.track.name == name;
  });
}

}  // namespace

Result<TrackChoice> ChooseTracks(std::span<const config::InputSpec> specs,
                                 std::span<const MediaFile> files) {
  return Chooser(specs, files).Run();
}

}  // namespace usher

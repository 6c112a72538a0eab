// Which subtitles a presentation has: the files the user names, and the text
// tracks inside its inputs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/config/subtitle_spec.h"
#include "packager/input/input_file.h"
#include "packager/input/interrupt.h"
#include "packager/text/cue.h"

namespace usher {

struct PlannedText {
  std::string name;      // directory: "s-eng"
  std::string language;  // BCP 47; "und" where unknown
  std::string role;      // DASH: "subtitle", "caption", "forced-subtitle"
  std::string label;     // empty: by language
  bool is_default = false;
  text::Subtitles subtitles;  // on the film's clock, within the film
};

struct TextInput {
  InputFilePtr file;
  // What to add to the input's clock for the film's.
  text::Time shift{};
};

struct TextPlan {
  std::vector<PlannedText> texts;
  std::vector<std::string> warnings;
};

// `inputs` are those that hold subtitles. A named file stands in for a track of
// the same language and role, and the first input that has one for the others.
// `taken` are the names of other tracks. Fails (BadInput) where a named file
// cannot be used.
Result<TextPlan> PlanText(std::span<const config::SubtitleSpec> files,
                          std::span<const TextInput> inputs,
                          std::span<const std::string> taken,
                          text::Time film_end, const Interrupt& interrupt);

}  // namespace usher

#include "packager/manifest/text_naming.h"

#include <algorithm>

#include "packager/manifest/audio_naming.h"

namespace usher::manifest {
namespace {

std::string BaseName(const TextRecord& text) {
  if (!text.label.empty()) return text.label;
  std::string name = LanguageOf(text.hls.track);
  if (name.empty()) name = "Subtitles";
  if (text.forced) return name + " (forced)";
  if (text.hls.track.role == "caption") name += " (SDH)";
  return name;
}

}  // namespace

std::vector<TextLabel> LabelText(const Presentation& presentation) {
  std::vector<TextLabel> labels;
  for (const TextRecord& text : presentation.texts) {
    const std::string base = BaseName(text);
    std::string name = base;
    for (unsigned n = 2;
         std::ranges::find(labels, name, &TextLabel::name) != labels.end();
         ++n) {
      name = base + " " + std::to_string(n);
    }
    labels.push_back({&text, name});
  }
  return labels;
}

}  // namespace usher::manifest

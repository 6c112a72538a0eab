// MP4 films that no encoder here writes: several films in one track, each with
// a sample entry of its own, and parameter sets among the pictures.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace usher::testing {

struct Mp4Part {
  std::filesystem::path film;  // of one track, as FFmpeg writes it
  // NAL units, without lengths, in front of a sample's own; by its number from
  // 0.
  std::map<size_t, std::string> units = {};
};

// The parts one after another. Their boxes may differ in what stbl lists.
std::string JoinMp4(const std::vector<Mp4Part>& parts);

// The first picture parameter set of such a film.
std::string PictureParameterSet(const std::filesystem::path& film);
// The same under the id 1 instead of 0.
std::string WithOtherId(const std::string& picture_set);

}  // namespace usher::testing

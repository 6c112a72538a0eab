// Which tracks share a content key: all, unless the user said otherwise.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/config/key_settings.h"
#include "packager/track/track.h"

namespace usher {

struct KeyGroup {
  // What --key calls them: a track's name, "video", "audio", or nothing.
  std::string label;
  std::vector<size_t> tracks;      // indices
  std::vector<std::string> names;  // of the same
  // Of a CPIX document: its keys, by period. Else the label finds them.
  std::vector<keys::KeyId> kids = {};
};

// Every track is in one group, in the order of first tracks. Fails (BadInput)
// where the given keys leave a track without one, or name one that is not
// there.
Result<std::vector<KeyGroup>> GroupByKey(std::span<const Track> tracks,
                                         const config::KeyOptions& options);

}  // namespace usher

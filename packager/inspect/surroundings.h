// What judging one main file works with. A bundle of references for one call.
#pragma once

#include <string>

#include "packager/inspect/finding.h"
#include "packager/inspect/loader.h"
#include "packager/inspect/media_store.h"

namespace usher::inspect {

struct Surroundings {
  std::string root;  // directory of the main file: places are shown against it
  Loader& loader;
  MediaStore& store;
  unsigned every;
  Findings& findings;
};

}  // namespace usher::inspect

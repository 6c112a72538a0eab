// Puts a track's init segment, an index and all segments into one file, which
// DASH's on-demand profile and HLS byte ranges address alike.
#pragma once

#include <string>

#include "core/base/error.h"
#include "packager/manifest/presentation.h"
#include "packager/storage/storage.h"

namespace usher {

// The segments lie in `directory` of `storage`, all of them under one init
// segment, none encrypted whole; `record` lists them in order and learns where
// they are now. Copies inside the file system: no segment is held in memory.
Status JoinIntoSingleFile(const std::string& directory, JoiningStorage& storage,
                          manifest::TrackRecord& record);

}  // namespace usher

// Judges the part files of a low-latency playlist: that each lasts as told and
// begins as told, and that together they are the segment (rfc8216bis 4.4.4.9).
#pragma once

#include "core/playlist/hls_reader.h"
#include "packager/inspect/hls_rendition.h"
#include "packager/inspect/media_store.h"

namespace usher::inspect {

void JudgePartFiles(const playlist::HlsDocument& document,
                    const HlsPlaylistSource& source, MediaStore& store,
                    Findings& findings);

}  // namespace usher::inspect

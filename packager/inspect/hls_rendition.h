// A media playlist as a Rendition: references resolved, ranges and keys in
// place (rfc8216bis 4.4.4).
#pragma once

#include <string>

#include "core/playlist/hls_reader.h"
#include "packager/inspect/finding.h"
#include "packager/inspect/rendition.h"

namespace usher::inspect {

struct HlsPlaylistSource {
  std::string root;      // places are shown against it
  std::string location;  // of the playlist
  std::string place;
  bool independent = false;  // said by the multivariant playlist
};

Rendition MakeRendition(const playlist::HlsDocument& document,
                        const HlsPlaylistSource& source, Findings& findings);

}  // namespace usher::inspect

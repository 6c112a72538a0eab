// A media playlist as a Rendition: references resolved, ranges and keys in
// place; and its keys held against the init segment's protection (rfc8216bis
// 4.4.4).
#pragma once

#include <string>

#include "core/playlist/hls_reader.h"
#include "packager/inspect/rendition_judge.h"

namespace usher::inspect {

struct HlsPlaylistSource {
  std::string root;      // places are shown against it
  std::string location;  // of the playlist
  std::string place;
  bool independent = false;  // said by the multivariant playlist
};

Rendition MakeRendition(const playlist::HlsDocument& document,
                        const HlsPlaylistSource& source, Findings& findings);

// METHOD, KEYFORMAT, IV and KID against schm and tenc (facts: a key of the
// wrong method plays nowhere, and no player says why).
void JudgeSampleKeys(const playlist::ReadMediaPlaylist& media,
                     const MeasuredRendition& measured, Findings& findings);

}  // namespace usher::inspect

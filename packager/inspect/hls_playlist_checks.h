// What can be judged of an HLS playlist by its text alone (rfc8216bis 4.4).
#pragma once

#include <string>

#include "core/playlist/hls_reader.h"
#include "packager/inspect/finding.h"

namespace usher::inspect {

void JudgeSyntax(const playlist::HlsDocument& document,
                 const std::string& place, Findings& findings);
void JudgeMediaPlaylist(const playlist::ReadMediaPlaylist& media,
                        const std::string& place, Findings& findings);
void JudgeMultivariantPlaylist(
    const playlist::ReadMultivariantPlaylist& presentation,
    const std::string& place, Findings& findings);

}  // namespace usher::inspect

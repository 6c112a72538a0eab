// The subtitles inside an input file, as cues: SubRip, WebVTT and ASS in
// Matroska, tx3g and wvtt in MP4.
//
// Reads the file once, from end to end where the container has no index, so it
// is to be asked only of files that hold some. Pictures of text (DVB, PGS,
// VobSub) and teletext are left out with a warning that names them.
#pragma once

#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/input/input_file.h"
#include "packager/input/interrupt.h"
#include "packager/text/cue.h"

namespace usher {

struct TextTrack {
  std::string language;  // BCP 47; "und" where unknown
  std::string title;     // as the file calls it; often empty
  bool forced = false;
  bool sdh = false;
  text::Subtitles subtitles;  // on the input's own clock; may be negative
};

struct TextTracks {
  std::vector<TextTrack> tracks;  // with cues, in the file's order
  std::vector<std::string> warnings;
};

Result<TextTracks> ReadTextTracks(const InputFilePtr& file,
                                  const Interrupt& interrupt);

}  // namespace usher

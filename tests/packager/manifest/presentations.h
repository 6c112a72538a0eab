// Presentations as the pipeline would record them, for the tests to write.
#pragma once

#include <cstdint>

#include "packager/manifest/presentation.h"

namespace usher::manifest {

// 25 fps at 12800 ticks a second: segments of 6, 6 and 2 s.
TrackRecord VideoRecord(uint32_t width, uint32_t height, uint64_t byte_rate);

// AAC at 48 kHz in segments of whole frames nearest to the video's.
TrackRecord AudioRecord(const char* name, const char* language);

void AddSegment(uint64_t duration, uint64_t bytes, TrackRecord& record);

// Gives every track the KID 0123...cdef's and what `scheme` needs.
void Protect(Scheme scheme, Presentation& presentation);

// Segments from `number` on have another key; under cbcs and cenc another init
// segment, too.
void Rotate(uint64_t number, Presentation& presentation);

// Where the first track's segment `number` begins.
void BreakAt(uint64_t number, Break::Kind kind, Presentation& presentation);

// 720p and 360p with English and German sound, under aes-128.
Presentation Ladder();
// The same as second scheme of an event: one directory deeper, cbcs.
Presentation NestedCbcs();
// Revision 2 of one video track that starts above zero, under cenc.
Presentation SecondRevision();
// The ladder under cenc, with a second key from segment 3 on.
Presentation RotatedCenc();
// The ladder in the clear, whose input jumped behind segment 1.
Presentation Jump();
// Two languages and no picture, clear.
Presentation Radio();
// Clear, with subtitles in two languages and thumbnails.
Presentation Subtitled();

}  // namespace usher::manifest

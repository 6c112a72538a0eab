// What a container says of its pictures besides their size: colours, light of
// the display they were graded on, rotation, Dolby Vision.
#pragma once

#include "packager/input/av_handles.h"
#include "packager/track/track.h"

namespace usher {

// Fills in `track`: colour, picture_boxes, rotation.
void DescribePicture(const AVStream& stream, Track& track);

// Whether pictures are to be shown in a way that only their own container
// tells: mirrored, or turned by anything but a quarter.
bool IsTurnedOddly(const AVStream& stream);

}  // namespace usher

// A track whose decoder configuration changes on the way: how it is coded from
// some segment on. Plain data.
#pragma once

#include <cstdint>

#include "packager/track/track.h"

namespace usher {

struct TrackVariant {
  uint64_t first_number = 1;  // of its segments
  Track track;
};

// `track` coded as `coded` is: its name, language and times stay.
inline Track CodedAs(Track track, const Track& coded) {
  track.decoder_config = coded.decoder_config;
  track.codecs = coded.codecs;
  track.width = coded.width;
  track.height = coded.height;
  track.sar_num = coded.sar_num;
  track.sar_den = coded.sar_den;
  track.colour = coded.colour;
  track.picture_boxes = coded.picture_boxes;
  return track;
}

}  // namespace usher

#include "packager/manifest/dash_representation.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "packager/manifest/bandwidth.h"

namespace usher::manifest {
namespace {

// The order of a fraction's text is the schema's: "30000/1001", "25".
std::string FrameRate(const Track& track) {
  if (track.frame_rate_num == 0) return {};
  std::string rate = std::to_string(track.frame_rate_num);
  if (track.frame_rate_den != 1) {
    rate += "/" + std::to_string(track.frame_rate_den);
  }
  return rate;
}

// ISO/IEC 23003-3's table has more than one arrangement of seven and eight
// channels; these are the usual ones, with the further speakers behind.
unsigned ArrangementOf(uint32_t channels) {
  if (channels == 7) return 11;
  return channels == 8 ? 12 : channels;
}

playlist::Descriptor ChannelsOf(const Track& track) {
  constexpr char kArrangement[] =
      "urn:mpeg:dash:23003:3:audio_channel_configuration:2011";
  constexpr char kDolby[] =
      "tag:dolby.com,2014:dash:audio_channel_configuration:2011";
  if (track.speaker_locations == 0) {
    return {kArrangement, std::to_string(ArrangementOf(track.channels))};
  }
  char locations[8];
  std::snprintf(locations, sizeof locations, "%04X", track.speaker_locations);
  return {kDolby, locations};
}

// ETSI TS 103 420 D.2.
std::vector<playlist::Descriptor> AtmosOf(const Track& track) {
  if (track.objects == 0) return {};
  return {{"tag:dolby.com,2018:dash:EC3_ExtensionType:2018", "JOC"},
          {"tag:dolby.com,2018:dash:EC3_ExtensionComplexityIndex:2018",
           std::to_string(track.objects)}};
}

// The picture the right way up, on a grid of its own pixels (5.3.7.2).
void DescribePicture(const Track& track, playlist::Representation& described) {
  const bool sideways = track.IsTurnedSideways();
  described.width = sideways ? track.height : track.width;
  described.height = sideways ? track.width : track.height;
  described.sar = std::to_string(sideways ? track.sar_den : track.sar_num) +
                  ":" +
                  std::to_string(sideways ? track.sar_num : track.sar_den);
}

}  // namespace

playlist::Representation RepresentationOf(const TrackRecord& record,
                                          const InitRecord& init,
                                          double target) {
  const Track& track = init.track ? *init.track : record.track;
  playlist::Representation representation;
  representation.id = record.directory;
  representation.bandwidth = PeakBandwidth(record, target);
  representation.codecs = track.codecs;
  if (track.kind == TrackKind::kVideo) {
    DescribePicture(track, representation);
    representation.frame_rate = FrameRate(track);
  } else if (track.kind == TrackKind::kAudio) {
    representation.sample_rate = track.sample_rate;
    representation.channels = ChannelsOf(track);
    representation.supplemental = AtmosOf(track);
  }
  return representation;
}

void DescribeColour(const Colour& colour, playlist::AdaptationSet& set) {
  if (!colour.known()) return;
  auto& properties =
      colour.transfer == Colour::kTransferPq ? set.essential : set.supplemental;
  const auto add = [&](const char* name, unsigned value) {
    if (value == Colour::kUnspecified) return;
    properties.push_back(
        {std::string("urn:mpeg:mpegB:cicp:") + name, std::to_string(value)});
  };
  add("ColourPrimaries", colour.primaries);
  add("TransferCharacteristics", colour.transfer);
  add("MatrixCoefficients", colour.matrix);
}

unsigned SapTypeOf(const TrackRecord& record) {
  unsigned type = 1;
  for (const SegmentRecord& segment : record.segments) {
    if (segment.sap_type == 0) return 0;
    type = std::max(type, segment.sap_type);
  }
  return type;
}

}  // namespace usher::manifest

// A moof read and judged (ISO/IEC 14496-12 8.8, 8.9; 23001-7 7): where each
// sample of each track lies, when it plays and how it is protected.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "packager/encrypt/protection.h"
#include "packager/inspect/finding.h"
#include "packager/inspect/media_header.h"
#include "packager/mp4/box_reader.h"

namespace usher::inspect {

struct SampleView {
  uint64_t offset = 0;  // in the file
  uint32_t size = 0;
  uint32_t duration = 0;
  int64_t composition_offset = 0;
  bool sync = false;
};

// A sample's entry of senc. Without subsamples all of the sample is protected.
struct SampleEncryption {
  std::array<uint8_t, 16> iv{};  // from the left; the rest is 0
  std::vector<Subsample> subsamples;
};

struct TrackFragment {
  const MediaTrack* track = nullptr;  // in the header
  std::optional<uint64_t> decode_time;
  std::vector<SampleView> samples;
  // One a sample: the track's own protection, or that of its sample group.
  // Null: clear.
  std::vector<const Protection*> protections;
  std::vector<SampleEncryption> encryption;  // one a sample, or empty
  std::vector<Protection> groups;            // 'seig' entries of this fragment
};

struct MovieFragment {
  uint32_t sequence = 0;
  std::vector<TrackFragment> tracks;
};

// Where a fragment is, for what is said about it.
struct FragmentSource {
  ByteView file;      // the whole segment
  mp4::BoxView moof;  // in it
  const MediaHeader& header;
  const std::string& place;
  bool cut_short =
      false;  // an I-frame's byte range: later samples are not in it
  // Where it is more than the bytes of `file`: samples may lie up to there.
  uint64_t size = file.size();
};

// Nothing where no sample can be read from it; the findings say why.
std::optional<MovieFragment> ReadMovieFragment(const FragmentSource& source,
                                               Findings& findings);

}  // namespace usher::inspect

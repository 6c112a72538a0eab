#include "packager/segment/single_file.h"

#include <vector>

#include "core/layout/layout.h"
#include "packager/mp4/init_segment.h"
#include "packager/mp4/media_segment.h"
#include "packager/mp4/segment_index.h"

namespace usher {
namespace {

using manifest::SegmentRecord;
using manifest::TrackRecord;

// A segment type box is for segments that are files of their own.
constexpr uint64_t kLeftOut = mp4::kSegmentTypeSize;

Status CheckSizes(const TrackRecord& record) {
  constexpr uint64_t kMaxBytes = INT32_MAX;
  constexpr size_t kMaxSegments = UINT16_MAX;
  bool fits = record.segments.size() <= kMaxSegments;
  for (const SegmentRecord& segment : record.segments) {
    fits = fits && segment.bytes <= kMaxBytes && segment.duration <= UINT32_MAX;
  }
  if (fits) return {};
  return Failed("track " + record.track.name,
                "has segments too large, or too many, for the index of one "
                "file",
                "leave --single-file out, or change --segment-duration");
}

Bytes IndexOf(const TrackRecord& record) {
  std::vector<mp4::IndexEntry> entries;
  for (const SegmentRecord& segment : record.segments) {
    entries.push_back({static_cast<uint32_t>(segment.bytes),
                       static_cast<uint32_t>(segment.duration),
                       segment.sap_type});
  }
  return mp4::WriteSegmentIndex(record.track.timescale,
                                record.segments.front().start, entries);
}

}  // namespace

Status JoinIntoSingleFile(const std::string& directory, JoiningStorage& storage,
                          TrackRecord& record) {
  if (record.segments.empty()) return {};
  if (auto fits = CheckSizes(record); !fits) return fits;
  for (SegmentRecord& segment : record.segments) {
    segment.bytes -= kLeftOut;
    if (segment.key_picture_bytes != 0) segment.key_picture_bytes -= kLeftOut;
  }
  const manifest::InitRecord& init = record.inits.front();
  const Bytes index = IndexOf(record);
  const std::string base = directory + "/";
  std::vector<JoiningStorage::Part> parts = {{{}, base + init.file, 0},
                                             {index, {}, 0}};
  manifest::SingleFile file;
  file.name = record.track.name + ".mp4";
  file.init_bytes = mp4::WriteInitSegment(record.track, init.protection).size();
  file.index_bytes = index.size();
  uint64_t offset = file.init_bytes + file.index_bytes;
  for (SegmentRecord& segment : record.segments) {
    parts.push_back(
        {{},
         base + layout::SegmentName(segment.number, record.extension),
         kLeftOut});
    segment.offset = offset;
    offset += segment.bytes;
  }
  record.single_file = file;
  return storage.Join(base + file.name, parts);
}

}  // namespace usher

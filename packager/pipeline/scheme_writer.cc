#include "packager/pipeline/scheme_writer.h"

#include <algorithm>
#include <utility>

#include "core/layout/layout.h"
#include "packager/manifest/bandwidth.h"
#include "packager/manifest/manifests.h"
#include "packager/pipeline/text_writer.h"
#include "packager/segment/single_file.h"

namespace usher {
namespace {

using manifest::SegmentRecord;
using manifest::TrackRecord;

// Video, which is in front already, by falling bandwidth: what manifests list
// first is what players start with.
void Sort(std::vector<TrackRecord>& records) {
  for (TrackRecord& record : records) {
    std::ranges::sort(record.segments, {}, &SegmentRecord::number);
  }
  const auto sound = std::ranges::find_if(records, [](const TrackRecord& each) {
    return each.track.kind == TrackKind::kAudio;
  });
  std::ranges::sort(records.begin(), sound, std::ranges::greater(),
                    manifest::AverageBandwidth);
}

}  // namespace

Result<std::unique_ptr<SchemeWriter>> SchemeWriter::Open(
    Scheme scheme, const Place& place, std::span<const PlannedTrack> tracks,
    std::span<const TrackKeys> keys, Storage& storage, size_t workers) {
  std::unique_ptr<SchemeWriter> writer(new SchemeWriter(storage));
  writer->directory_ = place.directory;
  writer->revision_ = place.revision;
  writer->single_files_ = place.single_files;
  writer->presentation_.event = place.event;
  writer->presentation_.scheme = scheme;
  writer->presentation_.container = place.container;
  writer->presentation_.began_at = place.began_at;
  writer->presentation_.depth = place.directory.empty() ? 0 : 1;
  writer->segmenters_.resize(workers);
  for (size_t i = 0; i < tracks.size(); ++i) {
    if (auto added = writer->AddTrack(tracks[i].track, place, keys[i]);
        !added) {
      return std::unexpected(added.error());
    }
  }
  return writer;
}

Status SchemeWriter::AddTrack(const Track& track, const Place& place,
                              const TrackKeys& keys) {
  manifest::AddDrm(keys, presentation_);
  TrackRecord record;
  record.track = track;
  record.directory = layout::TrackDirectory(track.name, place.revision);
  record.extension = SegmentExtension(place.container);
  for (std::vector<Segmenter>& of_worker : segmenters_) {
    auto segmenter =
        Segmenter::Make(presentation_.scheme, place.container, track, keys,
                        PathOf(record.directory), storage_);
    if (!segmenter) return std::unexpected(segmenter.error());
    of_worker.push_back(*std::move(segmenter));
  }
  auto inits = segmenters_.front().back().WriteInits();
  if (!inits) return std::unexpected(inits.error());
  record.inits = *std::move(inits);
  presentation_.tracks.push_back(std::move(record));
  return {};
}

Status SchemeWriter::Write(size_t worker, size_t track, Fragment& fragment) {
  auto record = segmenters_[worker][track].Write(fragment);
  if (!record) return std::unexpected(record.error());
  const std::lock_guard lock(mutex_);
  presentation_.tracks[track].segments.push_back(*std::move(record));
  return {};
}

Status SchemeWriter::WriteThumbnail(const manifest::ThumbnailRecord& record,
                                    uint64_t number, ByteView jpeg) {
  return storage_.Put(
      PathOf(record.directory + "/" + layout::SegmentName(number, "jpg")),
      {&jpeg, 1});
}

Result<std::vector<std::string>> SchemeWriter::WritePlaylists(
    std::span<const PlannedText> texts) {
  Sort(presentation_.tracks);
  auto written =
      WriteTexts(texts, presentation_, {directory_, revision_}, storage_);
  if (!written) return std::unexpected(std::move(written).error());
  presentation_.texts = *std::move(written);
  if (single_files_ != nullptr) {
    if (auto joined = JoinTracks(); !joined) {
      return std::unexpected(joined.error());
    }
  }
  std::vector<std::string> outside;
  for (const manifest::ManifestFile& file :
       manifest::WriteManifests(presentation_)) {
    const ByteView text = AsBytes(file.text);
    const std::string path = PathOf(file.path);
    if (auto stored = storage_.Put(path, {&text, 1}); !stored) {
      return std::unexpected(stored.error());
    }
    if (!file.path.contains('/')) outside.push_back(path);
  }
  return outside;
}

Status SchemeWriter::JoinTracks() {
  std::vector<TrackRecord*> records;
  for (TrackRecord& record : presentation_.tracks) records.push_back(&record);
  for (manifest::TextRecord& text : presentation_.texts) {
    records.push_back(&text.dash);
  }
  for (TrackRecord* record : records) {
    auto joined =
        JoinIntoSingleFile(PathOf(record->directory), *single_files_, *record);
    if (!joined) return joined;
  }
  return {};
}

std::vector<std::string> SchemeWriter::TrackDirectories() const {
  std::vector<std::string> directories;
  directories.reserve(presentation_.tracks.size());
  for (const TrackRecord& record : presentation_.tracks) {
    directories.push_back(PathOf(record.directory));
  }
  for (const manifest::TextRecord& text : presentation_.texts) {
    directories.push_back(PathOf(text.hls.directory));
  }
  if (presentation_.thumbnails) {
    directories.push_back(PathOf(presentation_.thumbnails->directory));
  }
  return directories;
}

std::string SchemeWriter::PathOf(const std::string& path) const {
  return directory_.empty() ? path : directory_ + "/" + path;
}

}  // namespace usher

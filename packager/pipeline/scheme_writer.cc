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

void SortSegments(TrackRecord& record) {
  std::ranges::sort(record.segments, {}, &SegmentRecord::number);
}

// Video, which is in front already, by falling bandwidth: what manifests list
// first is what players start with.
void Sort(std::vector<TrackRecord>& records) {
  std::ranges::for_each(records, SortSegments);
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
  manifest::Presentation& presentation = writer->presentation_;
  for (size_t i = 0; i < tracks.size(); ++i) {
    auto record =
        writer->AddTrack(tracks[i].track, tracks[i].variants, place, keys[i]);
    if (!record) return std::unexpected(record.error());
    presentation.tracks.push_back(*std::move(record));
  }
  if (!presentation.HasMpd()) return writer;
  writer->trick_plays_ = place.trick_plays;
  for (const TrickPlay& trick : place.trick_plays) {
    auto record =
        writer->AddTrack(trick.track, trick.variants, place, keys[trick.of]);
    if (!record) return std::unexpected(record.error());
    presentation.trick_plays.push_back(
        {presentation.tracks[trick.of].directory, *std::move(record)});
  }
  return writer;
}

Result<TrackRecord> SchemeWriter::AddTrack(
    const Track& track, std::span<const TrackVariant> variants,
    const Place& place, const TrackKeys& keys) {
  manifest::AddDrm(keys, presentation_);
  TrackRecord record;
  record.track = track;
  for (const TrackVariant& variant : variants) {
    record.variants.push_back(variant.track);
  }
  record.directory = layout::TrackDirectory(track.name, place.revision);
  record.extension = SegmentExtension(place.container);
  for (std::vector<Segmenter>& of_worker : segmenters_) {
    auto segmenter =
        Segmenter::Make(presentation_.scheme, place.container, track, variants,
                        keys, PathOf(record.directory), storage_);
    if (!segmenter) return std::unexpected(segmenter.error());
    of_worker.push_back(*std::move(segmenter));
  }
  auto inits = segmenters_.front().back().WriteInits();
  if (!inits) return std::unexpected(inits.error());
  record.inits = *std::move(inits);
  return record;
}

Status SchemeWriter::Write(size_t worker, size_t track, Fragment& fragment) {
  if (auto written = WriteTrickPlay(worker, track, fragment); !written) {
    return written;
  }
  auto record = segmenters_[worker][track].Write(fragment);
  if (!record) return std::unexpected(record.error());
  const std::lock_guard lock(mutex_);
  presentation_.tracks[track].Add(*std::move(record));
  return {};
}

Status SchemeWriter::WriteTrickPlay(size_t worker, size_t track,
                                    const Fragment& fragment) {
  for (size_t i = 0; i < trick_plays_.size(); ++i) {
    if (trick_plays_[i].of != track) continue;
    auto picture = KeyPictureOf(fragment);
    if (!picture) continue;
    const size_t segmenter = presentation_.tracks.size() + i;
    auto record = segmenters_[worker][segmenter].Write(*picture);
    if (!record) return std::unexpected(record.error());
    const std::lock_guard lock(mutex_);
    presentation_.trick_plays[i].pictures.segments.push_back(
        *std::move(record));
  }
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
  for (auto& trick : presentation_.trick_plays) SortSegments(trick.pictures);
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
  records.reserve(presentation_.tracks.size() + presentation_.texts.size() +
                  presentation_.trick_plays.size());
  for (TrackRecord& record : presentation_.tracks) records.push_back(&record);
  for (manifest::TextRecord& text : presentation_.texts) {
    records.push_back(&text.dash);
  }
  for (manifest::TrickPlayRecord& trick : presentation_.trick_plays) {
    records.push_back(&trick.pictures);
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
  for (const manifest::TrickPlayRecord& trick : presentation_.trick_plays) {
    directories.push_back(PathOf(trick.pictures.directory));
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

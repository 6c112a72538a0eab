#include "packager/live/live_scheme.h"

#include <algorithm>
#include <utility>

#include "core/layout/layout.h"
#include "packager/manifest/live_manifests.h"
#include "packager/mp4/init_segment.h"

namespace usher::live {
namespace {

bool EncryptsSamples(Scheme scheme) {
  return scheme == Scheme::kCbcs || scheme == Scheme::kCenc;
}

bool NeedsSameInit(const Track& a, const Track& b) {
  return a.codec == b.codec && a.decoder_config == b.decoder_config &&
         a.width == b.width && a.height == b.height &&
         a.sample_rate == b.sample_rate && a.channels == b.channels &&
         a.decode_delay == b.decode_delay;
}

}  // namespace

LiveScheme::LiveScheme(Scheme scheme, const Place& place, Storage& storage)
    : storage_(storage), directory_(place.directory) {
  presentation_.event = place.event;
  presentation_.scheme = scheme;
  presentation_.depth = place.directory.empty() ? 0 : 1;
}

void LiveScheme::AddTrack(const Track& track, TrackKeys keys) {
  manifest::TrackRecord record;
  record.track = track;
  record.directory = layout::TrackDirectory(track.name, 1);
  record.extension = "m4s";
  presentation_.tracks.push_back(std::move(record));
  manifest::AddDrm(keys, presentation_);
  lanes_.push_back({std::move(keys), nullptr, nullptr, 1});
}

Status LiveScheme::Configure(size_t index, const Track& configured) {
  Lane& lane = lanes_[index];
  manifest::TrackRecord& record = presentation_.tracks[index];
  if (lane.configured != nullptr &&
      NeedsSameInit(*lane.configured, configured)) {
    return {};
  }
  manifest::InitRecord init{layout::InitName(record.inits.size() + 1), {}};
  if (EncryptsSamples(presentation_.scheme)) {
    init.protection =
        ProtectionOf(presentation_.scheme, configured, lane.keys, 0);
  }
  const Bytes bytes = mp4::WriteInitSegment(configured, init.protection);
  const ByteView piece(bytes);
  const auto stored =
      storage_.Put(PathOf(record.directory + "/" + init.file), {&piece, 1});
  if (!stored) return stored;
  auto segmenter =
      Segmenter::Make(presentation_.scheme, Container::kCmaf, configured,
                      lane.keys, PathOf(record.directory), storage_);
  if (!segmenter) return std::unexpected(segmenter.error());
  lane.segmenter = std::make_unique<Segmenter>(*std::move(segmenter));
  lane.configured = &configured;
  if (!record.inits.empty()) init.track = configured;
  record.inits.push_back(std::move(init));
  return {};
}

Status LiveScheme::Write(LiveCutter::Cut& cut) {
  if (lanes_[cut.track].segmenter == nullptr) {
    if (cut.ends_segment) WriteGap(cut);
    return {};
  }
  const bool parts =
      cut.fragment.part || !presentation_.tracks[cut.track].open.parts.empty();
  return parts ? WritePart(cut) : WriteWhole(cut);
}

Status LiveScheme::WriteWhole(LiveCutter::Cut& cut) {
  if (cut.gap()) {
    WriteGap(cut);
    return {};
  }
  auto written = lanes_[cut.track].segmenter->Write(cut.fragment);
  if (!written) {
    WriteGap(cut);
    return std::unexpected(written.error());
  }
  manifest::TrackRecord& record = presentation_.tracks[cut.track];
  written->init = record.inits.size() - 1;
  record.segments.push_back(*std::move(written));
  return {};
}

Status LiveScheme::WritePart(LiveCutter::Cut& cut) {
  Segmenter& segmenter = *lanes_[cut.track].segmenter;
  manifest::TrackRecord& record = presentation_.tracks[cut.track];
  Status written;
  if (!cut.gap()) written = segmenter.WritePart(cut.fragment);
  if (segmenter.open().number == cut.fragment.number) {
    record.open = segmenter.open();
    record.open.init = record.inits.size() - 1;
  }
  if (!cut.ends_segment) return written;
  if (record.open.parts.empty()) {
    WriteGap(cut);
  } else if (Status joined = Join(cut.track); !joined) {
    written = joined;
  }
  // Players load the part that is hinted at with the key they have been told.
  if (auto next = segmenter.Announce(cut.fragment.number + 1)) {
    record.open = *std::move(next);
    record.open.init = record.inits.size() - 1;
  }
  return written;
}

Status LiveScheme::Join(size_t track) {
  manifest::TrackRecord& record = presentation_.tracks[track];
  manifest::SegmentRecord whole = std::exchange(record.open, {});
  const auto joined = lanes_[track].segmenter->Join();
  if (joined) {
    whole.bytes = joined->bytes;
  } else {
    whole.gap = true;
  }
  record.segments.push_back(std::move(whole));
  if (joined) return {};
  return std::unexpected(joined.error());
}

void LiveScheme::WriteGap(const LiveCutter::Cut& cut) {
  manifest::TrackRecord& record = presentation_.tracks[cut.track];
  const uint32_t timescale = record.track.timescale;
  manifest::SegmentRecord gap;
  gap.number = cut.fragment.number;
  gap.start = static_cast<uint64_t>(Rescale(cut.begin, timescale));
  gap.duration = static_cast<uint64_t>(Rescale(cut.end, timescale)) - gap.start;
  gap.init = record.inits.empty() ? 0 : record.inits.size() - 1;
  gap.gap = true;
  if (!record.segments.empty()) {  // what is in force stays so
    gap.kid = record.segments.back().kid;
    gap.iv = record.segments.back().iv;
  }
  record.segments.push_back(gap);
}

Status LiveScheme::Publish(
    const manifest::LiveState& state,
    const std::optional<std::chrono::microseconds>& window) {
  presentation_.live = state;
  return Store(manifest::WriteLiveManifests(presentation_, window));
}

Status LiveScheme::PublishParts(
    const std::optional<std::chrono::microseconds>& window) {
  return Store(manifest::WritePartManifests(presentation_, window));
}

Status LiveScheme::Store(std::vector<manifest::ManifestFile> files) {
  for (manifest::ManifestFile& file : files) {
    std::string& before = published_[file.path];
    if (before == file.text) continue;
    const ByteView text = AsBytes(file.text);
    const auto stored = storage_.Put(PathOf(file.path), {&text, 1});
    if (!stored) return stored;
    before = std::move(file.text);
  }
  return {};
}

void LiveScheme::RemoveParts(double before) {
  for (size_t i = 0; i < lanes_.size(); ++i) {
    const manifest::TrackRecord& record = presentation_.tracks[i];
    auto segment =
        std::ranges::lower_bound(record.segments, lanes_[i].first_with_parts,
                                 {}, &manifest::SegmentRecord::number);
    for (; segment != record.segments.end(); ++segment) {
      const MediaTime end{
          static_cast<int64_t>(segment->start + segment->duration),
          record.track.timescale};
      if (end.Seconds() > before) break;
      for (size_t part = 0; part < segment->parts.size(); ++part) {
        // It may be one that was never stored.
        (void)storage_.Remove(
            PathOf(record.directory + "/" +
                   layout::PartName(segment->number, part, record.extension)));
      }
      lanes_[i].first_with_parts = segment->number + 1;
    }
  }
}

std::string LiveScheme::PathOf(const std::string& path) const {
  return directory_.empty() ? path : directory_ + "/" + path;
}

}  // namespace usher::live

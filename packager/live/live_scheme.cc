#include "packager/live/live_scheme.h"

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
  lanes_.push_back({std::move(keys), nullptr, nullptr});
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
        ProtectionOf(presentation_.scheme, configured, lane.keys.front());
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

Status LiveScheme::Write(size_t track, LiveCutter::Cut& cut) {
  if (cut.gap() || !lanes_[track].segmenter) {
    WriteGap(track, cut);
    return {};
  }
  auto written = lanes_[track].segmenter->Write(cut.fragment);
  if (!written) return std::unexpected(written.error());
  manifest::TrackRecord& record = presentation_.tracks[track];
  written->init = record.inits.size() - 1;
  record.segments.push_back(*std::move(written));
  return {};
}

void LiveScheme::WriteGap(size_t track, const LiveCutter::Cut& cut) {
  manifest::TrackRecord& record = presentation_.tracks[track];
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
  for (manifest::ManifestFile& file :
       manifest::WriteLiveManifests(presentation_, window)) {
    std::string& before = published_[file.path];
    if (before == file.text) continue;
    const ByteView text = AsBytes(file.text);
    const auto stored = storage_.Put(PathOf(file.path), {&text, 1});
    if (!stored) return stored;
    before = std::move(file.text);
  }
  return {};
}

std::string LiveScheme::PathOf(const std::string& path) const {
  return directory_.empty() ? path : directory_ + "/" + path;
}

}  // namespace usher::live

#include "packager/live/live_scheme.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/layout/layout.h"
#include "packager/encrypt/encryptor.h"
#include "packager/manifest/segment_times.h"
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

const manifest::SegmentRecord* SegmentOf(const manifest::TrackRecord& record,
                                         uint64_t number) {
  const auto found = std::ranges::lower_bound(record.segments, number, {},
                                              &manifest::SegmentRecord::number);
  const bool there = found != record.segments.end() && found->number == number;
  return there ? &*found : nullptr;
}

// Whoever makes the same init segment gives it the same name, and nobody else.
uint32_t NumberFor(const Bytes& init) {
  const auto digest = crypto::Sha256(init);
  uint32_t number = 0;
  for (size_t i = 0; i < sizeof number; ++i) number = number << 8 | digest[i];
  return std::max(number, uint32_t{2});
}

}  // namespace

LiveScheme::LiveScheme(Scheme scheme, const Place& place, Storage& storage)
    : storage_(storage),
      directory_(place.directory),
      timecoded_(place.timecoded),
      aside_(place.aside),
      manifests_(place.aside) {
  presentation_.event = place.event;
  presentation_.scheme = scheme;
  presentation_.depth = place.directory.empty() ? 0 : 1;
}

void LiveScheme::AddTrack(const Track& track, TrackKeys keys) {
  manifest::TrackRecord record;
  record.track = track;
  record.directory = layout::TrackDirectory(track.name, 1);
  record.extension = "m4s";
  record.past = manifest::PastSegments(aside_);
  presentation_.tracks.push_back(std::move(record));
  manifest::AddDrm(keys, presentation_);
  lanes_.emplace_back(std::move(keys));
}

Status LiveScheme::Configure(size_t index, const Track& configured,
                             uint64_t number) {
  Lane& lane = lanes_[index];
  manifest::TrackRecord& record = presentation_.tracks[index];
  if (!lane.configured || !NeedsSameInit(*lane.configured, configured)) {
    lane.configured = &configured;
    lane.segmenter.reset();
  }
  if (!HasInitFor(index, configured, number)) {
    auto init =
        StoreInit(index, configured, PeriodOf(lane.keys, number), number);
    if (!init) return std::unexpected(init.error());
    if (!record.inits.empty()) init->track = configured;
    record.inits.push_back(*std::move(init));
  }
  if (lane.segmenter) return {};
  auto segmenter =
      Segmenter::Make(presentation_.scheme, Container::kCmaf, configured, {},
                      lane.keys, PathOf(record.directory), storage_);
  if (!segmenter) return std::unexpected(segmenter.error());
  lane.segmenter = std::make_unique<Segmenter>(*std::move(segmenter));
  return {};
}

bool LiveScheme::HasInitFor(size_t index, const Track& configured,
                            uint64_t number) const {
  const manifest::TrackRecord& record = presentation_.tracks[index];
  if (record.inits.empty()) return false;
  const manifest::InitRecord& init = record.inits[InitOf(index, number)];
  if (!NeedsSameInit(init.track ? *init.track : record.track, configured)) {
    return false;
  }
  const TrackKeys& keys = lanes_[index].keys;
  return !init.protection ||
         init.protection->default_kid == keys[PeriodOf(keys, number)].key->kid;
}

Result<manifest::InitRecord> LiveScheme::StoreInit(size_t index,
                                                   const Track& configured,
                                                   size_t period,
                                                   uint64_t number) {
  const manifest::TrackRecord& record = presentation_.tracks[index];
  manifest::InitRecord init;
  init.first_number = number;
  if (EncryptsSamples(presentation_.scheme)) {
    init.protection = ProtectionOf(presentation_.scheme, configured,
                                   lanes_[index].keys, period);
  }
  const Bytes bytes = mp4::WriteInitSegment(configured, init.protection);
  init.file =
      layout::InitName(timecoded_ ? NumberFor(bytes) : record.inits.size() + 1);
  const ByteView piece(bytes);
  const auto stored =
      storage_.Put(PathOf(record.directory + "/" + init.file), {&piece, 1});
  if (!stored) return std::unexpected(stored.error());
  return init;
}

Status LiveScheme::Rotate(const std::vector<KeyPeriod>& by_track,
                          MediaTime at) {
  const uint64_t number = by_track.front().first_number;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i].keys.push_back(by_track[i]);
    manifest::AddDrm(lanes_[i].keys, presentation_);
    if (lanes_[i].segmenter) lanes_[i].segmenter->AddPeriod(by_track[i]);
  }
  if (!EncryptsSamples(presentation_.scheme)) return {};
  presentation_.breaks.push_back(
      {manifest::Break::Kind::kCryptoPeriod, number, at});
  Status done;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    if (lanes_[i].configured == nullptr) continue;
    auto configured = Configure(i, *lanes_[i].configured, number);
    if (!configured) done = configured;
  }
  return done;
}

bool LiveScheme::Continues(size_t index, const Track& configured) const {
  const manifest::TrackRecord& record = presentation_.tracks[index];
  if (record.inits.empty()) return true;
  const manifest::InitRecord& newest = record.inits.back();
  return NeedsSameInit(newest.track ? *newest.track : record.track, configured);
}

void LiveScheme::BreakAt(uint64_t number, MediaTime at,
                         manifest::Break::Kind kind) {
  std::vector<manifest::Break>& breaks = presentation_.breaks;
  const manifest::Break here{kind, number, at};
  if (!breaks.empty() && breaks.back().number == number) {
    breaks.back() = here;
  } else {
    breaks.push_back(here);
  }
}

void LiveScheme::BreakBehindGaps() {
  uint64_t newest = UINT64_MAX;
  uint64_t first = judged_ + 1;
  for (const manifest::TrackRecord& record : presentation_.tracks) {
    if (record.segments.empty()) return;
    newest = std::min(newest, record.segments.back().number);
    first = std::max(first, record.segments.front().number + 1);
  }
  std::vector<manifest::Break>& breaks = presentation_.breaks;
  for (uint64_t number = first; number <= newest; ++number) {
    if (!ComesBack(number)) continue;
    const auto place =
        std::ranges::lower_bound(breaks, number, {}, &manifest::Break::number);
    const bool is_one = place != breaks.end() && place->number == number;
    if (is_one && place->kind != manifest::Break::Kind::kCryptoPeriod) continue;
    const manifest::TrackRecord& lead = presentation_.tracks.front();
    const auto start = static_cast<int64_t>(SegmentOf(lead, number)->start);
    const manifest::Break here{
        manifest::Break::Kind::kGap, number, {start, lead.track.timescale}};
    if (is_one) {
      *place = here;  // nothing goes on without a seam
    } else {
      breaks.insert(place, here);
    }
  }
  judged_ = std::max(judged_, newest);
}

bool LiveScheme::ComesBack(uint64_t number) const {
  return std::ranges::any_of(
      presentation_.tracks, [&](const manifest::TrackRecord& record) {
        const manifest::SegmentRecord* before = SegmentOf(record, number - 1);
        const manifest::SegmentRecord* here = SegmentOf(record, number);
        return before != nullptr && here != nullptr && before->gap &&
               !here->gap;
      });
}

// Players load the part that is hinted at with the key they have been told.
void LiveScheme::Announce(size_t index, uint64_t number) {
  manifest::TrackRecord& record = presentation_.tracks[index];
  const TrackKeys& keys = lanes_[index].keys;
  const keys::ContentKey* key = keys[PeriodOf(keys, number)].key;
  record.open = {};
  record.open.number = number;
  record.open.init = record.inits.empty() ? 0 : InitOf(index, number);
  if (key == nullptr) return;
  record.open.kid = key->kid;
  if (presentation_.scheme != Scheme::kAes128) return;
  record.open.iv = SegmentEncryptor(record.track, *key).IvOf(number);
}

void LiveScheme::WriteGaps(uint64_t number, MediaTime begin, MediaTime end) {
  for (size_t i = 0; i < lanes_.size(); ++i) WriteGap(i, number, begin, end);
}

Status LiveScheme::Write(LiveCutter::Cut& cut) {
  if (!CanWrite(cut)) {
    if (cut.ends_segment) WriteGap(cut);
    return {};
  }
  const bool parts =
      cut.fragment.part || !presentation_.tracks[cut.track].open.parts.empty();
  if (cut.fragment.part && !cut.gap()) DateFragment(cut);
  return parts ? WritePart(cut) : WriteWhole(cut);
}

// By the same time line as EXT-X-PROGRAM-DATE-TIME.
void LiveScheme::DateFragment(LiveCutter::Cut& cut) const {
  manifest::SegmentRecord at;
  at.number = cut.fragment.number;
  at.start = cut.fragment.StartTime();
  cut.fragment.produced =
      manifest::DateOf(presentation_, presentation_.tracks[cut.track], at);
}

// What could not be stored of a track's configuration is tried again with each
// segment, for nobody can begin in the middle of one.
bool LiveScheme::CanWrite(const LiveCutter::Cut& cut) {
  const Lane& lane = lanes_[cut.track];
  if (lane.configured == nullptr) return false;
  const bool begins = cut.fragment.part.value_or(0) == 0;
  if (!begins) return !presentation_.tracks[cut.track].open.parts.empty();
  const uint64_t number = cut.fragment.number;
  if (lane.segmenter && HasInitFor(cut.track, *lane.configured, number)) {
    return true;
  }
  return Configure(cut.track, *lane.configured, number).has_value();
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
  written->init = InitOf(cut.track, cut.fragment.number);
  record.Add(*std::move(written));
  return {};
}

Status LiveScheme::WritePart(LiveCutter::Cut& cut) {
  Segmenter& segmenter = *lanes_[cut.track].segmenter;
  manifest::TrackRecord& record = presentation_.tracks[cut.track];
  Status written;
  if (!cut.gap()) written = segmenter.WritePart(cut.fragment);
  if (segmenter.open().number == cut.fragment.number) {
    record.open = segmenter.open();
    record.open.init = InitOf(cut.track, cut.fragment.number);
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
    record.open.init = InitOf(cut.track, record.open.number);
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
  record.Add(std::move(whole));
  if (joined) return {};
  return std::unexpected(joined.error());
}

void LiveScheme::WriteGap(size_t track, uint64_t number, MediaTime begin,
                          MediaTime end) {
  manifest::TrackRecord& record = presentation_.tracks[track];
  const uint32_t timescale = record.track.timescale;
  manifest::SegmentRecord gap;
  gap.number = number;
  gap.start = static_cast<uint64_t>(Rescale(begin, timescale));
  gap.gap = true;
  if (!record.segments.empty()) {  // what is in force stays so
    const manifest::SegmentRecord& last = record.segments.back();
    gap.init = last.init;
    gap.kid = last.kid;
    gap.iv = last.iv;
    const manifest::Break* seam =
        presentation_.breaks.empty() ? nullptr : &presentation_.breaks.back();
    const bool behind_one = seam != nullptr && seam->number == number &&
                            seam->kind == manifest::Break::Kind::kDiscontinuity;
    if (!behind_one) gap.start = last.start + last.duration;
  }
  const auto until = static_cast<uint64_t>(Rescale(end, timescale));
  gap.duration = std::max(until, gap.start) - gap.start;
  record.segments.push_back(gap);
}

size_t LiveScheme::InitOf(size_t track, uint64_t number) const {
  const auto& inits = presentation_.tracks[track].inits;
  const auto next = std::ranges::upper_bound(
      inits, number, {}, &manifest::InitRecord::first_number);
  return static_cast<size_t>(next - inits.begin()) - (next != inits.begin());
}

Status LiveScheme::Publish(
    const manifest::LiveState& state,
    const std::optional<std::chrono::microseconds>& window) {
  presentation_.live = state;
  return manifests_.Write(presentation_, window, Storing());
}

Status LiveScheme::PublishParts(
    const std::optional<std::chrono::microseconds>& window) {
  return manifests_.WriteParts(presentation_, window, Storing());
}

manifest::StoreManifest LiveScheme::Storing() {
  return [this](const std::string& path, std::span<const ByteView> pieces) {
    return Store(path, pieces);
  };
}

Status LiveScheme::Store(const std::string& path,
                         std::span<const ByteView> pieces) {
  const auto digest = crypto::Sha256(pieces);
  const auto before = published_.find(path);
  if (before != published_.end() && before->second == digest) return {};
  auto stored = storage_.Put(PathOf(path), pieces);
  if (stored) published_[path] = digest;
  return stored;
}

void LiveScheme::RemoveParts(double before) {
  RemovePartsBy(&Storage::Remove, before);
}

void LiveScheme::RemoveLeftoverParts(double before) {
  RemovePartsBy(&Storage::RemoveLeftover, before);
}

void LiveScheme::RemovePartsBy(Removal remove, double before) {
  for (size_t i = 0; i < lanes_.size(); ++i) {
    manifest::TrackRecord& record = presentation_.tracks[i];
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
        std::ignore = (storage_.*remove)(
            PathOf(record.directory + "/" +
                   layout::PartName(segment->number, part, record.extension)));
      }
      // And their memory: an event may last for days.
      segment->parts = std::vector<manifest::PartRecord>();
      lanes_[i].first_with_parts = segment->number + 1;
    }
  }
}

std::string LiveScheme::PathOf(const std::string& path) const {
  return directory_.empty() ? path : directory_ + "/" + path;
}

}  // namespace usher::live

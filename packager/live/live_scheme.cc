#include "packager/live/live_scheme.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <span>
#include <system_error>
#include <utility>

#include "core/crypto/aes.h"
#include "core/layout/layout.h"
#include "packager/encrypt/encryptor.h"
#include "packager/manifest/live_manifests.h"
#include "packager/mp4/init_segment.h"

namespace usher::live {
namespace {

namespace fs = std::filesystem;

bool EncryptsSamples(Scheme scheme) {
  return scheme == Scheme::kCbcs || scheme == Scheme::kCenc;
}

bool NeedsSameInit(const Track& a, const Track& b) {
  return a.codec == b.codec && a.decoder_config == b.decoder_config &&
         a.width == b.width && a.height == b.height &&
         a.sample_rate == b.sample_rate && a.channels == b.channels &&
         a.decode_delay == b.decode_delay;
}

std::optional<Bytes> ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return Bytes(std::istreambuf_iterator<char>(file), {});
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
      Segmenter::Make(presentation_.scheme, Container::kCmaf, configured,
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
  manifest::InitRecord init{layout::InitName(record.inits.size() + 1), {}};
  init.first_number = number;
  if (EncryptsSamples(presentation_.scheme)) {
    init.protection = ProtectionOf(presentation_.scheme, configured,
                                   lanes_[index].keys, period);
  }
  const Bytes bytes = mp4::WriteInitSegment(configured, init.protection);
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

void LiveScheme::BreakAt(uint64_t number, MediaTime at) {
  std::vector<manifest::Break>& breaks = presentation_.breaks;
  const manifest::Break here{manifest::Break::Kind::kDiscontinuity, number, at};
  if (!breaks.empty() && breaks.back().number == number) {
    breaks.back() = here;
  } else {
    breaks.push_back(here);
  }
}

void LiveScheme::Restore(const SchemeState& state, const fs::path& files) {
  presentation_.breaks = state.breaks;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    manifest::TrackRecord& record = presentation_.tracks[i];
    record.segments = state.tracks[i].segments;
    record.open = state.tracks[i].open;
    for (const manifest::InitRecord& from : state.tracks[i].inits) {
      manifest::InitRecord& init = record.inits.emplace_back(from);
      if (!init.protection) continue;
      const size_t period = PeriodOf(lanes_[i].keys, init.first_number);
      init.protection = ProtectionOf(presentation_.scheme,
                                     init.track ? *init.track : record.track,
                                     lanes_[i].keys, period);
    }
    RestoreOpen(i, files);
    CheckStored(i, files);
  }
}

void LiveScheme::RestoreOpen(size_t index, const fs::path& files) {
  manifest::TrackRecord& record = presentation_.tracks[index];
  manifest::SegmentRecord open = std::exchange(record.open, {});
  if (open.parts.empty()) return;
  const auto bytes = JoinStored(index, open, files);
  open.gap = !bytes;
  if (bytes) open.bytes = *bytes;
  record.segments.push_back(std::move(open));
}

Result<uint64_t> LiveScheme::JoinStored(size_t index,
                                        const manifest::SegmentRecord& open,
                                        const fs::path& files) {
  const manifest::TrackRecord& record = presentation_.tracks[index];
  const TrackKeys& keys = lanes_[index].keys;
  const keys::ContentKey* key = keys[PeriodOf(keys, open.number)].key;
  const bool whole_files = presentation_.scheme == Scheme::kAes128;
  const auto lost = Failed(PathOf(record.directory), "has lost a part");
  Bytes bytes;
  for (size_t part = 0; part < open.parts.size(); ++part) {
    if (open.parts[part].gap) return lost;
    std::optional<Bytes> file;
    const std::string name =
        layout::PartName(open.number, part, record.extension);
    if (!files.empty()) {
      file = ReadFile(files / PathOf(record.directory + "/" + name));
    }
    if (file && whole_files) {
      file = crypto::DecryptAes128CbcPadded(key->key.view(), *open.iv, *file);
    }
    if (!file) return lost;
    bytes.insert(bytes.end(), file->begin(), file->end());
  }
  SegmentEncryptor::Pieces encrypted;
  std::array<ByteView, 3> pieces = {bytes};
  if (whole_files) {
    encrypted =
        SegmentEncryptor(record.track, *key).Encrypt(open.number, {}, bytes);
    pieces = {encrypted.head, encrypted.middle, encrypted.tail};
  }
  const auto stored =
      storage_.Put(PathOf(record.directory + "/" +
                          layout::SegmentName(open.number, record.extension)),
                   pieces);
  if (!stored) return std::unexpected(stored.error());
  return pieces[0].size() + pieces[1].size() + pieces[2].size();
}

// A power cut may have taken what was not on the disk yet.
void LiveScheme::CheckStored(size_t index, const fs::path& files) {
  constexpr size_t kNewest = 50;
  manifest::TrackRecord& record = presentation_.tracks[index];
  const size_t count = std::min(kNewest, record.segments.size());
  if (files.empty()) return;
  for (auto& segment : std::span(record.segments).last(count)) {
    if (segment.gap) continue;
    std::error_code error;
    const auto size = fs::file_size(
        files / PathOf(record.directory + "/" +
                       layout::SegmentName(segment.number, record.extension)),
        error);
    segment.gap = error || size != segment.bytes;
  }
}

void LiveScheme::FillUp(uint64_t number) {
  const manifest::TrackRecord* full = nullptr;
  for (const manifest::TrackRecord& record : presentation_.tracks) {
    if (full == nullptr || record.segments.size() > full->segments.size()) {
      full = &record;
    }
  }
  for (size_t i = 0; i < lanes_.size(); ++i) {
    manifest::TrackRecord& record = presentation_.tracks[i];
    for (uint64_t next = record.segments.size() + 1; next <= number; ++next) {
      const manifest::SegmentRecord& other = full->segments[next - 1];
      const uint32_t timescale = full->track.timescale;
      WriteGap(i, next, {static_cast<int64_t>(other.start), timescale},
               {static_cast<int64_t>(other.start + other.duration), timescale});
    }
    Announce(i, number + 1);
  }
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

void LiveScheme::RemoveLeftovers(uint64_t number, size_t parts) {
  for (const manifest::TrackRecord& record : presentation_.tracks) {
    const auto remove = [&](const std::string& name) {
      (void)storage_.Remove(PathOf(record.directory + "/" + name));
    };
    const uint64_t newest = record.segments.size();
    for (uint64_t each = std::max<uint64_t>(newest, 1); each <= number + 1;
         ++each) {
      const bool listed = each == newest;
      if (!listed) remove(layout::SegmentName(each, record.extension));
      const size_t kept = listed ? record.segments.back().parts.size() : 0;
      for (size_t part = kept; part < parts; ++part) {
        remove(layout::PartName(each, part, record.extension));
      }
    }
  }
}

Status LiveScheme::Write(LiveCutter::Cut& cut) {
  if (!CanWrite(cut)) {
    if (cut.ends_segment) WriteGap(cut);
    return {};
  }
  const bool parts =
      cut.fragment.part || !presentation_.tracks[cut.track].open.parts.empty();
  return parts ? WritePart(cut) : WriteWhole(cut);
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
  record.segments.push_back(std::move(whole));
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
        (void)storage_.Remove(
            PathOf(record.directory + "/" +
                   layout::PartName(segment->number, part, record.extension)));
      }
      segment->parts.clear();
      lanes_[i].first_with_parts = segment->number + 1;
    }
  }
}

std::string LiveScheme::PathOf(const std::string& path) const {
  return directory_.empty() ? path : directory_ + "/" + path;
}

}  // namespace usher::live

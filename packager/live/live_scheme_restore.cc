// What a live event that was cut off has left, and how it goes on from there.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <system_error>
#include <tuple>
#include <utility>

#include "core/crypto/aes.h"
#include "core/layout/layout.h"
#include "packager/encrypt/encryptor.h"
#include "packager/live/live_scheme.h"

namespace usher::live {
namespace {

namespace fs = std::filesystem;

std::optional<Bytes> ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

uint64_t NewestOf(const manifest::TrackRecord& record) {
  return record.segments.empty() ? 0 : record.segments.back().number;
}

}  // namespace

void LiveScheme::Restore(const SchemeState& state, const fs::path& files) {
  presentation_.breaks = state.breaks;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    manifest::TrackRecord& record = presentation_.tracks[i];
    record.segments = state.tracks[i].segments;
    record.captions = state.tracks[i].captions;
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
  // Another packager has all of it, under the same name.
  if (timecoded_) {
    open.gap = true;
  } else {
    const auto bytes = JoinStored(index, open, files);
    open.gap = !bytes;
    if (bytes) open.bytes = *bytes;
  }
  record.Add(std::move(open));
}

void LiveScheme::DropOpen() {
  for (size_t i = 0; i < lanes_.size(); ++i) RestoreOpen(i, {});
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
      if (!open.iv) return lost;
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
  for (auto& segment : std::span(record.segments).last(count)) {
    if (segment.gap) continue;
    const std::string path =
        PathOf(record.directory + "/" +
               layout::SegmentName(segment.number, record.extension));
    std::error_code error;
    segment.gap =
        files.empty()
            ? storage_.HasLost(path)
            : fs::file_size(files / path, error) != segment.bytes || error;
  }
}

void LiveScheme::FillUp(uint64_t number) {
  const auto full =
      std::ranges::max_element(presentation_.tracks, {}, NewestOf);
  for (size_t i = 0; i < lanes_.size(); ++i) {
    const uint64_t newest = NewestOf(presentation_.tracks[i]);
    const auto missing = std::ranges::upper_bound(
        full->segments, newest, {}, &manifest::SegmentRecord::number);
    const uint32_t timescale = full->track.timescale;
    for (auto each = missing; each != full->segments.end(); ++each) {
      WriteGap(i, each->number, {static_cast<int64_t>(each->start), timescale},
               {static_cast<int64_t>(each->start + each->duration), timescale});
    }
    Announce(i, number + 1);
  }
}

void LiveScheme::RemoveLeftovers(uint64_t number, size_t parts) {
  // Another packager may have put the same under that name, and tell of it.
  if (timecoded_) return;
  for (const manifest::TrackRecord& record : presentation_.tracks) {
    const auto remove = [&](const std::string& name) {
      std::ignore =
          storage_.RemoveLeftover(PathOf(record.directory + "/" + name));
    };
    const uint64_t newest = NewestOf(record);
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

}  // namespace usher::live

#include "packager/pipeline/thumbnails.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/layout/layout.h"
#include "packager/input/thumbnail_source.h"

namespace usher {
namespace {

constexpr uint32_t kColumns = 5;
constexpr uint32_t kRows = 5;
constexpr double kMostSheets = 10'000;

// The smallest pictures are decoded fastest, and are large enough.
const PlannedTrack* SmallestVideo(const PackagePlan& plan) {
  const PlannedTrack* smallest = nullptr;
  for (const PlannedTrack& planned : plan.tracks) {
    if (planned.track.kind != TrackKind::kVideo) continue;
    if (smallest == nullptr || planned.track.height < smallest->track.height) {
      smallest = &planned;
    }
  }
  return smallest;
}

// No other track's name.
std::string NameFor(const PackagePlan& plan) {
  const auto is_taken = [&](const std::string& name) {
    const auto named = [&](const auto& each) { return each == name; };
    return std::ranges::any_of(plan.tracks, named,
                               [](const PlannedTrack& planned) {
                                 return planned.track.name;
                               }) ||
           std::ranges::any_of(plan.texts, named, &PlannedText::name);
  };
  std::string name(layout::kThumbnails);
  for (int i = 2; is_taken(name); ++i) {
    name = std::string(layout::kThumbnails) + "-" + std::to_string(i);
  }
  return name;
}

// What to take off the film's clock for the input's.
double ShiftOf(const PlannedTrack& video) {
  const auto offset =
      static_cast<int64_t>(video.track.presentation_time_offset);
  return MediaTime{video.shift - offset, video.track.timescale}.Seconds();
}

}  // namespace

Result<std::optional<manifest::ThumbnailRecord>> PlanThumbnails(
    const config::PackageOptions& options, const PackagePlan& plan,
    unsigned revision) {
  if (options.thumbnails == 0) return std::nullopt;
  const PlannedTrack* video = SmallestVideo(plan);
  if (video == nullptr) {
    return BadInput("--thumbnails", "there are no pictures", "leave it out");
  }
  manifest::ThumbnailRecord record;
  const Track& track = video->track;
  const PictureSize shown = track.ShownSize();
  const TileSize tile = TileSizeFor(shown.width, shown.height, 1, 1);
  record.directory = layout::TrackDirectory(NameFor(plan), revision);
  record.tile_width = tile.width;
  record.tile_height = tile.height;
  record.columns = kColumns;
  record.rows = kRows;
  record.interval =
      std::chrono::milliseconds(std::llround(options.thumbnails * 1000));
  record.film = std::chrono::milliseconds(std::llround(plan.seconds * 1000));
  if (plan.seconds / options.thumbnails / (kColumns * kRows) > kMostSheets) {
    return BadInput("--thumbnails", "that would make more than 10000 files",
                    "give a longer time");
  }
  return record;
}

Status DrawThumbnails(
    const PackagePlan& plan, const Interrupt& interrupt,
    const std::function<Status(uint64_t number, ByteView jpeg)>& store,
    manifest::ThumbnailRecord& record) {
  const PlannedTrack& video = *SmallestVideo(plan);
  auto source = ThumbnailSource::Open(plan.files[video.input], interrupt);
  if (!source) return std::unexpected(source.error());
  const SheetShape shape{
      {record.tile_width, record.tile_height}, record.columns, record.rows};
  const auto tiles = static_cast<int64_t>(record.columns * record.rows);
  for (int64_t first = 0; first * record.interval < record.film;
       first += tiles) {
    std::vector<double> times;
    for (int64_t i = first; i < first + tiles; ++i) {
      const auto time = i * record.interval;
      if (time >= record.film) break;
      times.push_back(std::chrono::duration<double>(time).count() -
                      ShiftOf(video));
    }
    const auto sheet = source->MakeSheet(shape, times);
    if (!sheet) return std::unexpected(sheet.error());
    record.sheets.push_back(sheet->size());
    if (auto stored = store(record.sheets.size(), *sheet); !stored) {
      return stored;
    }
  }
  return {};
}

}  // namespace usher

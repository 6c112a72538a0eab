#include "packager/manifest/thumbnail_manifests.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/layout/layout.h"
#include "core/playlist/hls_text.h"
#include "core/playlist/media_playlist.h"

namespace usher::manifest {
namespace {

using std::chrono::milliseconds;

std::string Seconds(milliseconds time) {
  char text[64];
  std::snprintf(text, sizeof text, "%lld.%03lld",
                static_cast<long long>(time.count() / 1000),
                static_cast<long long>(time.count() % 1000));
  return text;
}

std::string LayoutOf(const ThumbnailRecord& thumbnails) {
  return std::to_string(thumbnails.columns) + "x" +
         std::to_string(thumbnails.rows);
}

// By number and duration where the film is one period, which every player
// reads. A later period begins in the middle of a sheet, as only a timeline can
// tell.
void AddressSheets(const ThumbnailRecord& thumbnails, milliseconds start,
                   playlist::SegmentTemplate& segments) {
  const auto sheet = static_cast<uint64_t>(thumbnails.SheetDuration().count());
  const auto offset = static_cast<uint64_t>(start.count());
  segments.duration = sheet;
  if (offset == 0) return;
  const uint64_t first =
      std::min<uint64_t>(offset / sheet, thumbnails.sheets.size() - 1);
  segments.presentation_time_offset = offset;
  segments.start_number = first + 1;
  segments.timeline.push_back(
      {first * sheet, sheet, thumbnails.sheets.size() - first});
}

}  // namespace

uint64_t ThumbnailRecord::Bandwidth() const {
  uint64_t largest = 0;
  for (const uint64_t bytes : sheets) largest = std::max(largest, bytes);
  // Of a film shorter than a sheet, what the film takes.
  const auto lasts = std::min(SheetDuration(), film);
  return static_cast<uint64_t>(
      std::ceil(8000.0 * static_cast<double>(largest) /
                static_cast<double>(std::max<int64_t>(1, lasts.count()))));
}

std::string ImagePlaylistPath(const ThumbnailRecord& thumbnails) {
  return thumbnails.directory + "/" + std::string(layout::kImages);
}

std::string WriteImagePlaylist(const ThumbnailRecord& thumbnails) {
  constexpr uint64_t kVersion = 7;
  playlist::HlsText text;
  text.Tag("EXT-X-VERSION", kVersion);
  text.Tag("EXT-X-TARGETDURATION",
           playlist::TargetDuration(thumbnails.SheetDuration()));
  text.Tag("EXT-X-MEDIA-SEQUENCE", uint64_t{1});
  text.Tag("EXT-X-PLAYLIST-TYPE", "VOD");
  text.Tag("EXT-X-IMAGES-ONLY");
  const playlist::AttributeList tiles =
      playlist::AttributeList()
          .Resolution("RESOLUTION", thumbnails.tile_width,
                      thumbnails.tile_height)
          .Token("LAYOUT", LayoutOf(thumbnails))
          .Float("DURATION",
                 std::chrono::duration<double>(thumbnails.interval).count());
  milliseconds left = thumbnails.film;
  for (size_t i = 0; i < thumbnails.sheets.size(); ++i) {
    const milliseconds lasts = std::min(left, thumbnails.SheetDuration());
    left -= lasts;
    text.Tag("EXTINF", Seconds(lasts) + ",");
    text.Tag("EXT-X-TILES", tiles);
    text.Uri(layout::SegmentName(i + 1, "jpg"));
  }
  text.Tag("EXT-X-ENDLIST");
  return text.Take();
}

playlist::ImageVariant ImageVariantOf(const ThumbnailRecord& thumbnails) {
  return {thumbnails.Bandwidth(), thumbnails.tile_width, thumbnails.tile_height,
          ImagePlaylistPath(thumbnails)};
}

playlist::AdaptationSet ThumbnailSet(const ThumbnailRecord& thumbnails,
                                     std::chrono::microseconds start) {
  playlist::Representation sheets;
  sheets.id = thumbnails.directory;
  sheets.bandwidth = thumbnails.Bandwidth();
  sheets.width = thumbnails.tile_width * thumbnails.columns;
  sheets.height = thumbnails.tile_height * thumbnails.rows;
  sheets.tiles = LayoutOf(thumbnails);
  sheets.segments.timescale = 1000;
  AddressSheets(thumbnails, std::chrono::round<milliseconds>(start),
                sheets.segments);
  sheets.segments.media = thumbnails.directory + "/$Number$.jpg";
  playlist::AdaptationSet set;
  set.content_type = "image";
  set.mime_type = "image/jpeg";
  set.representations.push_back(std::move(sheets));
  return set;
}

}  // namespace usher::manifest

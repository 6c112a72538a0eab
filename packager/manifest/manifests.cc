#include "packager/manifest/manifests.h"

#include "core/layout/layout.h"
#include "packager/manifest/dash_manifest.h"
#include "packager/manifest/hls_manifests.h"
#include "packager/manifest/thumbnail_manifests.h"

namespace usher::manifest {
namespace {

bool HasClearKey(Scheme scheme) {
  return scheme == Scheme::kCbcs || scheme == Scheme::kCenc;
}

void AddMediaPlaylists(const Presentation& presentation, KeyFormat format,
                       std::vector<ManifestFile>& files) {
  for (const TrackRecord& record : presentation.tracks) {
    files.push_back({MediaPlaylistPath(record, format),
                     Write(BuildMediaPlaylist(presentation, record, format))});
    if (!HasIFrames(record)) continue;
    files.push_back({IFramePlaylistPath(record, format),
                     Write(BuildIFramePlaylist(presentation, record, format))});
  }
}

// Text is never encrypted, so one playlist serves both key formats.
void AddTextPlaylists(const Presentation& presentation,
                      std::vector<ManifestFile>& files) {
  constexpr KeyFormat kFormat = KeyFormat::kIdentity;
  for (const TextRecord& text : presentation.texts) {
    files.push_back(
        {MediaPlaylistPath(text.hls, kFormat),
         Write(BuildMediaPlaylist(presentation, text.hls, kFormat))});
  }
}

void AddMaster(const Presentation& presentation, KeyFormat format,
               std::string_view name, std::vector<ManifestFile>& files) {
  files.push_back({std::string(name),
                   Write(BuildMultivariantPlaylist(presentation, format))});
}

}  // namespace

std::vector<ManifestFile> WriteManifests(const Presentation& presentation) {
  std::vector<ManifestFile> files;
  AddMediaPlaylists(presentation, KeyFormat::kIdentity, files);
  AddTextPlaylists(presentation, files);
  if (presentation.thumbnails) {
    files.push_back({ImagePlaylistPath(*presentation.thumbnails),
                     WriteImagePlaylist(*presentation.thumbnails)});
  }
  if (HasClearKey(presentation.scheme)) {
    AddMediaPlaylists(presentation, KeyFormat::kClearKey, files);
    AddMaster(presentation, KeyFormat::kClearKey, layout::kMasterClearKey,
              files);
  }
  if (HasDrmKeys(presentation)) {
    AddMediaPlaylists(presentation, KeyFormat::kDrm, files);
    AddMaster(presentation, KeyFormat::kDrm, layout::kMasterDrm, files);
  }
  AddMaster(presentation, KeyFormat::kIdentity, layout::kMaster, files);
  if (presentation.HasMpd()) {
    files.push_back({std::string(layout::kMpd), Write(BuildMpd(presentation))});
  }
  if (HasDrmMpd(presentation)) {
    files.push_back(
        {std::string(layout::kMpdDrm), Write(BuildDrmMpd(presentation))});
  }
  return files;
}

}  // namespace usher::manifest

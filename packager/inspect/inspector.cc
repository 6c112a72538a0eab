#include "packager/inspect/inspector.h"

#include <algorithm>
#include <filesystem>

#include "packager/inspect/dash_inspector.h"
#include "packager/inspect/hls_inspector.h"
#include "packager/inspect/location.h"

namespace usher::inspect {
namespace {

namespace fs = std::filesystem;

// The main files of a directory: every MPD, and every playlist that lists
// variants. A directory of one rendition has only media playlists; then those.
Result<std::vector<LoadedFile>> MainFiles(const std::string& directory,
                                          Loader& loader) {
  std::vector<LoadedFile> main;
  std::vector<LoadedFile> media;
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".m3u8" || extension == ".mpd") {
      paths.push_back(entry.path().lexically_normal().string());
    }
  }
  std::ranges::sort(paths);
  for (const std::string& path : paths) {
    auto file = loader.Load(path, std::nullopt);
    if (!file) return std::unexpected(file.error());
    const std::string_view text = AsText(file->bytes);
    const bool is_media =
        path.ends_with(".m3u8") && text.find("#EXT-X-STREAM-INF") == text.npos;
    (is_media ? media : main).push_back(std::move(*file));
  }
  return main.empty() ? std::move(media) : std::move(main);
}

Result<std::vector<LoadedFile>> LoadTarget(const std::string& target,
                                           Loader& loader) {
  std::error_code error;
  if (!IsUrl(target) && fs::is_directory(target, error)) {
    auto files = MainFiles(fs::absolute(target).string(), loader);
    if (files && files->empty()) {
      return BadInput(target, "there is no playlist or MPD in this directory",
                      "name a .m3u8 or .mpd file");
    }
    return files;
  }
  auto file = loader.Load(
      IsUrl(target) ? target : fs::absolute(target).lexically_normal().string(),
      std::nullopt);
  if (!file) {
    Error failure = file.error();
    failure.where = IsUrl(target) ? "the URL" : target;
    return std::unexpected(std::move(failure));
  }
  std::vector<LoadedFile> files;
  files.push_back(std::move(*file));
  return files;
}

bool IsHls(ByteView bytes) {
  std::string_view text = AsText(bytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text.starts_with("#EXT");
}

bool IsMpd(ByteView bytes) {
  const std::string_view start =
      AsText(bytes.first(std::min<size_t>(bytes.size(), 4096)));
  return start.find("MPD") != start.npos && start.find('<') != start.npos;
}

}  // namespace

Result<Inspection> Inspect(const std::string& target,
                           const InspectOptions& options, Loader& loader) {
  auto files = LoadTarget(target, loader);
  if (!files) return std::unexpected(files.error());
  Inspection inspection;
  MediaStore store(loader, options.keys, inspection.findings);
  for (const LoadedFile& file : *files) {
    const Surroundings around{DirectoryOf(file.location), loader, store,
                              options.every, inspection.findings};
    if (IsHls(file.bytes)) {
      inspection.renditions += InspectHls(file, around);
    } else if (IsMpd(file.bytes)) {
      inspection.renditions += InspectDash(file, around);
    } else {
      return BadInput(IsUrl(target) ? "the URL" : target,
                      "is neither an HLS playlist nor an MPD",
                      "name a .m3u8 or .mpd file, or a directory with one");
    }
  }
  store.Finish();
  inspection.segments = store.segments_judged();
  return inspection;
}

}  // namespace usher::inspect

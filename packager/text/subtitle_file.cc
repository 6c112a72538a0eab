#include "packager/text/subtitle_file.h"

#include <fstream>
#include <system_error>
#include <utility>

#include "packager/text/subtitle_reader.h"

namespace usher::text {
namespace {

namespace fs = std::filesystem;

// A film's subtitles take 100 KB; a larger file is another one.
constexpr size_t kMaxSize = 16 << 20;

Result<Bytes> ReadBytes(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    return BadInput(path.string(), "does not exist", "check the path");
  }
  if (!fs::is_regular_file(status)) {
    return BadInput(path.string(), "is not a regular file",
                    "name a .vtt or .srt file");
  }
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = stream ? std::streamoff{stream.tellg()} : -1;
  if (size < 0) {
    return BadInput(path.string(), "cannot be read",
                    "make it readable for this user");
  }
  if (std::cmp_greater(size, kMaxSize)) {
    return BadInput(path.string(), "is larger than 16 MiB",
                    "name a .vtt or .srt file");
  }
  Bytes bytes(static_cast<size_t>(size));
  stream.seekg(0);
  stream.read(reinterpret_cast<char*>(bytes.data()), size);
  bytes.resize(static_cast<size_t>(stream.gcount()));
  return bytes;
}

}  // namespace

Result<SubtitleFile> ReadSubtitleFile(const fs::path& path) {
  const auto bytes = ReadBytes(path);
  if (!bytes) return std::unexpected(bytes.error());
  auto read = ReadSubtitleText(*bytes);
  if (!read) {
    Error error = std::move(read).error();
    error.where = path.string();
    return std::unexpected(std::move(error));
  }
  SubtitleFile file;
  file.subtitles = std::move(read->subtitles);
  if (read->guessed_encoding) {
    file.warnings.push_back(
        path.string() +
        ": is not UTF-8 and was read as Windows-1252; if letters are wrong, "
        "convert it: iconv -f ENCODING -t UTF-8");
  }
  if (read->unreadable > 0) {
    file.warnings.push_back(path.string() + ":" +
                            std::to_string(read->first_unreadable) + ": " +
                            std::to_string(read->unreadable) +
                            " cues have no times that can be read, or end "
                            "before they begin, and are left out");
  }
  return file;
}

}  // namespace usher::text

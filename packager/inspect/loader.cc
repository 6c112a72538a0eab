#include "packager/inspect/loader.h"

#include <filesystem>
#include <fstream>

#include "packager/inspect/location.h"

namespace usher::inspect {

Result<LoadedFile> FileLoader::Load(
    const std::string& location,
    const std::optional<playlist::ByteRange>& range) {
  std::error_code error;
  const auto status = std::filesystem::status(location, error);
  if (!std::filesystem::exists(status)) return BadInput({}, "does not exist");
  // A pipe or device would never end.
  if (!std::filesystem::is_regular_file(status)) {
    return BadInput({}, "is no regular file");
  }
  const uint64_t size = std::filesystem::file_size(location, error);
  const playlist::ByteRange part = range.value_or(playlist::ByteRange{0, size});
  if (error || part.offset > size || part.length > size - part.offset) {
    return BadInput({}, "is shorter than the byte range");
  }
  if (part.length > kMaxFile) return BadInput({}, "is larger than 256 MB");
  std::ifstream file(location, std::ios::binary);
  LoadedFile loaded{Bytes(part.length), location};
  file.seekg(static_cast<std::streamoff>(part.offset));
  file.read(reinterpret_cast<char*>(loaded.bytes.data()),
            static_cast<std::streamsize>(part.length));
  if (!file) return Failed({}, "cannot be read");
  return loaded;
}

Result<LoadedFile> AnyLoader::Load(
    const std::string& location,
    const std::optional<playlist::ByteRange>& range) {
  if (IsUrl(location)) return http_.Load(location, range);
  return files_.Load(location, range);
}

}  // namespace usher::inspect

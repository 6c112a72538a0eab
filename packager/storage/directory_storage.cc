#include "packager/storage/directory_storage.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "core/base/file_descriptor.h"
#include "packager/storage/system_error.h"

namespace usher {
namespace {

namespace fs = std::filesystem;

std::vector<iovec> AsVectors(std::span<const ByteView> pieces) {
  std::vector<iovec> vectors;
  for (const ByteView piece : pieces) {
    // writev() takes the same type for reading and writing.
    vectors.push_back({const_cast<uint8_t*>(piece.data()), piece.size()});
  }
  return vectors;
}

// Drops the first `written` bytes.
void Advance(std::span<iovec>& vectors, size_t written) {
  while (!vectors.empty() && written >= vectors.front().iov_len) {
    written -= vectors.front().iov_len;
    vectors = vectors.subspan(1);
  }
  if (vectors.empty()) return;
  iovec& front = vectors.front();
  front.iov_base = static_cast<uint8_t*>(front.iov_base) + written;
  front.iov_len -= written;
}

// 0, or errno.
int WriteAll(int fd, std::span<iovec> vectors) {
  constexpr size_t kMaxVectors = 64;
  while (!vectors.empty()) {
    const int count = static_cast<int>(std::min(vectors.size(), kMaxVectors));
    const ssize_t written = ::writev(fd, vectors.data(), count);
    if (written < 0 && errno != EINTR) return errno;
    if (written >= 0) Advance(vectors, static_cast<size_t>(written));
  }
  return 0;
}

// 0, or errno.
int WriteFile(const fs::path& path, std::span<const ByteView> pieces) {
  FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.valid()) return errno;
  std::vector<iovec> vectors = AsVectors(pieces);
  if (const int error = WriteAll(file.get(), vectors)) return error;
  ::sync_file_range(file.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
  return file.Close() == 0 ? 0 : errno;
}

// From where `from` stands to its end. 0, or errno. The kernel copies, and
// shares the blocks where the file system can.
int CopyRest(int from, int to) {
  constexpr size_t kAtOnce = size_t{1} << 30;
  while (true) {
    const ssize_t copied =
        ::copy_file_range(from, nullptr, to, nullptr, kAtOnce, 0);
    if (copied == 0) return 0;
    if (copied > 0 || errno == EINTR) continue;
    if (errno != EXDEV && errno != EINVAL && errno != ENOSYS &&
        errno != EOPNOTSUPP) {
      return errno;
    }
    const ssize_t sent = ::sendfile(to, from, nullptr, kAtOnce);
    if (sent == 0) return 0;
    if (sent < 0 && errno != EINTR) return errno;
  }
}

// 0, or errno.
int AppendFile(const fs::path& path, uint64_t skip, int to) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return errno;
  if (::lseek(file.get(), static_cast<off_t>(skip), SEEK_SET) < 0) return errno;
  if (const int error = CopyRest(file.get(), to)) return error;
  return ::unlink(path.c_str()) == 0 ? 0 : errno;
}

// 0, or errno.
int WriteParts(const fs::path& root, const fs::path& path,
               std::span<const JoiningStorage::Part> parts) {
  FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.valid()) return errno;
  for (const JoiningStorage::Part& part : parts) {
    std::vector<iovec> vectors = AsVectors({&part.bytes, 1});
    const int error = part.path.empty()
                          ? WriteAll(file.get(), vectors)
                          : AppendFile(root / part.path, part.from, file.get());
    if (error != 0) return error;
  }
  ::sync_file_range(file.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
  return file.Close() == 0 ? 0 : errno;
}

fs::path TemporaryName(const fs::path& path) {
  return path.parent_path() / ("." + path.filename().string() + ".usher-tmp");
}

Status MakeDirectory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (!error) return {};
  return std::unexpected(
      SystemError(error.value(), "make the directory", directory));
}

}  // namespace

Status DirectoryStorage::Put(std::string_view path,
                             std::span<const ByteView> pieces) {
  const fs::path target = root_ / path;
  const fs::path temporary = TemporaryName(target);
  int error = WriteFile(temporary, pieces);
  if (error == ENOENT) {
    if (auto made = MakeDirectory(target.parent_path()); !made) return made;
    error = WriteFile(temporary, pieces);
  }
  if (error == 0 && ::rename(temporary.c_str(), target.c_str()) == 0) return {};
  if (error == 0) error = errno;
  ::unlink(temporary.c_str());
  return std::unexpected(SystemError(error, "write", target));
}

Status DirectoryStorage::Remove(std::string_view path) {
  const fs::path target = root_ / path;
  if (::unlink(target.c_str()) == 0 || errno == ENOENT) return {};
  return std::unexpected(SystemError(errno, "remove", target));
}

Status DirectoryStorage::Join(std::string_view path,
                              std::span<const Part> parts) {
  const fs::path target = root_ / path;
  const fs::path temporary = TemporaryName(target);
  int error = WriteParts(root_, temporary, parts);
  if (error == 0 && ::rename(temporary.c_str(), target.c_str()) == 0) return {};
  if (error == 0) error = errno;
  ::unlink(temporary.c_str());
  return std::unexpected(SystemError(error, "write", target));
}

}  // namespace usher

#include "packager/live/journal_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "core/base/byte_writer.h"
#include "core/crypto/digest.h"
#include "packager/storage/system_error.h"

namespace usher::live {
namespace {

namespace fs = std::filesystem;

constexpr uint8_t kHeader[8] = {'U', 'S', 'H', 'J', 1, 0, 0, 0};
constexpr size_t kFrame = 8;  // size and checksum
constexpr size_t kChecksum = 4;

Bytes Framed(ByteView entry) {
  Bytes bytes;
  bytes.reserve(kFrame + entry.size());
  ByteWriter out(bytes);
  out.U32(static_cast<uint32_t>(entry.size()));
  out.Append(ByteView(crypto::Sha256(entry)).first(kChecksum));
  out.Append(entry);
  return bytes;
}

// The size of the whole entry that begins there; nothing where none does.
std::optional<size_t> EntryAt(ByteView rest) {
  if (rest.size() < kFrame) return std::nullopt;
  size_t size = 0;
  for (const uint8_t byte : rest.first(4)) size = size << 8 | byte;
  if (size == 0 || size > rest.size() - kFrame) return std::nullopt;
  const auto digest = crypto::Sha256(rest.subspan(kFrame, size));
  const bool whole = std::ranges::equal(ByteView(digest).first(kChecksum),
                                        rest.subspan(4, kChecksum));
  return whole ? std::optional(size) : std::nullopt;
}

// Whatever is damaged, its size too.
bool HasEntryBehind(ByteView torn) {
  for (size_t at = 1; at + kFrame < torn.size(); ++at) {
    if (EntryAt(torn.subspan(at))) return true;
  }
  return false;
}

// 0, or errno.
int WriteAll(int file, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return 0;
}

// 0, or errno.
int SyncDirectory(const fs::path& directory) {
  const FileDescriptor opened(
      ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid()) return errno;
  return ::fsync(opened.get()) == 0 ? 0 : errno;
}

// Nothing where there is no such file.
Result<std::optional<Bytes>> ReadWhole(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() && errno == ENOENT) return std::nullopt;
  struct stat found{};
  if (!file.valid() || ::fstat(file.get(), &found) != 0) {
    return std::unexpected(SystemError(errno, "read", path));
  }
  Bytes bytes(static_cast<size_t>(found.st_size));
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t read =
        ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (read < 0) return std::unexpected(SystemError(errno, "read", path));
    if (read == 0) break;
    size += static_cast<size_t>(read);
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace

Result<JournalFile> JournalFile::Open(fs::path path) {
  JournalFile journal(std::move(path));
  auto bytes = ReadWhole(journal.path_);
  if (!bytes) return std::unexpected(bytes.error());
  if (!*bytes) return journal;
  if (auto read = journal.Read(**bytes); !read) {
    return std::unexpected(read.error());
  }
  journal.file_ =
      FileDescriptor(::open(journal.path_.c_str(), O_RDWR | O_CLOEXEC));
  if (!journal.file_.valid() ||
      ::ftruncate(journal.file_.get(), static_cast<off_t>(journal.size_)) !=
          0) {
    return std::unexpected(SystemError(errno, "write", journal.path_));
  }
  return journal;
}

Status JournalFile::Read(const Bytes& bytes) {
  const ByteView all(bytes);
  if (all.size() < sizeof kHeader ||
      !std::ranges::equal(all.first(sizeof kHeader), kHeader)) {
    return Refuse("is no journal of this version");
  }
  size_ = sizeof kHeader;
  while (const auto size = EntryAt(all.subspan(size_))) {
    const ByteView entry = all.subspan(size_ + kFrame, *size);
    entries_.emplace_back(entry.begin(), entry.end());
    size_ += kFrame + *size;
  }
  if (HasEntryBehind(all.subspan(size_))) return Refuse("is damaged");
  return {};
}

Status JournalFile::Refuse(const char* what) const {
  return BadInput(path_.string(), what,
                  "begin another event, with another --event and --state");
}

Status JournalFile::Append(ByteView entry) {
  if (!file_.valid()) return Replace(entry);
  const Bytes bytes = Framed(entry);
  const auto end = static_cast<off_t>(size_);
  int error = ::lseek(file_.get(), end, SEEK_SET) == end ? 0 : errno;
  if (error == 0) error = WriteAll(file_.get(), bytes);
  if (error == 0 && ::fdatasync(file_.get()) != 0) error = errno;
  if (error == 0) {
    size_ += bytes.size();
    return {};
  }
  // Else the next one is written over it, and what is left is a torn end.
  [[maybe_unused]] const int truncated = ::ftruncate(file_.get(), end);
  return std::unexpected(SystemError(error, "write", path_));
}

Status JournalFile::Replace(ByteView entry) {
  return ReplaceAll([&](const AddEntry& add) { return add(entry); });
}

Status JournalFile::ReplaceAll(
    const std::function<Status(const AddEntry& add)>& write) {
  const fs::path temporary = path_.string() + ".new";
  const auto failed = [&](int error) {
    ::unlink(temporary.c_str());
    return std::unexpected(SystemError(error, "write", path_));
  };
  FileDescriptor file(
      ::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.valid()) return failed(errno);
  if (const int error = WriteAll(file.get(), kHeader)) return failed(error);
  uint64_t size = sizeof kHeader;
  const Status written = write([&](ByteView entry) -> Status {
    const Bytes bytes = Framed(entry);
    if (const int error = WriteAll(file.get(), bytes)) return failed(error);
    size += bytes.size();
    return {};
  });
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  if (::fsync(file.get()) != 0) return failed(errno);
  if (::rename(temporary.c_str(), path_.c_str()) != 0) return failed(errno);
  if (const int error = SyncDirectory(path_.parent_path())) {
    return failed(error);
  }
  file_ = std::move(file);
  size_ = size;
  return {};
}

}  // namespace usher::live

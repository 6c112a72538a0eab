#include "core/keys/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

namespace usher::keys {
namespace fs = std::filesystem;
namespace {

constexpr mode_t kDirectoryMode = 0750;
constexpr mode_t kForbiddenBits = S_IRWXO | S_IWGRP | S_IXGRP;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

// A new file beside `file`, whose name is gone again whatever happens.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& file)
      : name_(
            (file.parent_path() / ("." + file.filename().string() + ".XXXXXX"))
                .string()),
        fd_(mkostemp(name_.data(), O_CLOEXEC)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (fd_.ok()) unlink(name_.c_str());
  }
  const Descriptor& fd() const { return fd_; }
  const char* name() const { return name_.c_str(); }

 private:
  std::string name_;
  Descriptor fd_;
};

std::string Reason() { return std::generic_category().message(errno); }

std::unexpected<Error> CannotWrite(const fs::path& path) {
  const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
  return Failed(path.string(), "cannot be written (" + Reason() + ")",
                full ? "free some space"
                     : "check that the directory is writable, or choose "
                       "another one");
}

Status CheckStat(const fs::path& file, const struct stat& status,
                 size_t max_size, Readers readers) {
  if (!S_ISREG(status.st_mode)) {
    return BadInput(file.string(), "is no regular file", "name a file");
  }
  if (readers == Readers::kGroupOnly && (status.st_mode & kForbiddenBits)) {
    return BadInput(file.string(),
                    "can be read by others, or written by its group",
                    "run: chmod 0640 " + file.string());
  }
  if (status.st_size < 0 || static_cast<size_t>(status.st_size) > max_size) {
    return BadInput(file.string(), "is too large to be a key file",
                    "check the path");
  }
  return {};
}

// Bytes read; fewer than asked for at the end of the file, -1 on failure.
ssize_t ReadFully(int fd, std::span<uint8_t> bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = read(fd, bytes.data() + done, bytes.size() - done);
    if (count == 0) break;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    done += static_cast<size_t>(count);
  }
  return static_cast<ssize_t>(done);
}

bool WriteFully(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return true;
}

Status MakeDirectories(const fs::path& directory) {
  if (directory.empty() || directory == directory.root_path()) return {};
  struct stat status;
  if (stat(directory.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return {};
    return BadInput(directory.string(), "is no directory",
                    "move it away, or choose another place");
  }
  Status above = MakeDirectories(directory.parent_path());
  if (!above) return above;
  // Another process may have been quicker.
  if (mkdir(directory.c_str(), kDirectoryMode) == 0 || errno == EEXIST) {
    return {};
  }
  return CannotWrite(directory);
}

bool Sync(const fs::path& directory) {
  const Descriptor fd(
      open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.ok() && fsync(fd.get()) == 0;
}

}  // namespace

Result<SecretBytes> ReadPrivateFile(const fs::path& file, size_t max_size,
                                    Readers readers) {
  // O_NONBLOCK: a FIFO is refused, not waited for.
  const Descriptor fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status;
  if (!fd.ok() || fstat(fd.get(), &status) != 0) {
    return BadInput(file.string(), "cannot be read (" + Reason() + ")",
                    "check the path and who may read it");
  }
  Status checked = CheckStat(file, status, max_size, readers);
  if (!checked) return std::unexpected(std::move(checked).error());
  SecretBytes bytes(static_cast<size_t>(status.st_size));
  const ssize_t count = ReadFully(fd.get(), bytes.writable());
  if (count < 0) {
    return Failed(file.string(), "cannot be read (" + Reason() + ")",
                  "check the disk");
  }
  if (static_cast<size_t>(count) != bytes.size()) {
    return Failed(file.string(), "changed while it was read", "try again");
  }
  return bytes;
}

Result<bool> CreatePrivateFile(const fs::path& file, ByteView bytes,
                               unsigned mode) {
  const fs::path directory = file.has_parent_path() ? file.parent_path() : ".";
  Status made = MakeDirectories(directory);
  if (!made) return std::unexpected(std::move(made).error());
  const TemporaryFile temporary(file);
  const Descriptor& fd = temporary.fd();
  if (!fd.ok() || fchmod(fd.get(), mode) != 0 || !WriteFully(fd.get(), bytes) ||
      fsync(fd.get()) != 0) {
    return CannotWrite(file);
  }
  // Unlike rename, link never replaces what another process made meanwhile.
  if (link(temporary.name(), file.c_str()) != 0) {
    if (errno == EEXIST) return false;
    return CannotWrite(file);
  }
  if (!Sync(directory)) return CannotWrite(file);
  return true;
}

Status ReplacePrivateFile(const fs::path& file, ByteView bytes) {
  const fs::path directory = file.has_parent_path() ? file.parent_path() : ".";
  struct stat status;
  if (stat(file.c_str(), &status) != 0) return CannotWrite(file);
  const TemporaryFile temporary(file);
  const Descriptor& fd = temporary.fd();
  // The owner first: changing it may clear bits of the mode.
  if (!fd.ok() || fchown(fd.get(), status.st_uid, status.st_gid) != 0 ||
      fchmod(fd.get(), status.st_mode & 07777) != 0 ||
      !WriteFully(fd.get(), bytes) || fsync(fd.get()) != 0 ||
      rename(temporary.name(), file.c_str()) != 0 || !Sync(directory)) {
    return CannotWrite(file);
  }
  return {};
}

}  // namespace usher::keys

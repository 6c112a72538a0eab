#include "packager/live/state_directory.h"

#include <fcntl.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <utility>

#include "packager/storage/system_error.h"

namespace usher::live {
namespace {

namespace fs = std::filesystem;

struct flock WholeFile(short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

FileDescriptor OpenLock(const fs::path& directory, int flags) {
  return FileDescriptor(
      ::open((directory / "lock").c_str(), O_RDWR | O_CLOEXEC | flags, 0600));
}

}  // namespace

Result<StateDirectory> StateDirectory::Take(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    return std::unexpected(
        SystemError(error.value(), "make the directory", directory));
  }
  FileDescriptor file = OpenLock(directory, O_CREAT);
  struct flock lock = WholeFile(F_WRLCK);
  if (file.valid() && ::fcntl(file.get(), F_SETLK, &lock) == 0) {
    return StateDirectory(directory, std::move(file));
  }
  if (errno != EAGAIN && errno != EACCES) {
    return std::unexpected(SystemError(errno, "lock", directory));
  }
  return BadInput(directory.string(), "belongs to an usher live that runs",
                  "end that one with usher live --stop --state " +
                      directory.string() + ", or name another directory");
}

Status StateDirectory::Stop(const fs::path& directory) {
  const FileDescriptor file = OpenLock(directory, 0);
  struct flock lock = WholeFile(F_WRLCK);
  if (!file.valid() || ::fcntl(file.get(), F_GETLK, &lock) != 0 ||
      lock.l_type == F_UNLCK) {
    return BadInput(directory.string(), "no usher live runs with this --state",
                    "name the directory that it was started with");
  }
  if (::kill(lock.l_pid, SIGTERM) != 0) {
    return std::unexpected(SystemError(
        errno, "end the process " + std::to_string(lock.l_pid) + " of",
        directory));
  }
  lock = WholeFile(F_WRLCK);
  while (::fcntl(file.get(), F_SETLKW, &lock) != 0) {
    if (errno != EINTR) {
      return std::unexpected(SystemError(errno, "wait for", directory));
    }
  }
  return {};
}

}  // namespace usher::live

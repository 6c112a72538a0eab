#include "packager/storage/publication.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "core/base/file_descriptor.h"
#include "packager/storage/system_error.h"

namespace usher {
namespace {

namespace fs = std::filesystem;

Error ExistsAlready(const fs::path& event) {
  return {ErrorKind::kBadInput, event.string(), "exists already",
          "name another event with --event, or make a new revision with "
          "--force"};
}

// 0, or errno.
int FlushFile(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return errno;
  constexpr unsigned kWriteAndWait = SYNC_FILE_RANGE_WAIT_BEFORE |
                                     SYNC_FILE_RANGE_WRITE |
                                     SYNC_FILE_RANGE_WAIT_AFTER;
  if (::sync_file_range(file.get(), 0, 0, kWriteAndWait) == 0) return 0;
  return errno == EIO || errno == ENOSPC ? errno : 0;
}

// 0, or errno. Network file systems cannot promise not to replace: there at
// least a directory that holds something is never replaced.
int RenameToNew(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                  RENAME_NOREPLACE) == 0) {
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) return errno;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

// The number behind the last point of "v720.2"; 1 where there is none.
unsigned RevisionOf(const std::string& directory) {
  const size_t point = directory.rfind('.');
  if (point == std::string::npos) return 1;
  unsigned revision = 1;
  const char* end = directory.data() + directory.size();
  const auto parsed =
      std::from_chars(directory.data() + point + 1, end, revision);
  return parsed.ec == std::errc() && parsed.ptr == end ? revision : 1;
}

}  // namespace

Result<Publication> Publication::Begin(const fs::path& output,
                                       const std::string& event) {
  std::error_code error;
  fs::create_directories(output, error);
  if (error) {
    return std::unexpected(
        SystemError(error.value(), "make the directory", output));
  }
  std::string staging = output / ("." + event + ".usher-XXXXXX");
  if (::mkdtemp(staging.data()) == nullptr) {
    return std::unexpected(SystemError(errno, "make a directory in", output));
  }
  ::chmod(staging.c_str(), 0755);  // mkdtemp() makes it 0700
  return Publication(staging, output / event);
}

Publication::Publication(fs::path staging, fs::path event)
    : staging_(std::move(staging)),
      event_(std::move(event)),
      storage_(staging_) {}

Publication::Publication(Publication&& other) noexcept
    : staging_(std::exchange(other.staging_, {})),
      event_(std::move(other.event_)),
      storage_(std::move(other.storage_)) {}

Publication::~Publication() {
  if (staging_.empty()) return;
  std::error_code ignored;
  fs::remove_all(staging_, ignored);
}

Status Publication::PublishNew() {
  if (auto flushed = Flush(); !flushed) return flushed;
  const int error = RenameToNew(staging_, event_);
  if (error == 0) {
    staging_.clear();
    return {};
  }
  if (error == EEXIST || error == ENOTEMPTY) {
    return std::unexpected(ExistsAlready(event_));
  }
  return std::unexpected(SystemError(error, "make", event_));
}

Status Publication::PublishRevision(const Revision& revision) {
  if (auto flushed = Flush(); !flushed) return flushed;
  if (auto added = AddDirectories(revision.directories); !added) return added;
  for (const std::string& name : revision.files) {
    if (auto moved = MoveIn(name); !moved) return moved;
  }
  std::error_code ignored;
  for (const std::string& name : revision.obsolete) {
    fs::remove(event_ / name, ignored);
  }
  return {};
}

// All or none.
Status Publication::AddDirectories(
    const std::vector<std::string>& directories) const {
  for (auto name = directories.begin(); name != directories.end(); ++name) {
    const auto moved = MoveIn(*name);
    if (moved) continue;
    std::error_code ignored;
    std::for_each(directories.begin(), name, [&](const std::string& added) {
      fs::remove_all(event_ / added, ignored);
    });
    return moved;
  }
  return {};
}

Status Publication::MoveIn(const std::string& name) const {
  const fs::path target = event_ / name;
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  if (!error) fs::rename(staging_ / name, target, error);
  if (!error) return {};
  return std::unexpected(SystemError(error.value(), "make", target));
}

// All data must be on disk before a name tells of it. Waiting for our own
// files' data is enough: journaling file systems keep a rename behind what was
// done before it, so that after a power cut there is all of it or nothing.
// syncfs() would wait for everyone else's data as well.
Status Publication::Flush() const {
  std::error_code error;
  fs::recursive_directory_iterator entry(staging_, error);
  for (; !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    if (!entry->is_regular_file(error)) continue;
    if (const int failure = FlushFile(entry->path())) {
      return std::unexpected(SystemError(failure, "write", event_));
    }
  }
  if (!error) return {};
  return std::unexpected(SystemError(error.value(), "read", staging_));
}

unsigned Publication::NextRevision(const fs::path& event) {
  std::error_code error;
  unsigned highest = 0;
  fs::recursive_directory_iterator entry(event, error);
  for (; !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    std::error_code unknown;
    if (!entry->is_directory(unknown)) continue;
    highest = std::max(highest, RevisionOf(entry->path().filename().string()));
  }
  return highest + 1;
}

}  // namespace usher

// The directory of --state: one event's, and one process's at a time. Who holds
// it is told by the lock on DIR/lock, so nothing is left of a process that was
// killed. Movable; one object a process and directory, for the system drops the
// lock with the first descriptor of the file that is closed.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

#include "core/base/error.h"
#include "core/base/file_descriptor.h"

namespace usher::live {

class StateDirectory {
 public:
  // Makes it where there is none. BadInput where another process has it.
  static Result<StateDirectory> Take(const std::filesystem::path& directory);
  // Ends the event of whoever holds the directory, and waits until it is over.
  // BadInput where nobody does.
  static Status Stop(const std::filesystem::path& directory);

  std::filesystem::path journal() const { return directory_ / "journal"; }

 private:
  StateDirectory(std::filesystem::path directory, FileDescriptor lock)
      : directory_(std::move(directory)), lock_(std::move(lock)) {}

  std::filesystem::path directory_;
  FileDescriptor lock_;
};

}  // namespace usher::live

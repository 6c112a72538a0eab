// The journal behind what a box must remember: a line for each change, written
// behind the others (usher_state; the lines are in state_record.h).
//
// The master opens it, before there are workers: reads it, writes what is still
// in force to a new file in its place, and leaves the descriptor to the workers
// it forks. They append, each line by one write. A change that somebody waits
// for is made under a lock and synced; an eviction is only written, so that no
// viewer waits for a disk. A worker that still runs after a reload finds that
// its file has been replaced, and opens the new one.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <span>
#include <vector>

#include "core/base/error.h"
#include "ngx_module/engine/house.h"

namespace usher::engine {

class StateFile {
 public:
  explicit StateFile(std::filesystem::path path) : path_(std::move(path)) {}
  ~StateFile();
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  // All whole lines; none where there is no file. What follows the last line's
  // end was being written when the machine stopped.
  Result<std::vector<StateRecord>> Read() const;
  // In the master: tells `house` what the file holds, and tidies the file.
  // Owned by `uid`, `gid` where the master may give it away. Returns how many
  // records found no room in `house`: not in force, but still in the file.
  Result<size_t> Open(House& house, uid_t uid, gid_t gid, uint32_t now);

  // Makes it so in `house`, and comes back when it is on the disk.
  Status Change(House& house, std::span<const StateRecord> records,
                uint32_t now);
  // Writes down what is so already. Takes no lock and waits for no disk.
  Status Note(std::span<const StateRecord> records);

 private:
  class Lock;
  Status Append(std::span<const StateRecord> records) const;
  Result<std::vector<StateRecord>> ReadFrom(int fd) const;
  Status ChangeLocked(House& house, std::span<const StateRecord> records,
                      uint32_t now) const;
  bool IsReplaced() const;
  Status ReopenWhereReplaced();
  Result<size_t> Tidy(House& house, std::vector<StateRecord> records, uid_t uid,
                      gid_t gid, uint32_t now);
  Status Replace(std::span<const StateRecord> records, uid_t uid, gid_t gid);
  Error Broken(const char* what) const;

  std::filesystem::path path_;
  int fd_ = -1;
};

}  // namespace usher::engine

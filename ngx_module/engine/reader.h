// Who re-reads a file while nginx runs: the workers' user, which is not the
// one that reads the configuration. Asked at configuration time, so that a
// file the workers cannot read is found before the first viewer is.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace usher::engine {

class Reader {
 public:
  // The process itself: whatever it reads now it will read later.
  Reader() = default;
  // With the user's supplementary groups, as a worker gets them.
  Reader(std::string user, uid_t uid, gid_t gid);

  // Refuses a path this user cannot read, or not reach through its parents.
  Status CheckFile(const std::filesystem::path& file) const;
  Status CheckDirectory(const std::filesystem::path& directory) const;

 private:
  bool May(mode_t wanted, const std::filesystem::path& path) const;
  Status CheckParents(const std::filesystem::path& path) const;

  bool is_somebody_else_ = false;
  std::string user_;
  uid_t uid_ = 0;
  std::vector<gid_t> groups_;
};

}  // namespace usher::engine

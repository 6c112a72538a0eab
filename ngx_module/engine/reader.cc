#include "ngx_module/engine/reader.h"

#include <grp.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace usher::engine {
namespace fs = std::filesystem;
namespace {

std::vector<gid_t> GroupsOf(const std::string& user, gid_t gid) {
  std::vector<gid_t> groups(64);
  int count = static_cast<int>(groups.size());
  if (getgrouplist(user.c_str(), gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<size_t>(count));
    getgrouplist(user.c_str(), gid, groups.data(), &count);
  }
  groups.resize(static_cast<size_t>(count));
  return groups;
}

}  // namespace

Reader::Reader(std::string user, uid_t uid, gid_t gid)
    : is_somebody_else_(uid != 0),
      user_(std::move(user)),
      uid_(uid),
      groups_(GroupsOf(user_, gid)) {}

Status Reader::CheckFile(const fs::path& file) const {
  if (!is_somebody_else_) return {};
  if (Status parents = CheckParents(file); !parents) return parents;
  if (May(S_IROTH, file)) return {};
  return BadInput(file.string(),
                  "user '" + user_ + "' of the workers cannot read it",
                  "chgrp it to a group of that user and chmod it to 0640");
}

Status Reader::CheckDirectory(const fs::path& directory) const {
  struct stat status;
  if (stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return BadInput(directory.string(), "is no directory",
                    "make it, or check the path");
  }
  if (!is_somebody_else_) return {};
  if (Status parents = CheckParents(directory); !parents) return parents;
  if (May(S_IXOTH, directory)) return {};
  return BadInput(directory.string(),
                  "user '" + user_ + "' of the workers cannot enter it",
                  "chgrp it to a group of that user and chmod it to 0750");
}

Status Reader::CheckParents(const fs::path& path) const {
  std::error_code error;
  fs::path parent = fs::canonical(path, error).parent_path();
  for (; !error && !parent.empty(); parent = parent.parent_path()) {
    if (!May(S_IXOTH, parent)) {
      return BadInput(
          path.string(),
          "user '" + user_ + "' of the workers cannot enter " + parent.string(),
          "give that user's group execute permission on it");
    }
    if (parent == parent.root_path()) break;
  }
  return {};
}

// `wanted` in the bits for others; owner and group bits are the same, shifted.
bool Reader::May(mode_t wanted, const fs::path& path) const {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return false;
  if (status.st_uid == uid_) return status.st_mode & (wanted << 6);
  if (std::ranges::find(groups_, status.st_gid) != groups_.end()) {
    return status.st_mode & (wanted << 3);
  }
  return status.st_mode & wanted;
}

}  // namespace usher::engine

// The live playlists a worker has read, read again when their file is another.
//
// One object per worker; not thread-safe. What was handed out stays valid as
// long as it is held, whatever is read later.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "ngx_module/engine/live_playlist.h"

namespace usher::engine {

class LiveFiles {
 public:
  struct File {
    std::shared_ptr<const LivePlaylist> playlist;  // null: none, or unreadable
    time_t modified = 0;
  };

  File Read(const std::string& path);

 private:
  // A file written under its name may keep its inode, one renamed to it its
  // time.
  struct Identity {
    ino_t inode = 0;
    off_t size = 0;
    int64_t modified_ns = 0;
    bool operator==(const Identity&) const = default;
  };
  struct Entry {
    Identity identity;
    File file;
    uint64_t used = 0;
  };

  static Identity IdentityOf(const struct stat& info);
  void MakeRoom();

  std::map<std::string, Entry> entries_;
  uint64_t uses_ = 0;
};

}  // namespace usher::engine

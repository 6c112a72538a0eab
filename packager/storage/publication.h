// Makes a finished presentation appear under its final name, all at once.
//
// Everything is first written into a hidden directory beside the event's own
// (".NAME.usher-XXXXXX", same file system). A new event is published by one
// rename. A revision of an existing event moves its new track directories in
// and then replaces the playlists one by one, in the order they were put, so
// that a playlist is never newer than what it names. What is not published
// goes when the object goes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "packager/storage/directory_storage.h"

namespace usher {

class Publication {
 public:
  // Makes the hidden directory below `output`.
  static Result<Publication> Begin(const std::filesystem::path& output,
                                   const std::string& event);
  Publication(Publication&& other) noexcept;
  Publication& operator=(Publication&& other) = delete;
  ~Publication();

  // Where segments and playlists are put, by their paths below the event.
  JoiningStorage& storage() { return storage_; }

  // The event must not exist (BadInput).
  Status PublishNew();
  // All are paths below the event.
  struct Revision {
    std::vector<std::string> directories;  // new
    std::vector<std::string> files;        // replace what is there, in order
    std::vector<std::string> obsolete;     // go, where they exist
  };
  Status PublishRevision(const Revision& revision);

  // Which revision is free: 1 where the event has none, else one above the
  // highest that a track directory below `event` carries.
  static unsigned NextRevision(const std::filesystem::path& event);

 private:
  Publication(std::filesystem::path staging, std::filesystem::path event);
  Status Flush() const;
  Status AddDirectories(const std::vector<std::string>& directories) const;
  Status MoveIn(const std::string& name) const;

  std::filesystem::path staging_;  // empty once moved from or published
  std::filesystem::path event_;
  DirectoryStorage storage_;
};

}  // namespace usher

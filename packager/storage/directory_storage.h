// A presentation as files below a directory.
//
// Each file is written under a temporary name (".NAME.usher-tmp") and renamed,
// so a reader sees all of it or nothing. Nobody waits for the disk here; the
// kernel is only asked to start writing, so that publication.h, which waits,
// finds little left to do. Thread-safe as long as no two threads put the same
// path.
#pragma once

#include <filesystem>

#include "packager/storage/storage.h"

namespace usher {

class DirectoryStorage final : public JoiningStorage {
 public:
  // `root` need not exist yet.
  explicit DirectoryStorage(std::filesystem::path root)
      : root_(std::move(root)) {}

  Status Put(std::string_view path, std::span<const ByteView> pieces) override;
  Status Remove(std::string_view path) override;
  Status Join(std::string_view path, std::span<const Part> parts) override;

 private:
  std::filesystem::path root_;
};

}  // namespace usher

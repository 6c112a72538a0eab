// A file that only grows, by whole entries that are on the disk when Append
// returns: what a restart goes on from.
//
//   header   "USHJ" u8 version=1, u8[3] zero
//   entry    u32 size, the first 4 bytes of SHA-256 over what follows,
//            u8[size]; integers are big-endian
//
// A power cut may leave half an entry at the end: it is cut off. Damage in
// front of a whole entry is refused, for what was published then is unknown.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/base/file_descriptor.h"

namespace usher::live {

class JournalFile {
 public:
  // Opens `path`, or says that there is none by having no entries; the
  // directory exists. BadInput where it is damaged in the middle, or no
  // journal.
  static Result<JournalFile> Open(std::filesystem::path path);

  // Those that were found. Gives them away.
  std::vector<Bytes> TakeEntries() { return std::move(entries_); }
  // What fails leaves the file as it was.
  Status Append(ByteView entry);
  // One entry instead of all, at once.
  Status Replace(ByteView entry);
  // The same with those that `write` adds, each of which may go then. What it
  // fails with leaves the file as it was, too.
  using AddEntry = std::function<Status(ByteView entry)>;
  Status ReplaceAll(const std::function<Status(const AddEntry& add)>& write);
  uint64_t size() const { return size_; }

 private:
  explicit JournalFile(std::filesystem::path path) : path_(std::move(path)) {}
  Status Read(const Bytes& bytes);
  Status Refuse(const char* what) const;

  std::filesystem::path path_;
  FileDescriptor file_;  // none until there is something to keep
  uint64_t size_ = 0;    // of what is whole
  std::vector<Bytes> entries_;
};

}  // namespace usher::live

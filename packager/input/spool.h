// A private file for an input that can be read only once, or is far away: it
// has no name, so nobody else can open it and it goes with the process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/base/file_descriptor.h"

namespace usher {

struct SpoolPlace {
  std::filesystem::path directory = "/var/tmp";
  uint64_t limit = uint64_t{64} << 30;  // bytes, of each input
};

class Spool {
 public:
  // `where` names the input in messages.
  static Result<Spool> Make(const SpoolPlace& place, std::string where);

  // Makes it `size` bytes long, all of them holes. Fails where that is more
  // than the limit or than the file system has room for.
  Status Reserve(uint64_t size);
  Status Write(uint64_t offset, ByteView bytes);
  int file() const { return file_.get(); }

 private:
  Spool(SpoolPlace place, std::string where, FileDescriptor file)
      : place_(std::move(place)),
        where_(std::move(where)),
        file_(std::move(file)) {}
  Status CheckLimit(uint64_t size) const;

  SpoolPlace place_;
  std::string where_;
  FileDescriptor file_;
};

}  // namespace usher

// Where a presentation is written. Files appear whole or not at all.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/error.h"

namespace usher {

class Storage {
 public:
  virtual ~Storage() = default;
  // Stores the pieces one after another as `path` (relative, forward
  // slashes). Nothing under that name exists until all of it is there; on
  // failure nothing is left. Thread-safe.
  virtual Status Put(std::string_view path,
                     std::span<const ByteView> pieces) = 0;
  // Removes what is stored as `path`; that there is nothing is no error.
  virtual Status Remove(std::string_view path) = 0;
  // The same of what an earlier run may have stored, and may have not: a
  // storage that complains of what is not there is asked for what it has only.
  virtual Status RemoveLeftover(std::string_view path) { return Remove(path); }
  // Returns when no power cut can take what was put, where a storage sees to
  // that.
  virtual Status Flush() { return {}; }
  // Whether what an earlier run put as `path` is gone, and nobody has it.
  virtual bool HasLost(std::string_view /*path*/) { return false; }
};

// One whose files can be put together.
class JoiningStorage : public Storage {
 public:
  // Bytes, or what is stored as `path` from byte `from` on.
  struct Part {
    ByteView bytes;
    std::string path;  // empty: bytes
    uint64_t from = 0;
  };
  // Stores the parts one after another as `path`, as Put does; the files among
  // them go. On failure some of them may be gone already.
  virtual Status Join(std::string_view path, std::span<const Part> parts) = 0;
};

}  // namespace usher

// Where a presentation is written. Files appear whole or not at all.
#pragma once

#include <span>
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
};

}  // namespace usher

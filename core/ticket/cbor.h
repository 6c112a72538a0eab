// CBOR (RFC 8949) as a security decision may read it: one meaning per text.
//
// Bounded before anything is allocated: depth, and that a collection cannot
// have more items than bytes are left. Refuses indefinite lengths, duplicate
// map keys, keys that are neither integers nor text, and bytes behind the end.
// Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"

namespace usher::ticket {

struct Cbor {
  enum class Kind : uint8_t {
    kUnsigned,
    kNegative,  // -1 - number
    kBytes,
    kText,
    kArray,
    kMap,  // key, value, key, value ...
    kFloat,
    kOther,
  };
  Kind kind = Kind::kOther;
  std::vector<uint64_t> tags = {};  // outermost first
  uint64_t number = 0;
  double real = 0;
  std::string string = {};  // of bytes or text
  std::vector<Cbor> items = {};

  bool IsInteger() const {
    return kind == Kind::kUnsigned || kind == Kind::kNegative;
  }
  // Of an integer that fits; nothing else.
  std::optional<int64_t> Integer() const;
  // The value of a map's integer key; null where there is none.
  const Cbor* Find(int64_t key) const;
};

std::optional<Cbor> ReadCbor(ByteView bytes, int max_nesting);

}  // namespace usher::ticket

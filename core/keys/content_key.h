// A content key and what belongs to it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/secret_bytes.h"
#include "core/keys/key_id.h"

namespace usher::keys {

struct ContentKey {
  KeyId kid;
  SecretBytes key;   // 16 bytes
  SecretBytes salt;  // 16 bytes; IVs are derived from it (packager/encrypt)
  // Under cbcs, where the key came with one; it is in the clear in tenc.
  std::optional<std::array<uint8_t, 16>> constant_iv = std::nullopt;
  // UNIX seconds from which it may be answered: of a live event, one target
  // duration before its crypto period begins. 0: at any time.
  uint64_t from = 0;
};

}  // namespace usher::keys

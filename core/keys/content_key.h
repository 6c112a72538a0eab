// A content key and what belongs to it.
#pragma once

#include "core/base/secret_bytes.h"
#include "core/keys/key_id.h"

namespace usher::keys {

struct ContentKey {
  KeyId kid;
  SecretBytes key;   // 16 bytes
  SecretBytes salt;  // 16 bytes; IVs are derived from it (packager/encrypt)
};

}  // namespace usher::keys

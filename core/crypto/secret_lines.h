// Files of shared secrets: lines `id:hex [from=UNIXTIME]`, at least 32 bytes
// each; empty lines and lines starting with # are skipped. Who rotates one adds
// a line, waits, and removes the old one.
//
// Error texts quote nothing of a line: it holds a secret.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/secret_bytes.h"

namespace usher::crypto {

struct SecretLine {
  uint32_t id = 0;
  uint64_t from = 0;  // signs from this UNIX time on
  SecretBytes secret;
};

// In the order in which they come into force: oldest `from` first, of equal
// ones as they stand in the file. At least one; ids are 0..`largest_id`, each
// once. `name` is the file's, for errors.
Result<std::vector<SecretLine>> ReadSecretLines(std::string_view text,
                                                std::string_view name,
                                                uint32_t largest_id);

}  // namespace usher::crypto

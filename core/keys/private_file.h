// Small files that hold secrets: read at once, created whole or not at all.
// Thread-safe, and safe against other processes that create the same file.
#pragma once

#include <filesystem>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/base/secret_bytes.h"

namespace usher::keys {

enum class Readers {
  kAnyone,     // what is sealed already
  kGroupOnly,  // mode 0640 or stricter
};

// Refuses what is no regular file, what is larger than `max_size`, and what
// `readers` forbids.
Result<SecretBytes> ReadPrivateFile(const std::filesystem::path& file,
                                    size_t max_size, Readers readers);

// Makes `file` (mode 0640 unless said) and the directories above it (0750 less
// the umask). False where the file exists already: it is left as it is.
Result<bool> CreatePrivateFile(const std::filesystem::path& file,
                               ByteView bytes, unsigned mode = 0640);

// Puts `bytes` in the place of `file`, which must be there: at once, with the
// owner, group and mode it has, and on the disk when this returns.
Status ReplacePrivateFile(const std::filesystem::path& file, ByteView bytes);

}  // namespace usher::keys

// Content keys for players: 16 bytes (HLS), or a Clear Key licence (W3C EME,
// section 9.1.3 and 9.1.4).
//
// Only keys of the event the path lies in: a sealed key does not open under
// another event's name. And none before its time (ContentKey::from): who has
// the key of a later crypto period has what nobody may see yet. Reads small
// files, so it blocks for a disk access. `now` is UNIX seconds.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/secret_bytes.h"
#include "core/keys/key_store.h"

namespace usher::engine {

// More than any presentation has tracks.
inline constexpr size_t kMostKids = 64;

struct KeyFailure {
  enum class Kind { kUnknown, kNotYet, kBadRequest, kFailed };
  Kind kind;
  Error error = {};            // kFailed only
  uint64_t seconds_early = 0;  // kNotYet only
};
template <typename T>
using KeyResult = std::expected<T, KeyFailure>;

// `path` is /<event>/key/<kid>.
KeyResult<SecretBytes> FindKey(const keys::MasterKey& master,
                               const std::filesystem::path& directory,
                               std::string_view path, uint64_t now);

// `path` is /<event>/key/, `body` {"kids":["<base64url>",...],"type":...}.
// KIDs that are not the event's, or whose time has not come, are left out;
// kNotYet or kUnknown where none is left. Whoever has used the text wipes it.
KeyResult<std::string> MakeLicence(const keys::MasterKey& master,
                                   const std::filesystem::path& directory,
                                   std::string_view path, std::string_view body,
                                   uint64_t now);

void WipeText(std::string& text);

}  // namespace usher::engine

// What the user said of content keys: which, how many, and from when to when.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/secret_bytes.h"
#include "core/keys/key_id.h"
#include "core/playlist/cpix_reader.h"
#include "packager/config/scheme.h"

namespace usher::config {

struct PackageSettings;

// --key [TRACK=]KID:KEY.
struct ExplicitKey {
  // A track's name, "video" or "audio"; empty: every track without one.
  std::string track;
  keys::KeyId kid;
  SecretBytes key;  // 16 bytes
  std::optional<std::array<uint8_t, 16>> constant_iv = std::nullopt;  // cbcs
};

// --input-key KID:KEY: what an encrypted input is decrypted with.
struct InputKey {
  keys::KeyId kid;
  SecretBytes key;  // 16 bytes
};

// How players learn of a new key under cbcs and cenc.
enum class RotationStyle {
  kInit,  // from an init segment of its own
  kSeig,  // from sample groups in the segments (ISO/IEC 23001-7 6)
};

struct KeyOptions {
  // Those of one track are for its crypto periods, in order. Empty: random.
  std::vector<ExplicitKey> explicit_keys;
  // Where they came from, if so: it says which are for which tracks.
  std::optional<playlist::CpixDocument> cpix;
  std::optional<SecretBytes> salt;  // 16 bytes
  bool per_track = false;
  double rotation = 0;  // length of a crypto period, seconds; 0: one key
  RotationStyle style = RotationStyle::kInit;
  double clear_lead = 0;  // segments that begin before it are clear, seconds
};

// Rows of the setting table: check and store one value.
Status AssignKey(PackageSettings& settings, std::string_view value);
Status AssignInputKey(PackageSettings& settings, std::string_view value);
Status AssignSalt(PackageSettings& settings, std::string_view value);
Status AssignKeyRotation(PackageSettings& settings, std::string_view value);
Status AssignRotationStyle(PackageSettings& settings, std::string_view value);
Status AssignClearLead(PackageSettings& settings, std::string_view value);

// Takes the settings' keys; refuses (BadInput) what does not go together.
Result<KeyOptions> ResolveKeys(PackageSettings& settings,
                               const std::vector<Scheme>& schemes,
                               double segment_duration);

}  // namespace usher::config

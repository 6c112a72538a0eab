#include "packager/config/key_settings.h"

#include <algorithm>
#include <utility>

#include "core/base/hex.h"
#include "core/keys/private_file.h"
#include "core/layout/layout.h"
#include "packager/config/duration.h"
#include "packager/config/package_settings.h"

namespace usher::config {
namespace {

std::optional<SecretBytes> Parse128Bits(std::string_view hex) {
  auto bytes = FromHex(hex);
  if (!bytes) return std::nullopt;
  SecretBytes secret(*std::move(bytes));
  if (secret.size() != 16) return std::nullopt;
  return secret;
}

constexpr char kKeyRemedy[] =
    "write KID:KEY, 32 hex digits each (openssl rand -hex 16), or "
    "TRACK=KID:KEY";

Status AssignSeconds(std::string_view value, const char* example,
                     std::optional<double>& seconds) {
  seconds = ParseDuration(value);
  if (seconds) return {};
  return BadInput("", "'" + std::string(value) + "' is no length of time",
                  "write seconds, or such as " + std::string(example));
}

size_t CountEncrypted(const std::vector<Scheme>& schemes) {
  return static_cast<size_t>(std::ranges::count_if(
      schemes, [](Scheme scheme) { return scheme != Scheme::kNone; }));
}

Status CheckExplicitKeys(const KeyOptions& keys, size_t encrypted_schemes) {
  const auto& given = keys.explicit_keys;
  if (given.empty()) {
    if (!keys.salt) return {};
    return BadInput("--salt", "fixes nothing while the key is random",
                    "give --key KID:KEY too, or leave --salt out");
  }
  if (encrypted_schemes > 1) {
    return BadInput("--key", "is one key, but each scheme needs its own",
                    "name one scheme in --encryption, or leave --key out");
  }
  if (keys.per_track) {
    return BadInput("--key-per-track", "makes random keys, and --key is given",
                    "name each track's key: --key TRACK=KID:KEY");
  }
  for (size_t i = 0; i < given.size(); ++i) {
    const auto rest = given.begin() + static_cast<ptrdiff_t>(i) + 1;
    if (std::ranges::find(rest, given.end(), given[i].kid, &ExplicitKey::kid) ==
        given.end()) {
      continue;
    }
    return BadInput("--key", "KID " + given[i].kid.ToHex() + " is given twice",
                    "give each key a KID of its own");
  }
  return {};
}

Status CheckTimes(const KeyOptions& keys, double segment_duration) {
  if (keys.rotation == 0 || keys.rotation >= segment_duration) return {};
  return BadInput("--key-rotation", "is shorter than a segment",
                  "give at least --segment-duration, such as 10m");
}

Status CheckStyle(const PackageSettings& settings,
                  const std::vector<Scheme>& schemes) {
  if (!settings.rotation_style) return {};
  if (!settings.key_rotation) {
    return BadInput("--rotation-style", "says how keys change, and none does",
                    "add --key-rotation, or leave it out");
  }
  const bool samples = std::ranges::any_of(schemes, [](Scheme scheme) {
    return scheme == Scheme::kCbcs || scheme == Scheme::kCenc;
  });
  if (samples) return {};
  return BadInput("--rotation-style", "is for cbcs and cenc only",
                  "leave it out, or choose such a scheme");
}

// The name of what is given that only an encrypted scheme can use.
const char* UseOfKeys(const KeyOptions& keys) {
  if (keys.cpix) return "--cpix";
  if (!keys.explicit_keys.empty()) return "--key";
  if (keys.per_track) return "--key-per-track";
  if (keys.rotation > 0) return "--key-rotation";
  if (keys.clear_lead > 0) return "--clear-lead";
  return nullptr;
}

Status Check(const KeyOptions& keys, const std::vector<Scheme>& schemes,
             double segment_duration) {
  const size_t encrypted = CountEncrypted(schemes);
  const char* use = UseOfKeys(keys);
  if (encrypted == 0 && use != nullptr) {
    return BadInput(
        use, "is given, but --encryption none uses no key",
        "leave " + std::string(use) + " out, or choose another scheme");
  }
  if (Status checked = CheckExplicitKeys(keys, encrypted); !checked) {
    return checked;
  }
  return CheckTimes(keys, segment_duration);
}

Status CheckCompany(const KeyOptions& keys, size_t encrypted_schemes) {
  if (!keys.explicit_keys.empty() || keys.per_track) {
    return BadInput("--cpix", "says which keys there are, and so does --key",
                    "leave --key and --key-per-track out");
  }
  if (encrypted_schemes <= 1) return {};
  return BadInput("--cpix", "has the keys of one scheme",
                  "name one scheme in --encryption");
}

Status CheckScheme(const playlist::CpixDocument& document,
                   const std::vector<Scheme>& schemes) {
  for (const playlist::CpixKey& key : document.keys) {
    const bool meant =
        key.scheme.empty() || std::ranges::any_of(schemes, [&](Scheme scheme) {
          return scheme == Scheme::kNone || SchemeName(scheme) == key.scheme;
        });
    if (meant) continue;
    return BadInput("--cpix", "its key " + key.kid + " is for " + key.scheme,
                    "say --encryption " + key.scheme);
  }
  return {};
}

// Its keys become explicit ones.
Status TakeCpix(const std::filesystem::path& file,
                const std::vector<Scheme>& schemes, KeyOptions& keys) {
  constexpr size_t kLargest = 4 << 20;
  if (Status checked = CheckCompany(keys, CountEncrypted(schemes)); !checked) {
    return checked;
  }
  auto text = keys::ReadPrivateFile(file, kLargest, keys::Readers::kAnyone);
  if (!text) return std::unexpected(std::move(text).error());
  auto document = playlist::ReadCpix(*std::move(text));
  if (!document) {
    Error error = std::move(document).error();
    error.where = file.string();
    return std::unexpected(std::move(error));
  }
  if (Status meant = CheckScheme(*document, schemes); !meant) return meant;
  for (playlist::CpixKey& from : document->keys) {
    ExplicitKey key;
    key.kid = *keys::KeyId::Parse(from.kid);
    key.key = std::move(from.key);
    if (from.explicit_iv) {
      std::ranges::copy(*from.explicit_iv, key.constant_iv.emplace().begin());
    }
    keys.explicit_keys.push_back(std::move(key));
  }
  keys.cpix = *std::move(document);
  return {};
}

// "KID:KEY". Nothing of the value is told: half of it is a secret.
Result<InputKey> ParseKey(std::string_view value, const char* remedy) {
  const size_t colon = value.find(':');
  if (colon == std::string_view::npos) {
    return BadInput("", "has no ':' between KID and key", remedy);
  }
  const auto kid = keys::KeyId::Parse(value.substr(0, colon));
  if (!kid) return BadInput("", "has a KID that is not 32 hex digits", remedy);
  auto secret = Parse128Bits(value.substr(colon + 1));
  if (!secret) {
    return BadInput("", "has a key that is not 32 hex digits", remedy);
  }
  return InputKey{*kid, *std::move(secret)};
}

}  // namespace

Status AssignKey(PackageSettings& settings, std::string_view value) {
  ExplicitKey key;
  if (const size_t equals = value.find('='); equals != value.npos) {
    key.track = value.substr(0, equals);
    value.remove_prefix(equals + 1);
    if (!layout::IsTrackName(key.track)) {
      return BadInput("", "has a track name that is none in front of '='",
                      kKeyRemedy);
    }
  }
  auto parsed = ParseKey(value, kKeyRemedy);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  key.kid = parsed->kid;
  key.key = std::move(parsed->key);
  settings.keys.push_back(std::move(key));
  return {};
}

Status AssignInputKey(PackageSettings& settings, std::string_view value) {
  auto key = ParseKey(value, "write KID:KEY, 32 hex digits each");
  if (!key) return std::unexpected(std::move(key).error());
  if (std::ranges::find(settings.input_keys, key->kid, &InputKey::kid) !=
      settings.input_keys.end()) {
    return BadInput("", "KID " + key->kid.ToHex() + " is given twice",
                    "give each key once");
  }
  settings.input_keys.push_back(*std::move(key));
  return {};
}

Status AssignSalt(PackageSettings& settings, std::string_view value) {
  settings.salt = Parse128Bits(value);
  if (settings.salt) return {};
  return BadInput("", "is not 32 hex digits", "make one: openssl rand -hex 16");
}

Status AssignKeyRotation(PackageSettings& settings, std::string_view value) {
  Status assigned = AssignSeconds(value, "10m", settings.key_rotation);
  if (!assigned || *settings.key_rotation > 0) return assigned;
  return BadInput("", "is no time at all",
                  "write such as 10m, or leave it out");
}

Status AssignRotationStyle(PackageSettings& settings, std::string_view value) {
  if (value != "init" && value != "seig") {
    return BadInput("", "'" + std::string(value) + "' is no style",
                    "use init or seig");
  }
  settings.rotation_style =
      value == "seig" ? RotationStyle::kSeig : RotationStyle::kInit;
  return {};
}

Status AssignClearLead(PackageSettings& settings, std::string_view value) {
  return AssignSeconds(value, "30s", settings.clear_lead);
}

Result<KeyOptions> ResolveKeys(PackageSettings& settings,
                               const std::vector<Scheme>& schemes,
                               double segment_duration) {
  KeyOptions keys;
  keys.explicit_keys = std::move(settings.keys);
  keys.salt = std::move(settings.salt);
  keys.per_track = settings.key_per_track.value_or(false);
  keys.rotation = settings.key_rotation.value_or(0);
  keys.clear_lead = settings.clear_lead.value_or(0);
  if (settings.rotation_style) keys.style = *settings.rotation_style;
  Status checked = CheckStyle(settings, schemes);
  if (checked && settings.cpix) {
    checked = TakeCpix(*settings.cpix, schemes, keys);
  }
  if (checked) checked = Check(keys, schemes, segment_duration);
  if (!checked) {
    return std::unexpected(checked.error());
  }
  return keys;
}

}  // namespace usher::config

#include "packager/pipeline/package_keys.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "packager/encrypt/iv.h"

namespace usher {
namespace {

// A new one, or what the user gave of it.
keys::ContentKey MakeKey(const config::PackageOptions& options,
                         RandomSource& random) {
  keys::ContentKey key = keys::NewContentKey(random);
  if (options.key) {
    key.kid = options.key->kid;
    key.key = options.key->key.Clone();
  }
  if (options.salt) key.salt = options.salt->Clone();
  return key;
}

// No two tracks may have the same IVs under one key (packager/encrypt/iv.h):
// rare enough that another salt or two mends it.
Status ChooseSalt(const config::PackageOptions& options,
                  std::span<const std::string> track_names,
                  keys::ContentKey& key, RandomSource& random) {
  constexpr int kDraws = 16;
  Status distinct = CheckTrackTags(key.salt.view(), track_names);
  if (options.salt) return distinct;
  for (int i = 0; !distinct && i < kDraws; ++i) {
    random.Fill(key.salt.writable());
    distinct = CheckTrackTags(key.salt.view(), track_names);
  }
  return distinct;
}

// A key the store has already may be used again only as it is, and never under
// cenc: there the same key and salt with other content give it away.
Status CheckReuse(const keys::KeyStore& store, Scheme scheme,
                  const std::string& event, const keys::ContentKey& key) {
  const auto known = store.Get(event, key.kid);
  if (!known) return std::unexpected(known.error());
  if (!EqualInConstantTime(known->key.view(), key.key.view()) ||
      !EqualInConstantTime(known->salt.view(), key.salt.view())) {
    return BadInput("--key",
                    "the key store has KID " + key.kid.ToHex() +
                        " already, with another key or salt",
                    "give that key and --salt, or a new KID");
  }
  if (scheme != Scheme::kCenc) return {};
  return BadInput("--key",
                  "KID " + key.kid.ToHex() +
                      " has encrypted this event before, and under cenc a key "
                      "must not encrypt anything else",
                  "give a new KID:KEY, or none to have one made");
}

Result<bool> IsKnown(const keys::KeyStore& store, const std::string& event,
                     const keys::KeyId& kid) {
  const auto kids = store.List(event);
  if (!kids) return std::unexpected(kids.error());
  return std::ranges::find(*kids, kid) != kids->end();
}

}  // namespace

Result<PackageKeys> PackageKeys::Provide(
    const config::PackageOptions& options,
    std::span<const std::string> track_names, RandomSource& random) {
  PackageKeys provided;
  provided.keys_.resize(options.schemes.size());
  if (!options.Encrypts()) return provided;
  auto store = keys::KeyStore::OpenOrCreate(options.key_store,
                                            options.master_key, random);
  if (!store) return std::unexpected(store.error());
  for (size_t i = 0; i < options.schemes.size(); ++i) {
    if (options.schemes[i] == Scheme::kNone) continue;
    keys::ContentKey key = MakeKey(options, random);
    if (auto salt = ChooseSalt(options, track_names, key, random); !salt) {
      return std::unexpected(salt.error());
    }
    const auto known = IsKnown(*store, options.event, key.kid);
    if (!known) return std::unexpected(known.error());
    Status stored =
        *known ? CheckReuse(*store, options.schemes[i], options.event, key)
               : store->Add(options.event, key, random);
    if (!stored) return std::unexpected(stored.error());
    if (!*known) {
      provided.added_.push_back(store->PathOf(options.event, key.kid));
    }
    provided.keys_[i] = std::move(key);
  }
  return provided;
}

PackageKeys::~PackageKeys() {
  for (const std::filesystem::path& file : added_) {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
  }
}

const keys::ContentKey* PackageKeys::Of(size_t scheme) const {
  const auto& key = keys_[scheme];
  return key ? &*key : nullptr;
}

}  // namespace usher

#include "packager/pipeline/package_keys.h"

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include "packager/encrypt/iv.h"
#include "packager/pipeline/drm_signals.h"

namespace usher {
namespace {

using config::ExplicitKey;
using config::PackageOptions;

// Those given for a group, in order.
std::vector<const ExplicitKey*> GivenFor(const PackageOptions& options,
                                         const KeyGroup& group) {
  std::vector<const ExplicitKey*> given;
  for (const keys::KeyId& kid : group.kids) {
    given.push_back(&*std::ranges::find(options.keys.explicit_keys, kid,
                                        &ExplicitKey::kid));
  }
  if (!given.empty()) return given;
  for (const ExplicitKey& key : options.keys.explicit_keys) {
    if (key.track == group.label) given.push_back(&key);
  }
  return given;
}

size_t CountEncrypted(std::span<const CryptoPeriod> periods) {
  return static_cast<size_t>(
      std::ranges::count(periods, false, &CryptoPeriod::clear));
}

// A new one, or what the user gave of it.
keys::ContentKey MakeKey(const PackageOptions& options,
                         const ExplicitKey* given, RandomSource& random) {
  keys::ContentKey key = keys::NewContentKey(random);
  if (given != nullptr) {
    key.kid = given->kid;
    key.key = given->key.Clone();
    key.constant_iv = given->constant_iv;
  }
  if (options.keys.salt) key.salt = options.keys.salt->Clone();
  return key;
}

// No two tracks may have the same IVs under one key (packager/encrypt/iv.h):
// rare enough that another salt or two mends it.
Status ChooseSalt(const PackageOptions& options,
                  std::span<const std::string> track_names,
                  keys::ContentKey& key, RandomSource& random) {
  constexpr int kDraws = 16;
  Status distinct = CheckTrackTags(key.salt.view(), track_names);
  if (options.keys.salt) return distinct;
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

Status CheckGivenKeys(const PackageOptions& options,
                      std::span<const KeyGroup> groups,
                      std::span<const CryptoPeriod> periods) {
  const size_t needed = CountEncrypted(periods);
  for (const KeyGroup& group : groups) {
    const size_t given = GivenFor(options, group).size();
    if (given == 0 || given == needed) continue;
    const std::string whose = group.label.empty() ? "" : " of " + group.label;
    const char* const option = options.keys.cpix ? "--cpix" : "--key";
    return BadInput(
        option,
        std::to_string(given) + " given" + whose + " for " +
            std::to_string(needed) + " crypto periods",
        std::string("give one for each, or leave ") + option + " out");
  }
  return {};
}

Result<PackageKeys> PackageKeys::Provide(const PackageOptions& options,
                                         std::span<const KeyGroup> groups,
                                         std::span<const CryptoPeriod> periods,
                                         RandomSource& random) {
  PackageKeys provided(groups, periods);
  provided.keys_.resize(options.schemes.size());
  provided.drm_.resize(options.schemes.size());
  provided.options_ = &options;
  if (!options.Encrypts()) return provided;
  if (auto enough = CheckGivenKeys(options, groups, periods); !enough) {
    return std::unexpected(enough.error());
  }
  auto store = keys::KeyStore::OpenOrCreate(options.key_store,
                                            options.master_key, random);
  if (!store) return std::unexpected(store.error());
  for (size_t i = 0; i < options.schemes.size(); ++i) {
    if (options.schemes[i] == Scheme::kNone) continue;
    const Status added = provided.AddScheme(options, i, *store, random);
    if (!added) return std::unexpected(added.error());
  }
  return provided;
}

Result<PackageKeys> PackageKeys::Restore(
    const PackageOptions& options, std::span<const KeyGroup> groups,
    std::span<const CryptoPeriod> periods,
    std::span<const std::vector<keys::KeyId>> kids, RandomSource& random) {
  PackageKeys restored(groups, periods);
  restored.keys_.resize(options.schemes.size());
  restored.drm_.resize(options.schemes.size());
  restored.options_ = &options;
  if (!options.Encrypts()) return restored;
  const auto store = keys::KeyStore::OpenOrCreate(options.key_store,
                                                  options.master_key, random);
  if (!store) return std::unexpected(store.error());
  for (size_t i = 0; i < options.schemes.size(); ++i) {
    const size_t needed = options.schemes[i] == Scheme::kNone
                              ? 0
                              : groups.size() * CountEncrypted(periods);
    if (kids[i].size() != needed) {
      return BadInput(options.event, "had another number of keys",
                      "give the flags it was begun with");
    }
    for (const keys::KeyId& kid : kids[i]) {
      auto key = store->Get(options.event, kid);
      if (!key) return std::unexpected(key.error());
      restored.Take(i, *std::move(key));
    }
  }
  return restored;
}

Status PackageKeys::AddScheme(const PackageOptions& options, size_t scheme,
                              keys::KeyStore& store, RandomSource& random) {
  std::vector<CryptoPeriod> encrypted;
  std::ranges::copy_if(periods_, std::back_inserter(encrypted),
                       [](const CryptoPeriod& each) { return !each.clear; });
  for (const KeyGroup& group : groups_) {
    const auto given = GivenFor(options, group);
    for (size_t i = 0; i < encrypted.size(); ++i) {
      keys::ContentKey key =
          MakeKey(options, given.empty() ? nullptr : given[i], random);
      key.from = encrypted[i].keys_from;
      Status done = ChooseSalt(options, group.names, key, random);
      if (done)
        done = Store(options, options.schemes[scheme], key, store, random);
      if (!done) return done;
      Take(scheme, std::move(key));
    }
  }
  return {};
}

void PackageKeys::Take(size_t scheme, keys::ContentKey key) {
  const keys::ContentKey* const one[] = {&key};
  drm_[scheme].push_back(SignalsOf(*options_, options_->schemes[scheme], one));
  keys_[scheme].push_back(std::move(key));
}

Status PackageKeys::Store(const PackageOptions& options, Scheme scheme,
                          const keys::ContentKey& key, keys::KeyStore& store,
                          RandomSource& random) {
  const auto known = IsKnown(store, options.event, key.kid);
  if (!known) return std::unexpected(known.error());
  if (*known) return CheckReuse(store, scheme, options.event, key);
  if (Status added = store.Add(options.event, key, random); !added) {
    return added;
  }
  added_.push_back(store.PathOf(options.event, key.kid));
  return {};
}

PackageKeys::~PackageKeys() {
  for (const std::filesystem::path& file : added_) {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
  }
}

TrackKeys PackageKeys::Of(size_t scheme, size_t track) const {
  if (keys_[scheme].empty()) return {KeyPeriod{}};
  const auto group = std::ranges::find_if(groups_, [&](const KeyGroup& each) {
    return std::ranges::find(each.tracks, track) != each.tracks.end();
  });
  const auto index = static_cast<size_t>(group - groups_.begin());
  size_t next = index * CountEncrypted(periods_);
  TrackKeys keys;
  for (const CryptoPeriod& period : periods_) {
    KeyPeriod& own = keys.emplace_back(period.first_number);
    if (period.clear) continue;
    own.key = &keys_[scheme][next];
    own.drm = drm_[scheme][next++];
    own.same_init = period.same_init;
  }
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].key == nullptr || keys[i].same_init) continue;
    std::vector<const keys::ContentKey*> of_init = {keys[i].key};
    for (size_t j = i + 1; j < keys.size() && keys[j].same_init; ++j) {
      of_init.push_back(keys[j].key);
    }
    keys[i].init_drm = SignalsOf(*options_, options_->schemes[scheme], of_init);
  }
  return keys;
}

std::vector<keys::KeyId> PackageKeys::Kids(size_t scheme) const {
  std::vector<keys::KeyId> kids;
  for (const keys::ContentKey& key : keys_[scheme]) kids.push_back(key.kid);
  return kids;
}

}  // namespace usher

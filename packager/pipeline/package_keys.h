// The content keys of each scheme, kept in the key store before anything that
// names one is published.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/random_source.h"
#include "core/keys/content_key.h"
#include "core/keys/key_store.h"
#include "packager/config/package_settings.h"
#include "packager/encrypt/track_keys.h"
#include "packager/pipeline/crypto_periods.h"
#include "packager/pipeline/key_groups.h"

namespace usher {

// Fails (BadInput) where the user gave other than one key a crypto period.
Status CheckGivenKeys(const config::PackageOptions& options,
                      std::span<const KeyGroup> groups,
                      std::span<const CryptoPeriod> periods);

class PackageKeys {
 public:
  // New random keys, or those the user gave, for every group and crypto
  // period. Fails (BadInput) where one of those cannot be used (again), or
  // there are too few. `options` outlive the object.
  static Result<PackageKeys> Provide(const config::PackageOptions& options,
                                     std::span<const KeyGroup> groups,
                                     std::span<const CryptoPeriod> periods,
                                     RandomSource& random);
  // Those of an earlier run, out of the key store; `kids` as Kids() gave them,
  // by scheme. Fails where one of them is not there.
  static Result<PackageKeys> Restore(
      const config::PackageOptions& options, std::span<const KeyGroup> groups,
      std::span<const CryptoPeriod> periods,
      std::span<const std::vector<keys::KeyId>> kids, RandomSource& random);
  PackageKeys(PackageKeys&& other) noexcept = default;
  PackageKeys& operator=(PackageKeys&&) = delete;
  // Takes back what was added to the store, unless it was kept.
  ~PackageKeys();

  // `scheme` is an index into the options', `track` one into the plan's.
  TrackKeys Of(size_t scheme, size_t track) const;
  // In order of groups, then crypto periods. Empty where the scheme is kNone.
  std::vector<keys::KeyId> Kids(size_t scheme) const;
  // From now on the keys stay: something names them.
  void Keep() { added_.clear(); }

 private:
  PackageKeys(std::span<const KeyGroup> groups,
              std::span<const CryptoPeriod> periods)
      : groups_(groups.begin(), groups.end()),
        periods_(periods.begin(), periods.end()) {}
  Status AddScheme(const config::PackageOptions& options, size_t scheme,
                   keys::KeyStore& store, RandomSource& random);
  void Take(size_t scheme, keys::ContentKey key);
  Status Store(const config::PackageOptions& options, Scheme scheme,
               const keys::ContentKey& key, keys::KeyStore& store,
               RandomSource& random);

  std::vector<KeyGroup> groups_;
  std::vector<CryptoPeriod> periods_;
  // By scheme; then those of a group's encrypted periods, group by group.
  std::vector<std::vector<keys::ContentKey>> keys_;
  std::vector<std::vector<DrmSignals>> drm_;  // of the same
  const config::PackageOptions* options_ = nullptr;
  std::vector<std::filesystem::path> added_;
};

}  // namespace usher

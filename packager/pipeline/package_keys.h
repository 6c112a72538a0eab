// The content key of each scheme, kept in the key store before anything that
// names it is published.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/random_source.h"
#include "core/keys/content_key.h"
#include "core/keys/key_store.h"
#include "packager/config/package_settings.h"

namespace usher {

class PackageKeys {
 public:
  // New random keys, or the one the user gave, for tracks of these names. Fails
  // (BadInput) where that one cannot be used (again).
  static Result<PackageKeys> Provide(const config::PackageOptions& options,
                                     std::span<const std::string> track_names,
                                     RandomSource& random);
  PackageKeys(PackageKeys&& other) noexcept = default;
  PackageKeys& operator=(PackageKeys&&) = delete;
  // Takes back what was added to the store, unless it was kept.
  ~PackageKeys();

  // Null where the scheme is kNone. `scheme` is an index into the options'.
  const keys::ContentKey* Of(size_t scheme) const;
  // From now on the keys stay: something names them.
  void Keep() { added_.clear(); }

 private:
  PackageKeys() = default;

  std::vector<std::optional<keys::ContentKey>> keys_;
  std::vector<std::filesystem::path> added_;
};

}  // namespace usher

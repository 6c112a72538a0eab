// A small file whose contents are in force until better ones take their place.
//
// Loaded in the master at configuration time; after the fork each worker has
// its own copy and polls it. New contents replace the old ones as a whole, or
// not at all where they are bad. Nobody asks for them before Load() has
// succeeded, but of a list of revocations. Not thread-safe.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string_view>

#include "core/base/error.h"
#include "core/hop/hop.h"
#include "core/keys/key_store.h"
#include "core/keys/private_file.h"
#include "core/session/credential.h"
#include "core/ticket/key_set.h"
#include "core/ticket/revocation_list.h"

namespace usher::engine {

class WatchedFile {
 public:
  explicit WatchedFile(std::filesystem::path path) : path_(std::move(path)) {}
  virtual ~WatchedFile() = default;
  WatchedFile(const WatchedFile&) = delete;
  WatchedFile& operator=(const WatchedFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

  Status Load();
  // True where the file changed and was adopted. A bad change is told once.
  Result<bool> Poll();

 protected:
  virtual Status Adopt() = 0;
  // The whole file, which must not be empty.
  Result<SecretBytes> Read(keys::Readers readers,
                           size_t largest = kLargestFile) const;
  static constexpr size_t kLargestFile = size_t{1} << 20;

 private:
  // What changes when somebody writes or replaces the file.
  struct Stamp {
    ino_t inode;
    off_t size;
    int64_t modified;  // nanoseconds
    bool operator==(const Stamp&) const = default;
  };
  std::optional<Stamp> CurrentStamp() const;

  std::filesystem::path path_;
  std::optional<Stamp> seen_;
};

// The shop's public keys.
class TicketKeysFile final : public WatchedFile {
 public:
  using WatchedFile::WatchedFile;
  // NOLINTNEXTLINE(bugprone-unchecked-optional-access): Load() came first
  const ticket::KeySet& keys() const { return *keys_; }

 private:
  Status Adopt() override;
  std::optional<ticket::KeySet> keys_;
};

// The fleet secrets that sign sessions.
class SessionSecretsFile final : public WatchedFile {
 public:
  using WatchedFile::WatchedFile;
  // NOLINTNEXTLINE(bugprone-unchecked-optional-access): Load() came first
  session::Secrets& secrets() { return *secrets_; }

 private:
  Status Adopt() override;
  std::optional<session::Secrets> secrets_;
};

// What boxes of the fleet sign their requests to each other with.
class HopSecretsFile final : public WatchedFile {
 public:
  using WatchedFile::WatchedFile;
  // NOLINTNEXTLINE(bugprone-unchecked-optional-access): Load() came first
  hop::Secrets& secrets() { return *secrets_; }

 private:
  Status Adopt() override;
  std::optional<hop::Secrets> secrets_;
};

// Opens the content keys.
class MasterKeyFile final : public WatchedFile {
 public:
  using WatchedFile::WatchedFile;
  // NOLINTNEXTLINE(bugprone-unchecked-optional-access): Load() came first
  const keys::MasterKey& key() const { return *key_; }

 private:
  Status Adopt() override;
  std::optional<keys::MasterKey> key_;
};

// A signed list of revocations. Verified with the keys as they are when it
// changes.
class RevocationsFile final : public WatchedFile {
 public:
  RevocationsFile(std::filesystem::path path, const TicketKeysFile& keys)
      : WatchedFile(std::move(path)), keys_(keys) {}
  // None before there was a good one.
  const std::optional<ticket::RevocationList>& list() const { return list_; }

 private:
  Status Adopt() override;
  const TicketKeysFile& keys_;
  std::optional<ticket::RevocationList> list_;
};

// What whoever uses the control API shows: one line of at least 32 characters.
class ControlSecretFile final : public WatchedFile {
 public:
  using WatchedFile::WatchedFile;
  std::string_view secret() const;

 private:
  Status Adopt() override;
  SecretBytes secret_;
};

}  // namespace usher::engine

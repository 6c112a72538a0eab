// The content keys of all events, sealed at rest.
//
//   <root>/<event>/<kid>.key    header, u8[12] nonce,
//                               AES-256-GCM(key 16 | salt 16), 16-byte tag;
//                               associated data: the header, the event name, 0,
//                               the KID's 16 bytes
//   header                      "USHK" u8 version=1, u8[3] zero; or, of a key
//                               that may not be answered at any time,
//                               "USHK" u8 version=2, u8[3] zero,
//                               u64 ContentKey::from, big-endian
//
// A sealed file moved to another event or KID does not open. The master key is
// a file of 64 hex digits, mode 0640 or stricter, made on first use; further
// lines are older ones, which open and no longer seal (master_rotation.h).
// Files appear whole (temporary name, fsync, link) and are never overwritten
// but by themselves, sealed anew. Not thread-safe.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/random_source.h"
#include "core/base/secret_bytes.h"
#include "core/keys/content_key.h"

namespace usher::keys {

class MasterKey {
 public:
  // Refuses a missing file, one that others can read, and a bad length.
  static Result<MasterKey> Read(const std::filesystem::path& file);
  // Reads `file`, or makes it (mode 0640) where there is none.
  static Result<MasterKey> ReadOrCreate(const std::filesystem::path& file,
                                        RandomSource& random);
  // What seals.
  ByteView view() const { return keys_.front().view(); }
  // What opens: the same and the older ones.
  std::span<const SecretBytes> all() const { return keys_; }
  MasterKey Clone() const;
  // Without the older ones.
  MasterKey Newest() const;
  // A new one before these.
  MasterKey WithNew(RandomSource& random) const;
  // As the file holds them.
  SecretBytes ToText() const;

 private:
  explicit MasterKey(std::vector<SecretBytes> keys) : keys_(std::move(keys)) {}
  std::vector<SecretBytes> keys_;  // 32 bytes each, at least one, newest first
};

// The bytes of a `.key` file, and back. Open fails where the file is damaged,
// sealed under another master key, or belongs to another event or KID.
Bytes Seal(const MasterKey& master, std::string_view event,
           const ContentKey& key, RandomSource& random);
Result<ContentKey> Open(const MasterKey& master, std::string_view event,
                        const KeyId& kid, ByteView sealed);

class KeyStore {
 public:
  KeyStore(std::filesystem::path root, MasterKey master);
  // With the master key of `master_file`, which is made where there is none
  // yet. A lost one is not replaced: where the store holds keys already, they
  // would never open again (BadInput).
  static Result<KeyStore> OpenOrCreate(std::filesystem::path root,
                                       const std::filesystem::path& master_file,
                                       RandomSource& random);

  // Refuses a KID the event has already (BadInput).
  Status Add(std::string_view event, const ContentKey& key,
             RandomSource& random);
  Result<ContentKey> Get(std::string_view event, const KeyId& kid) const;
  // Sorted. An event without keys has none; that is no error.
  Result<std::vector<KeyId>> List(std::string_view event) const;
  Result<std::vector<std::string>> Events() const;
  std::filesystem::path PathOf(std::string_view event, const KeyId& kid) const;

 private:
  std::filesystem::path root_;
  MasterKey master_;
};

// A new random KID, key and salt.
ContentKey NewContentKey(RandomSource& random);

}  // namespace usher::keys

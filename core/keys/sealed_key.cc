#include <algorithm>
#include <array>
#include <utility>

#include "core/base/byte_writer.h"
#include "core/crypto/aes.h"
#include "core/keys/key_store.h"

namespace usher::keys {
namespace {

constexpr std::array<uint8_t, 8> kHeader = {'U', 'S', 'H', 'K', 1, 0, 0, 0};
constexpr size_t kMagicSize = 4;
constexpr size_t kNonceSize = 12;
constexpr size_t kKeySize = 16;
constexpr size_t kSaltSize = 16;
constexpr size_t kTagSize = 16;
constexpr size_t kSealedSize =
    kHeader.size() + kNonceSize + kKeySize + kSaltSize + kTagSize;

// What a sealed file is bound to; the zero ends the name, so that no event
// name and KID run into each other.
Bytes AssociatedData(std::string_view event, const KeyId& kid) {
  Bytes data;
  ByteWriter writer(data);
  writer.Append(kHeader);
  writer.Text(event);
  writer.U8(0);
  writer.Append(kid.view());
  return data;
}

Status CheckShape(const std::string& where, ByteView sealed) {
  const bool has_magic =
      sealed.size() >= kHeader.size() &&
      std::equal(kHeader.begin(), kHeader.begin() + kMagicSize, sealed.begin());
  if (!has_magic) {
    return BadInput(where, "is no sealed key file", "check the path");
  }
  if (!std::equal(kHeader.begin(), kHeader.end(), sealed.begin())) {
    return BadInput(where, "is sealed in a form this version does not know",
                    "use a newer usher");
  }
  if (sealed.size() != kSealedSize) {
    return BadInput(where, "is damaged: its length is wrong",
                    "restore it from a backup");
  }
  return {};
}

}  // namespace

Bytes Seal(const MasterKey& master, std::string_view event,
           const ContentKey& key, RandomSource& random) {
  std::array<uint8_t, kNonceSize> nonce;
  random.Fill(nonce);
  SecretBytes plain(kKeySize + kSaltSize);
  std::ranges::copy(key.key.view(), plain.writable().begin());
  std::ranges::copy(key.salt.view(), plain.writable().begin() + kKeySize);
  Bytes sealed;
  ByteWriter writer(sealed);
  writer.Append(kHeader);
  writer.Append(nonce);
  writer.Append(crypto::SealAes256Gcm(master.view(), nonce, plain.view(),
                                      AssociatedData(event, key.kid)));
  return sealed;
}

Result<ContentKey> Open(const MasterKey& master, std::string_view event,
                        const KeyId& kid, ByteView sealed) {
  const std::string where = std::string(event) + "/" + kid.ToHex() + ".key";
  Status shape = CheckShape(where, sealed);
  if (!shape) return std::unexpected(std::move(shape).error());
  const ByteView nonce = sealed.subspan(kHeader.size(), kNonceSize);
  const ByteView secret = sealed.subspan(kHeader.size() + kNonceSize);
  const auto plain = crypto::OpenAes256Gcm(master.view(), nonce, secret,
                                           AssociatedData(event, kid));
  if (!plain || plain->size() != kKeySize + kSaltSize) {
    return BadInput(where,
                    "does not open: it is damaged, was sealed under another "
                    "master key, or belongs to another event or KID",
                    "check the master key file, or restore the key file");
  }
  return ContentKey{.kid = kid,
                    .key = SecretBytes(plain->view().first(kKeySize)),
                    .salt = SecretBytes(plain->view().subspan(kKeySize))};
}

}  // namespace usher::keys

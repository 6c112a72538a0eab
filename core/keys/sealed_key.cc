#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/base/byte_writer.h"
#include "core/crypto/aes.h"
#include "core/keys/key_store.h"

namespace usher::keys {
namespace {

constexpr std::array<uint8_t, 8> kHeader = {'U', 'S', 'H', 'K', 1, 0, 0, 0};
constexpr std::array<uint8_t, 8> kDatedHeader = {'U', 'S', 'H', 'K',
                                                 2,   0,   0,   0};
constexpr size_t kDateSize = 8;
constexpr size_t kMagicSize = 4;
constexpr size_t kNonceSize = 12;
constexpr size_t kKeySize = 16;
constexpr size_t kSaltSize = 16;
constexpr size_t kTagSize = 16;
constexpr size_t kBodySize = kNonceSize + kKeySize + kSaltSize + kTagSize;

Bytes HeaderOf(const ContentKey& key) {
  Bytes header;
  ByteWriter writer(header);
  writer.Append(key.from == 0 ? kHeader : kDatedHeader);
  if (key.from != 0) writer.U64(key.from);
  return header;
}

// What a sealed file is bound to; the zero ends the name, so that no event
// name and KID run into each other.
Bytes AssociatedData(ByteView header, std::string_view event,
                     const KeyId& kid) {
  Bytes data;
  ByteWriter writer(data);
  writer.Append(header);
  writer.Text(event);
  writer.U8(0);
  writer.Append(kid.view());
  return data;
}

bool StartsWith(ByteView sealed, ByteView prefix) {
  return sealed.size() >= prefix.size() &&
         std::ranges::equal(sealed.first(prefix.size()), prefix);
}

// The header of a file whose length fits it.
Result<ByteView> ReadHeader(const std::string& where, ByteView sealed) {
  if (sealed.size() < kHeader.size() ||
      !StartsWith(sealed, ByteView(kHeader).first(kMagicSize))) {
    return BadInput(where, "is no sealed key file", "check the path");
  }
  const bool dated = StartsWith(sealed, kDatedHeader);
  if (!dated && !StartsWith(sealed, kHeader)) {
    return BadInput(where, "is sealed in a form this version does not know",
                    "use a newer usher");
  }
  const size_t size = kHeader.size() + (dated ? kDateSize : 0);
  if (sealed.size() != size + kBodySize) {
    return BadInput(where, "is damaged: its length is wrong",
                    "restore it from a backup");
  }
  return sealed.first(size);
}

uint64_t DateIn(ByteView header) {
  uint64_t date = 0;
  for (const uint8_t byte : header.subspan(kHeader.size())) {
    date = date << 8 | byte;
  }
  return date;
}

}  // namespace

Bytes Seal(const MasterKey& master, std::string_view event,
           const ContentKey& key, RandomSource& random) {
  std::array<uint8_t, kNonceSize> nonce;
  random.Fill(nonce);
  SecretBytes plain(kKeySize + kSaltSize);
  std::ranges::copy(key.key.view(), plain.writable().begin());
  std::ranges::copy(key.salt.view(), plain.writable().begin() + kKeySize);
  const Bytes header = HeaderOf(key);
  Bytes sealed;
  ByteWriter writer(sealed);
  writer.Append(header);
  writer.Append(nonce);
  writer.Append(crypto::SealAes256Gcm(master.view(), nonce, plain.view(),
                                      AssociatedData(header, event, key.kid)));
  return sealed;
}

Result<ContentKey> Open(const MasterKey& master, std::string_view event,
                        const KeyId& kid, ByteView sealed) {
  const std::string where = std::string(event) + "/" + kid.ToHex() + ".key";
  const auto header = ReadHeader(where, sealed);
  if (!header) return std::unexpected(header.error());
  const ByteView nonce = sealed.subspan(header->size(), kNonceSize);
  const ByteView secret = sealed.subspan(header->size() + kNonceSize);
  const Bytes associated = AssociatedData(*header, event, kid);
  std::optional<SecretBytes> plain;
  for (const SecretBytes& key : master.all()) {
    plain = crypto::OpenAes256Gcm(key.view(), nonce, secret, associated);
    if (plain) break;
  }
  if (!plain || plain->size() != kKeySize + kSaltSize) {
    return BadInput(where,
                    "does not open: it is damaged, was sealed under another "
                    "master key, or belongs to another event or KID",
                    "check the master key file, or restore the key file");
  }
  return ContentKey{.kid = kid,
                    .key = SecretBytes(plain->view().first(kKeySize)),
                    .salt = SecretBytes(plain->view().subspan(kKeySize)),
                    .from = DateIn(*header)};
}

}  // namespace usher::keys

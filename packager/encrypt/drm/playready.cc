#include "packager/encrypt/drm/playready.h"

#include <algorithm>
#include <string>

#include "core/base/base64url.h"
#include "core/crypto/aes.h"

namespace usher {
namespace {

// Canonical XML: attributes in alphabetical order, every tag closed.
std::string KidElement(Scheme scheme, const keys::ContentKey& key) {
  std::string xml = "<KID ALGID=\"";
  if (scheme == Scheme::kCbcs) {
    xml += "AESCBC\"";  // has no checksum
  } else {
    xml += "AESCTR\" CHECKSUM=\"" +
           ToBase64(PlayReadyChecksum(key.kid, key.key.view())) + "\"";
  }
  return xml + " VALUE=\"" + ToBase64(ToGuidOrder(key.kid).view()) +
         "\"></KID>";
}

std::string Header(Scheme scheme, std::span<const keys::ContentKey* const> keys,
                   std::string_view licence_url) {
  std::string xml =
      "<WRMHEADER xmlns=\"http://schemas.microsoft.com/DRM/2007/03/"
      "PlayReadyHeader\" version=\"4.3.0.0\"><DATA><PROTECTINFO><KIDS>";
  for (const keys::ContentKey* key : keys) xml += KidElement(scheme, *key);
  xml += "</KIDS></PROTECTINFO>";
  if (!licence_url.empty()) {
    xml += "<LA_URL>";
    for (const char c : licence_url) {
      if (c == '&') {
        xml += "&amp;";
      } else {
        xml += c;
      }
    }
    xml += "</LA_URL>";
  }
  return xml + "</DATA></WRMHEADER>";
}

void AppendLittleEndian(uint64_t value, int bytes, Bytes& out) {
  for (int i = 0; i < bytes; ++i) {
    out.push_back(static_cast<uint8_t>(value >> 8 * i));
  }
}

}  // namespace

Bytes PlayReadyObject(Scheme scheme,
                      std::span<const keys::ContentKey* const> keys,
                      std::string_view licence_url) {
  constexpr uint16_t kHeaderRecord = 1;
  const std::string header = Header(scheme, keys, licence_url);
  const size_t header_size = 2 * header.size();
  Bytes object;
  AppendLittleEndian(4 + 2 + 2 + 2 + header_size, 4, object);
  AppendLittleEndian(1, 2, object);  // records
  AppendLittleEndian(kHeaderRecord, 2, object);
  AppendLittleEndian(header_size, 2, object);
  for (const char c : header) {
    AppendLittleEndian(static_cast<uint8_t>(c), 2, object);
  }
  return object;
}

keys::KeyId ToGuidOrder(const keys::KeyId& kid) {
  keys::KeyId guid = kid;
  const auto first = guid.bytes.begin();
  std::reverse(first, first + 4);
  std::reverse(first + 4, first + 6);
  std::reverse(first + 6, first + 8);
  return guid;
}

Bytes PlayReadyChecksum(const keys::KeyId& kid, ByteView key) {
  constexpr size_t kSize = 8;
  keys::KeyId block = ToGuidOrder(kid);
  // One block of CBC from a zero IV is ECB.
  crypto::AesCbcEncryptor(key).EncryptBlocks(crypto::AesBlock{}, block.bytes);
  return {block.bytes.begin(), block.bytes.begin() + kSize};
}

}  // namespace usher

#include "packager/encrypt/drm/widevine.h"

namespace usher {
namespace {

// Protocol Buffers, "Encoding": wire types.
constexpr uint64_t kVarint = 0;
constexpr uint64_t kLengthDelimited = 2;

constexpr uint64_t kKeyIds = 2;
constexpr uint64_t kContentId = 4;
constexpr uint64_t kProtectionScheme = 9;

void AppendVarint(uint64_t value, Bytes& out) {
  while (value > 0x7f) {
    out.push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<uint8_t>(value));
}

void AppendBytes(uint64_t field, ByteView bytes, Bytes& out) {
  AppendVarint(field << 3 | kLengthDelimited, out);
  AppendVarint(bytes.size(), out);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

uint64_t FourCharacters(std::string_view name) {
  uint64_t value = 0;
  for (const char c : name) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

}  // namespace

Bytes WidevinePsshData(Scheme scheme, std::span<const keys::KeyId> kids,
                       std::string_view content_id) {
  Bytes data;
  for (const keys::KeyId& kid : kids) AppendBytes(kKeyIds, kid.view(), data);
  if (!content_id.empty()) AppendBytes(kContentId, AsBytes(content_id), data);
  AppendVarint(kProtectionScheme << 3 | kVarint, data);
  AppendVarint(FourCharacters(SchemeName(scheme)), data);
  return data;
}

}  // namespace usher

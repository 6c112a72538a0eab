#include "core/keys/key_id.h"

#include <algorithm>

#include "core/base/hex.h"

namespace usher::keys {
namespace {

constexpr size_t kHexSize = 32;
constexpr size_t kUuidSize = 36;

bool IsHyphenPlace(size_t index) {
  return index == 8 || index == 13 || index == 18 || index == 23;
}

// The digits of a UUID; nothing where its hyphens are elsewhere.
std::optional<std::string> WithoutHyphens(std::string_view uuid) {
  std::string digits;
  for (size_t i = 0; i < uuid.size(); ++i) {
    if ((uuid[i] == '-') != IsHyphenPlace(i)) return std::nullopt;
    if (uuid[i] != '-') digits += uuid[i];
  }
  return digits;
}

}  // namespace

std::optional<KeyId> KeyId::Parse(std::string_view text) {
  if (text.size() == kUuidSize) {
    const auto digits = WithoutHyphens(text);
    return digits ? Parse(*digits) : std::nullopt;
  }
  if (text.size() != kHexSize) return std::nullopt;
  const auto bytes = FromHex(text);
  if (!bytes) return std::nullopt;
  KeyId kid;
  std::ranges::copy(*bytes, kid.bytes.begin());
  return kid;
}

std::string KeyId::ToHex() const { return usher::ToHex(bytes); }

std::string KeyId::ToUuid() const {
  std::string uuid = ToHex();
  for (const size_t place : {8, 13, 18, 23}) uuid.insert(place, 1, '-');
  return uuid;
}

}  // namespace usher::keys

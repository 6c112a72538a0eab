// KID: the public name of a content key, 16 bytes (ISO/IEC 23001-7), written
// as 32 lower-case hex digits in files and URLs and as a UUID in MPDs.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace usher::keys {

struct KeyId {
  std::array<uint8_t, 16> bytes{};

  // 32 hex digits of either case, with or without a UUID's four hyphens.
  static std::optional<KeyId> Parse(std::string_view text);
  std::string ToHex() const;   // 32 lower-case digits
  std::string ToUuid() const;  // 8-4-4-4-12, lower case
  ByteView view() const { return bytes; }
  auto operator<=>(const KeyId&) const = default;
};

}  // namespace usher::keys

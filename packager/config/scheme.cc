#include "packager/config/scheme.h"

#include <array>
#include <utility>

namespace usher {
namespace {

constexpr std::array<std::pair<Scheme, std::string_view>, 4> kNames = {{
    {Scheme::kNone, "none"},
    {Scheme::kAes128, "aes-128"},
    {Scheme::kCbcs, "cbcs"},
    {Scheme::kCenc, "cenc"},
}};

}  // namespace

std::string_view SchemeName(Scheme scheme) {
  for (const auto& [value, name] : kNames) {
    if (value == scheme) return name;
  }
  return "none";
}

std::optional<Scheme> ParseScheme(std::string_view name) {
  for (const auto& [value, known] : kNames) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace usher

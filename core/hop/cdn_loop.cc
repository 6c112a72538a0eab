#include "core/hop/cdn_loop.h"

#include <algorithm>

#include "core/base/hex.h"
#include "core/crypto/digest.h"

namespace usher::hop {
namespace {

constexpr size_t kIdBytes = 8;

std::string_view Take(std::string_view& rest, char separator) {
  const size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c;
}

}  // namespace

std::string CdnId(std::string_view description) {
  const auto digest = crypto::Sha256(AsBytes(description));
  return "usher-" + ToHex(ByteView(digest).first(kIdBytes));
}

bool PassedThrough(std::string_view header, std::string_view id) {
  while (!header.empty()) {
    std::string_view member = Take(header, ',');
    if (std::ranges::equal(Trimmed(Take(member, ';')), id, {}, Lower, Lower)) {
      return true;
    }
  }
  return false;
}

}  // namespace usher::hop

#include "core/ticket/compact_jws.h"

#include <utility>

#include "core/base/base64url.h"

namespace usher::ticket {

std::optional<CompactJws> ReadCompactJws(std::string_view text) {
  const size_t first = text.find('.');
  const size_t last = text.rfind('.');
  if (first == last) return std::nullopt;  // also where there is none
  // A dot in between is refused with the alphabet.
  auto header = FromBase64Url(text.substr(0, first));
  auto payload = FromBase64Url(text.substr(first + 1, last - first - 1));
  auto signature = FromBase64Url(text.substr(last + 1));
  if (!header || !payload || !signature) return std::nullopt;
  if (header->empty() || payload->empty() || signature->empty()) {
    return std::nullopt;
  }
  return CompactJws{text.substr(0, last), *std::move(header),
                    *std::move(payload), *std::move(signature)};
}

}  // namespace usher::ticket

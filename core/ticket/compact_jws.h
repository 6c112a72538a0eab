// The three parts of a compact JWS (RFC 7515 section 7.1), decoded.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/bytes.h"

namespace usher::ticket {

struct CompactJws {
  std::string_view signing_input;  // a view of the text it was read from
  Bytes header;
  Bytes payload;
  Bytes signature;
};

// Nothing where there are not exactly three parts, one is empty, or one is not
// strict base64url.
std::optional<CompactJws> ReadCompactJws(std::string_view text);

}  // namespace usher::ticket

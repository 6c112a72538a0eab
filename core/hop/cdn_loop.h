// CDN-Loop (RFC 8586): every server that forwards a request adds its name to
// the list, and refuses a request that has it already.
#pragma once

#include <string>
#include <string_view>

namespace usher::hop {

// A pseudonym (section 2, cdn-id) of the server that `description` tells apart
// from all others: "usher-" and 16 hex digits. The same on every call.
std::string CdnId(std::string_view description);

// Whether `header`, one field line, has `id` among its members, whatever
// parameters stand behind it. Names are compared in lower case.
bool PassedThrough(std::string_view header, std::string_view id);

}  // namespace usher::hop

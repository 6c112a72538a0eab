// The header of a ticket (RFC 7515 section 4): which key, and nothing more.
// What it says about the algorithm is only compared with the key's own.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace usher::ticket {

inline constexpr std::string_view kTicketType = "JWT";

struct JoseHeader {
  std::string algorithm;
  std::string kid;
};

// Refuses a `typ` other than `type`; none passes for a ticket only. The error
// is a static text for the log.
std::expected<JoseHeader, const char*> ReadJoseHeader(
    std::string_view json, std::string_view type = kTicketType);

}  // namespace usher::ticket

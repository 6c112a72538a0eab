// The header of a ticket (RFC 7515 section 4): which key, and nothing more.
// What it says about the algorithm is only compared with the key's own.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace usher::ticket {

struct JoseHeader {
  std::string algorithm;
  std::string kid;
};

// The error is a static text for the log.
std::expected<JoseHeader, const char*> ReadJoseHeader(std::string_view json);

}  // namespace usher::ticket

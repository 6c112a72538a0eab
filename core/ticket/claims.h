// What a ticket says, after its signature was found good.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace usher::ticket {

struct Claims {
  std::string subject;              // sub: ticket id, 1..128 bytes
  std::vector<std::string> events;  // event: exact names, at least one
  int64_t expires = 0;              // exp, UNIX seconds; required
  std::optional<int64_t> not_before;
  std::optional<int64_t> issued_at;
  std::string issuer;                  // iss; empty where absent
  std::vector<std::string> audiences;  // aud: string or list
  unsigned seats = 1;                  // 1..255
  std::string token_id;                // jti; empty where absent
  std::vector<std::string> countries;  // cc: ISO 3166-1 alpha-2
};

}  // namespace usher::ticket

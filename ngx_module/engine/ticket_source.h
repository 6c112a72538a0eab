// Where in a request a ticket may stand.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace usher::engine {

struct TicketSource {
  enum class Kind : uint8_t { kQuery, kCookie, kBearer, kHeader };
  Kind kind;
  std::string_view name;  // of the argument, cookie or header
};

struct TicketCarriers {
  std::string_view query = {};          // as the client sent it
  std::string_view authorization = {};  // header values
  std::string_view cookie = {};
  std::string_view fetch_site = {};
  std::string_view header = {};  // the one header that is a source
};

struct FoundTicket {
  std::string text;           // empty where there is none
  std::string_view argument;  // that it stands in; empty for other carriers
};

// The ticket of the first source that has one. A cookie
// does not count in a cross-site request: another site's page sends it without
// the viewer wanting to.
FoundTicket FindTicket(std::span<const TicketSource> sources,
                       const TicketCarriers& carriers);

// The raw text in one carrier. Views into it.
std::string_view ArgumentValue(std::string_view query, std::string_view name);
std::string_view CookieValue(std::string_view cookie, std::string_view name);
std::string_view BearerToken(std::string_view authorization);

// Overwrites every ticket that `source` names in a header's value.
void BlankTickets(const TicketSource& source, std::span<char> header);

}  // namespace usher::engine

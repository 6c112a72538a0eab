// POST and DELETE /usher/session: what a page sends, what it gets back.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace usher::engine {

// The members of a request's JSON body; empty where absent.
struct SessionBody {
  std::string ticket;
  std::string event;
  std::string session;
};

// An empty body is an empty object. Nothing where it is no JSON object, or a
// member of ours is no string.
std::optional<SessionBody> ReadSessionBody(std::string_view body);

// The one event a ticket names; empty where it names none or several. The
// ticket is NOT verified: its word is only good for choosing what to verify.
std::string OnlyEventOf(std::string_view ticket);

// Whether the page that sent the request may open sessions here: a page of the
// same host, one of `allowed` ("https://shop.example", or "*"), or no page at
// all (an app sends no Origin).
bool IsOriginAllowed(std::string_view origin, std::string_view fetch_site,
                     std::string_view host,
                     std::span<const std::string_view> allowed);

struct OpenedSession {
  std::string_view scheme;
  std::string_view host;  // as the client named it, with port
  std::string_view event;
  std::string_view credential;
  uint32_t expires;
};

// {"base","license","expires"}
std::string SessionJson(const OpenedSession& opened);

}  // namespace usher::engine

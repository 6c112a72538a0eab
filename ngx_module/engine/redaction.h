// What of a client's bytes may stand in a log: never a ticket, never a session.
#pragma once

#include <string_view>

namespace usher::engine {

// Scheme and authority only: the path may hold a session, the query a ticket.
std::string_view LoggableReferer(std::string_view referer);

// A request line that was never parsed (400, plain HTTP on a TLS port), up to
// where a credential could begin.
std::string_view LoggableRequestLine(std::string_view line);

}  // namespace usher::engine

// The URI of a request as a signed token means it: without the token, and
// written in the one way everybody writes it.
#pragma once

#include <string>
#include <string_view>

namespace usher::ticket {

// `query` without the attribute `name` (RFC 9246 section 2.1.15): a token that
// another attribute follows goes with the delimiter behind it, the last one
// with the delimiter before it. Only the first of that name is a token.
std::string WithoutAttribute(std::string_view query, std::string_view name);

// Scheme and authority ("https://edge.example") and path with query, normalised
// as RFC 9110 section 4.2.3 and RFC 3986 sections 6.2.2 and 6.2.3 say. The path
// is taken to be rid of dot segments.
std::string NormalUri(std::string_view base, std::string_view target);

}  // namespace usher::ticket

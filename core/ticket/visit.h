// The request a token is shown with, as far as a token may ask about it.
#pragma once

#include <span>
#include <string_view>

#include "core/base/bytes.h"

namespace usher::ticket {

// NOLINTBEGIN(readability-redundant-member-init): g++ wants initialisers of
// members that a designated initialiser leaves out.
struct Visit {
  std::string_view event;  // exact name

  // For tokens that speak of URIs. Scheme and authority as the viewer has them,
  // "https://edge.example"; empty where not known: such tokens are refused.
  std::string_view base = {};
  // Path and query without the token. Empty where the token was not shown with
  // what it is to open: then it must open the whole event.
  std::string_view target = {};
  ByteView address = {};  // 4 or 16 bytes; empty where not known
  // One of everything an event has, relative to it (core/layout): a token that
  // is good for all of them opens the event.
  std::span<const std::string_view> everything = {};
};
// NOLINTEND(readability-redundant-member-init)

}  // namespace usher::ticket

// What a session is bound to beyond its event: where, and for what, it was
// opened. A ticket that is good in some places only is checked when a session
// is opened, and the session is then good in that very place only; elsewhere
// the ticket is asked again. So a session never admits more than its ticket.
// Where the box says so (usher_bind) it is bound to the client as well, softly:
// to what seldom changes.
//
// Four bytes of SHA-256 over whatever the flags name, each followed by a zero,
// in the order of Place. Nothing secret, and under the session's MAC.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/bytes.h"

namespace usher::session {

enum Flag : uint8_t {
  kToCountry = 1,
  kToPrefix = 2,
  kToAgent = 4,
  kToPath = 8,  // takes no seat: it is no playback
  kToAddress = 16,
  kNoHead = 32,  // methods its token does not allow: not part of the digest
  kNoPost = 64,
};
inline constexpr uint8_t kAllFlags = kToCountry | kToPrefix | kToAgent |
                                     kToPath | kToAddress | kNoHead | kNoPost;

// A request, as far as a session can be bound to it.
struct Place {
  std::string_view country = {};  // ISO 3166-1 alpha-2; empty where unknown
  ByteView address = {};          // 4 or 16 bytes; empty where there is none
  std::string_view agent = {};    // User-Agent
  std::string_view path = {};     // with the arguments that matter
};

// What of an address stays while a client stays where it is: IPv4 /24, IPv6 /56
// (a household, whatever address of its own a device has just now).
ByteView PrefixOf(ByteView address);

struct Binding {
  uint8_t flags = 0;
  std::array<uint8_t, 4> digest{};
  bool operator==(const Binding&) const = default;
};

Binding Bind(uint8_t flags, const Place& place);

bool Holds(const Binding& binding, const Place& place);

}  // namespace usher::session

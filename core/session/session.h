// A viewer's session: what an edge knows of it from its credential alone
// (credential.h has the layout).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/random_source.h"
#include "core/session/binding.h"
#include "core/ticket/claims.h"

namespace usher::session {

inline constexpr size_t kRecordSize = 60;
inline constexpr size_t kCredentialSize = 80;  // characters

using ShortHash = std::array<uint8_t, 8>;
using SessionId = std::array<uint8_t, 8>;

struct Session {
  uint8_t seats = 1;
  uint32_t issued = 0;
  uint32_t expires = 0;
  SessionId sid{};
  ShortHash ticket{};
  ShortHash event{};
  std::array<uint8_t, 4> signing_key{};
  Binding binding{};
};

// Opened without a ticket, while its event was open to all.
inline bool IsAnonymous(const Session& session) {
  return session.ticket == ShortHash{};
}

ShortHash TicketHash(std::string_view issuer, std::string_view subject);
ShortHash EventHash(std::string_view event);

// A session for one event of a verified ticket; a random sid, bound to nothing
// else. It ends after
// `lifetime_seconds` or with the ticket, whichever is first. `ticket_leeway` is
// what the ticket was verified with: without it, one accepted within its leeway
// would open a session that has ended already.
Session NewSession(const ticket::Claims& claims, std::string_view event,
                   const std::array<uint8_t, 4>& signing_key, uint32_t now,
                   uint32_t lifetime_seconds, RandomSource& random,
                   uint32_t ticket_leeway = 0);

}  // namespace usher::session

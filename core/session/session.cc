#include "core/session/session.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/crypto/digest.h"

namespace usher::session {
namespace {

template <size_t Size>
std::array<uint8_t, Size> Shortened(const crypto::Sha256Digest& digest) {
  std::array<uint8_t, Size> shortened;
  std::copy_n(digest.begin(), Size, shortened.begin());
  return shortened;
}

uint32_t EndOf(const ticket::Claims& claims, uint32_t now,
               uint32_t lifetime_seconds, uint32_t ticket_leeway) {
  const uint64_t by_lifetime = uint64_t{now} + lifetime_seconds;
  const uint64_t by_ticket =
      static_cast<uint64_t>(std::max<int64_t>(claims.expires, 0)) +
      ticket_leeway;
  return static_cast<uint32_t>(std::min<uint64_t>(
      {by_lifetime, by_ticket, std::numeric_limits<uint32_t>::max()}));
}

}  // namespace

ShortHash TicketHash(std::string_view issuer, std::string_view subject) {
  constexpr uint8_t kSeparator[] = {0};
  return Shortened<8>(
      crypto::Sha256({AsBytes(issuer), kSeparator, AsBytes(subject)}));
}

ShortHash EventHash(std::string_view event) {
  // A box serves few events, and asks this for every request.
  struct Asked {
    std::string event;
    ShortHash hash;
  };
  thread_local std::optional<Asked> last;
  if (!last || last->event != event) {
    last = {std::string(event), Shortened<8>(crypto::Sha256(AsBytes(event)))};
  }
  return last->hash;
}

Session NewSession(const ticket::Claims& claims, std::string_view event,
                   const std::array<uint8_t, 4>& signing_key, uint32_t now,
                   uint32_t lifetime_seconds, RandomSource& random,
                   uint32_t ticket_leeway) {
  Session session;
  session.seats = static_cast<uint8_t>(std::clamp(claims.seats, 1U, 255U));
  session.issued = now;
  session.expires = EndOf(claims, now, lifetime_seconds, ticket_leeway);
  random.Fill(session.sid);
  session.ticket = TicketHash(claims.issuer, claims.subject);
  session.event = EventHash(event);
  session.signing_key = signing_key;
  return session;
}

}  // namespace usher::session

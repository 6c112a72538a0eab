// The one list of reasons for which admission is refused: the `code` of the
// answers in docs/answers.md, shared by tickets, sessions and the module.
#pragma once

#include <string_view>

namespace usher {

enum class Denial {
  kTicketMissing,
  kTicketInvalid,
  kTicketExpired,
  kTicketEarly,
  kTicketScope,
  kTicketRevoked,
  kCountryRefused,
  kEventNotStarted,
  kEventEnded,
  kSeatsTaken,
  kSessionInvalid,
  kSessionExpired,
  kSessionEvicted,
  kSessionRevoked,
  kKeyNotYet,
  kRateLimited,
  kBadRequest,
  kMethodNotAllowed,
};

// "ticket_missing" and so on.
std::string_view CodeOf(Denial denial);
// The HTTP status that goes with it.
int HttpStatusOf(Denial denial);
// One sentence that tells a viewer what to do.
std::string_view SentenceOf(Denial denial);

}  // namespace usher

#include "core/ticket/verdict.h"

#include <array>
#include <cstddef>

namespace usher {
namespace {

struct Answer {
  Denial denial;
  std::string_view code;
  int status;
  std::string_view sentence;
};

// In the order of the enumeration; docs/answers.md is the same table.
constexpr Answer kAnswers[] = {
    {Denial::kTicketMissing, "ticket_missing", 401,
     "This event needs a ticket: open the link you got when you bought it."},
    {Denial::kTicketInvalid, "ticket_invalid", 403,
     "This ticket is not valid: copy the whole link from your order, or ask "
     "the shop for a new one."},
    {Denial::kTicketExpired, "ticket_expired", 403,
     "This ticket has expired: ask the shop if it can be renewed."},
    {Denial::kTicketEarly, "ticket_early", 403,
     "This ticket is not valid yet: come back at the time printed on it."},
    {Denial::kTicketScope, "ticket_scope", 403,
     "This ticket is for another event: open the link that belongs to this "
     "one."},
    {Denial::kTicketRevoked, "ticket_revoked", 403,
     "This ticket was cancelled or refunded: ask the shop if you think that "
     "is wrong."},
    {Denial::kCountryRefused, "country_refused", 403,
     "This ticket is not valid in the country you are in: switch off a VPN if "
     "you use one, or ask the shop."},
    {Denial::kEventNotStarted, "event_not_started", 403,
     "The doors are not open yet: this page will let you in when they are."},
    {Denial::kEventEnded, "event_ended", 403, "This event is over."},
    {Denial::kSeatsTaken, "seats_taken", 409,
     "This ticket is in use on as many screens as it is for: stop one of them "
     "and try again."},
    {Denial::kSessionInvalid, "session_invalid", 403,
     "This link does not work here: open your ticket's own link again."},
    {Denial::kSessionExpired, "session_expired", 403,
     "Your session has ended: open your ticket's link again."},
    {Denial::kSessionEvicted, "session_evicted", 403,
     "Your ticket was opened on another screen: open its link again to watch "
     "here."},
    {Denial::kSessionRevoked, "session_revoked", 403,
     "Your session was ended by the organiser: ask the shop if you think that "
     "is wrong."},
    {Denial::kKeyNotYet, "key_not_yet", 403,
     "This part of the event is still to come: wait a moment and try again."},
    {Denial::kRateLimited, "rate_limited", 429,
     "Too many requests: wait a moment and try again."},
    {Denial::kBadRequest, "bad_request", 400,
     "This address is not right: open your ticket's link again."},
    {Denial::kMethodNotAllowed, "method_not_allowed", 405,
     "This address cannot be used that way: open your ticket's link again."},
};

constexpr bool IsInOrder() {
  for (size_t i = 0; i < std::size(kAnswers); ++i) {
    if (static_cast<size_t>(kAnswers[i].denial) != i) return false;
  }
  return std::size(kAnswers) ==
         static_cast<size_t>(Denial::kMethodNotAllowed) + 1;
}
static_assert(IsInOrder());

const Answer& AnswerOf(Denial denial) {
  return kAnswers[static_cast<size_t>(denial)];
}

}  // namespace

std::string_view CodeOf(Denial denial) { return AnswerOf(denial).code; }
int HttpStatusOf(Denial denial) { return AnswerOf(denial).status; }
std::string_view SentenceOf(Denial denial) { return AnswerOf(denial).sentence; }

}  // namespace usher

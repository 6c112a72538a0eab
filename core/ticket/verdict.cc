#include "core/ticket/verdict.h"

#include <array>
#include <cstddef>

namespace usher {
namespace {

struct Answer {
  Denial denial;
  int status;
  std::string_view code;
  std::string_view sentence;
};

// In the order of the enumeration; docs/answers.md is the same table.
constexpr Answer kAnswers[] = {
    {Denial::kTicketMissing, 401, "ticket_missing",
     "This event needs a ticket: open the link you got when you bought it."},
    {Denial::kTicketInvalid, 403, "ticket_invalid",
     "This ticket is not valid: copy the whole link from your order, or ask "
     "the shop for a new one."},
    {Denial::kTicketExpired, 403, "ticket_expired",
     "This ticket has expired: ask the shop if it can be renewed."},
    {Denial::kTicketEarly, 403, "ticket_early",
     "This ticket is not valid yet: come back at the time printed on it."},
    {Denial::kTicketScope, 403, "ticket_scope",
     "This ticket is for another event: open the link that belongs to this "
     "one."},
    {Denial::kTicketRevoked, 403, "ticket_revoked",
     "This ticket was cancelled or refunded: ask the shop if you think that "
     "is wrong."},
    {Denial::kCountryRefused, 403, "country_refused",
     "This ticket is not valid in the country you are in: switch off a VPN if "
     "you use one, or ask the shop."},
    {Denial::kEventNotStarted, 403, "event_not_started",
     "The doors are not open yet: this page will let you in when they are."},
    {Denial::kEventEnded, 403, "event_ended", "This event is over."},
    {Denial::kSeatsTaken, 409, "seats_taken",
     "This ticket is in use on as many screens as it is for: stop one of them "
     "and try again."},
    {Denial::kSessionInvalid, 403, "session_invalid",
     "This link does not work here: open your ticket's own link again."},
    {Denial::kSessionExpired, 403, "session_expired",
     "Your session has ended: open your ticket's link again."},
    {Denial::kSessionEvicted, 403, "session_evicted",
     "Your ticket was opened on another screen: open its link again to watch "
     "here."},
    {Denial::kSessionRevoked, 403, "session_revoked",
     "Your session was ended by the organiser: ask the shop if you think that "
     "is wrong."},
    {Denial::kKeyNotYet, 403, "key_not_yet",
     "This part of the event is still to come: wait a moment and try again."},
    {Denial::kRateLimited, 429, "rate_limited",
     "Too many requests: wait a moment and try again."},
    {Denial::kBadRequest, 400, "bad_request",
     "This address is not right: open your ticket's link again."},
    {Denial::kMethodNotAllowed, 405, "method_not_allowed",
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

// A session as it crosses the seam, both ways.
#pragma once

#include <algorithm>

#include "core/session/credential.h"
#include "ngx_module/bridge.h"

namespace usher::engine {

inline usher_session_t SessionOf(const session::Session& from) {
  usher_session_t to = {};
  std::ranges::copy(from.sid, to.sid);
  std::ranges::copy(from.ticket, to.ticket);
  std::ranges::copy(from.event, to.event);
  std::ranges::copy(from.signing_key, to.signing_key);
  to.expires = from.expires;
  to.seats = from.seats;
  to.one_path = (from.binding.flags & session::kToPath) != 0 ? 1 : 0;
  return to;
}

inline session::Session SessionOf(const usher_session_t& from) {
  session::Session to;
  std::ranges::copy(from.sid, to.sid.begin());
  std::ranges::copy(from.ticket, to.ticket.begin());
  std::ranges::copy(from.event, to.event.begin());
  std::ranges::copy(from.signing_key, to.signing_key.begin());
  to.expires = from.expires;
  to.seats = from.seats;
  return to;
}

}  // namespace usher::engine

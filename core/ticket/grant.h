// What a good token opens, and with which limits.
#pragma once

#include "core/ticket/claims.h"

namespace usher::ticket {

// Of the session that stands for the token, besides its event.
struct Limits {
  bool one_path = false;    // for the path it was shown with, and no other
  bool to_address = false;  // for the address it was shown from
  bool no_head = false;     // methods
  bool no_post = false;
  bool renews = false;  // it need not end with the token
  bool operator==(const Limits&) const = default;
};

struct Grant {
  Claims claims;  // `subject` is the token's id
  Limits limits;
};

}  // namespace usher::ticket

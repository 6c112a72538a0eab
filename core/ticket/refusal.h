// Why a ticket was refused.
#pragma once

#include <optional>
#include <string>

#include "core/ticket/verdict.h"

namespace usher::ticket {

// `iss` and `sub`: which ticket it is.
struct TicketName {
  std::string issuer;
  std::string subject;
};

struct Refusal {
  Denial denial;
  // For the log: static text, such as "unknown kid", never part of the token.
  const char* reason;
  // Where the signature is good.
  std::optional<TicketName> ticket = {};
};

}  // namespace usher::ticket

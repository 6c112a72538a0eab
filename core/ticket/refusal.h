// Why a ticket was refused.
#pragma once

#include "core/ticket/verdict.h"

namespace usher::ticket {

struct Refusal {
  Denial denial;
  // For the log: static text, such as "unknown kid", never part of the token.
  const char* reason;
};

}  // namespace usher::ticket

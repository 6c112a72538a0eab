#include "ngx_module/engine/failure_budget.h"

#include <algorithm>

#include "core/base/bytes.h"

namespace usher::engine {

FailureBudget::FailureBudget(House& house, ByteView address,
                             uint32_t per_minute, uint32_t now)
    : house_(house),
      address_(address),
      rate_{.per_minute = per_minute, .burst = per_minute},
      now_(now) {}

std::string FailureBudget::Who() const {
  constexpr size_t kNetwork = 8;  // bytes of IPv6 that are not the host's own
  std::string who = "failures ";
  return who.append(
      AsText(address_.first(std::min(address_.size(), kNetwork))));
}

uint32_t FailureBudget::Wait(std::string_view ticket) {
  const uint32_t wait = house_.Wait(AsBytes(Who()), rate_, now_);
  return wait > 0 && house_.KnowsTicket(ticket) ? 0 : wait;
}

void FailureBudget::Note(std::string_view ticket, bool was_good) {
  if (was_good) {
    house_.RememberTicket(ticket, now_);
  } else {
    house_.ForgetTicket(ticket);
    house_.Spend(AsBytes(Who()), rate_, now_);
  }
}

}  // namespace usher::engine

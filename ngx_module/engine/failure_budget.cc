#include "ngx_module/engine/failure_budget.h"

#include <algorithm>
#include <utility>

#include "core/base/bytes.h"

namespace usher::engine {

FailureBudget::FailureBudget(std::function<House()> house, ByteView address,
                             uint32_t per_minute, uint32_t now)
    : house_(std::move(house)),
      who_("failures "),
      rate_{.per_minute = per_minute, .burst = per_minute},
      now_(now) {
  constexpr size_t kNetwork = 8;  // bytes of IPv6 that are not the host's own
  who_ += AsText(address.first(std::min(address.size(), kNetwork)));
}

uint32_t FailureBudget::Wait(std::string_view ticket) {
  House house = house_();
  const uint32_t wait = house.Wait(AsBytes(who_), rate_, now_);
  return wait > 0 && house.KnowsTicket(ticket) ? 0 : wait;
}

void FailureBudget::Note(std::string_view ticket, bool was_good) {
  House house = house_();
  if (was_good) {
    house.RememberTicket(ticket, now_);
  } else {
    house.ForgetTicket(ticket);
    house.Spend(AsBytes(who_), rate_, now_);
  }
}

}  // namespace usher::engine

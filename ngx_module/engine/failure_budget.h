// A signature costs 19 to 107 us to check, so tickets that fail are limited by
// address: IPv4, or IPv6 /64. Over budget an address's tickets are refused
// unchecked, but for those that were good before. Sessions are never asked: who
// watches is not touched, whoever else is behind the same gateway.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ngx_module/engine/house.h"

namespace usher::engine {

class FailureBudget {
 public:
  // `house` and `address` (4 or 16 bytes) outlive the object.
  FailureBudget(House& house, ByteView address, uint32_t per_minute,
                uint32_t now);

  // Seconds until `ticket` may be checked; 0: now.
  uint32_t Wait(std::string_view ticket);
  void Note(std::string_view ticket, bool was_good);

 private:
  std::string Who() const;

  House& house_;
  ByteView address_;
  Rate rate_;
  uint32_t now_;
};

}  // namespace usher::engine

// One shard of a zone, and sessions that come in.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "ngx_module/engine/session_table.h"

namespace usher::engine {

inline constexpr uint32_t kNow = 1'800'000'000;

class SessionTableTest : public ::testing::Test {
 protected:
  SessionTableTest() : memory_(SessionTable::kMinimumSize), table_(memory_) {
    table_.Format();
  }
  static session::ShortHash Hash(uint64_t number) {
    session::ShortHash hash;
    std::memcpy(hash.data(), &number, sizeof(number));
    return hash;
  }
  session::Session Make(uint64_t id, uint64_t ticket = 1) const {
    session::Session session;
    session.sid = Hash(id << 32);
    session.ticket = Hash(ticket << 32);
    session.seats = seats_;
    session.expires = kNow + 3600;
    return session;
  }
  Entry Enter(uint64_t id, Entrance entrance = Entrance::kUse) {
    return table_.Enter(Make(id), entrance, rules_, now_);
  }
  bool IsIn(uint64_t id) { return !Enter(id).denial; }
  std::optional<Denial> Denied(uint64_t id) { return Enter(id).denial; }
  size_t Live() const { return table_.Live(now_, rules_.idle); }

  std::vector<std::byte> memory_;
  SessionTable table_;
  SeatRules rules_;
  uint8_t seats_ = 1;
  uint32_t now_ = kNow;
};

}  // namespace usher::engine

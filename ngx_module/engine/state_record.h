// What a box must remember over restarts, one line of text each:
//
//   evicted <sid> <ticket> <until>
//   session-revoked <sid> <ticket or zeros> <until>
//   ticket-revoked <ticket> <until>
//   key-revoked <first 4 bytes of the thumbprint> <until>
//   event <event> open|closed|ended|open_to_all <starts>
//   list <sequence of the newest revocation list>
//
// Ids are hexadecimal, times UNIX seconds; `until` 0 takes a record back.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ngx_module/engine/slot_pool.h"

namespace usher::engine {

enum class EventState : uint8_t {
  kOpen,
  kClosed,
  kEnded,
  kOpenToAll,  // whoever comes, with a ticket or without, and no seat counts
};

std::string_view NameOf(EventState state);
std::optional<EventState> EventStateNamed(std::string_view name);

struct StateRecord {
  SlotKind kind = SlotKind::kEvicted;
  SlotId id{};
  SlotId ticket{};      // of a session; zeros where it is not known
  uint32_t until = 0;   // not of events and lists
  uint32_t number = 0;  // when an event starts; a list's sequence
  EventState state = EventState::kOpen;
  bool operator==(const StateRecord&) const = default;
};

// Whether slots of this kind are written to the state file.
bool IsLasting(SlotKind kind);

// What is kept of a session that lost its seat.
StateRecord EvictionOf(const Slot& session);

// A key's id: its hash is four bytes, an id eight.
SlotId KeyIdOf(const std::array<uint8_t, 4>& hash);

// Without a line break.
std::string ToLine(const StateRecord& record);
std::optional<StateRecord> FromLine(std::string_view line);

}  // namespace usher::engine

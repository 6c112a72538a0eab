#include "ngx_module/engine/state_record.h"

#include <algorithm>
#include <vector>

#include "core/base/hex.h"
#include "core/base/parse_number.h"

namespace usher::engine {
namespace {

struct KindName {
  SlotKind kind;
  std::string_view name;
};
constexpr KindName kKinds[] = {
    {SlotKind::kEvicted, "evicted"},
    {SlotKind::kRevokedSession, "session-revoked"},
    {SlotKind::kRevokedTicket, "ticket-revoked"},
    {SlotKind::kRevokedKey, "key-revoked"},
    {SlotKind::kEvent, "event"},
    {SlotKind::kList, "list"},
};
constexpr std::string_view kStates[] = {"open", "closed", "ended",
                                        "open_to_all"};

std::vector<std::string_view> Split(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t at = 0; at <= line.size();) {
    const size_t end = std::min(line.find(' ', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

bool ReadId(std::string_view hex, SlotId& id) {
  const auto bytes = FromHex(hex);
  if (!bytes || bytes->size() != id.size()) return false;
  std::ranges::copy(*bytes, id.begin());
  return true;
}

bool ReadNumber(std::string_view text, uint32_t& number) {
  const auto read = ParseNumber<uint32_t>(text);
  number = read.value_or(0);
  return read.has_value();
}

bool ReadState(std::string_view name, EventState& state) {
  const auto named = EventStateNamed(name);
  if (named) state = *named;
  return named.has_value();
}

bool ReadFields(std::span<const std::string_view> words, StateRecord& record) {
  const size_t count = words.size();
  switch (record.kind) {
    case SlotKind::kEvicted:
    case SlotKind::kRevokedSession:
      return count == 3 && ReadId(words[0], record.id) &&
             ReadId(words[1], record.ticket) &&
             ReadNumber(words[2], record.until);
    case SlotKind::kRevokedTicket:
    case SlotKind::kRevokedKey:
      return count == 2 && ReadId(words[0], record.id) &&
             ReadNumber(words[1], record.until);
    case SlotKind::kEvent:
      return count == 3 && ReadId(words[0], record.id) &&
             ReadState(words[1], record.state) &&
             ReadNumber(words[2], record.number);
    case SlotKind::kList:
      return count == 1 && ReadNumber(words[0], record.number);
    default:
      return false;
  }
}

}  // namespace

std::string_view NameOf(EventState state) {
  return kStates[static_cast<size_t>(state)];
}

std::optional<EventState> EventStateNamed(std::string_view name) {
  const auto* const found = std::ranges::find(kStates, name);
  if (found == std::end(kStates)) return {};
  return static_cast<EventState>(found - std::begin(kStates));
}

bool IsLasting(SlotKind kind) {
  return std::ranges::find(kKinds, kind, &KindName::kind) != std::end(kKinds);
}

StateRecord EvictionOf(const Slot& session) {
  StateRecord record;
  record.kind = SlotKind::kEvicted;
  record.id = session.id;
  record.ticket = session.ticket;
  record.until = session.expires;
  return record;
}

SlotId KeyIdOf(const std::array<uint8_t, 4>& hash) {
  SlotId id;
  // Twice, because chains are chosen by the second half.
  std::ranges::copy(hash, id.begin());
  std::ranges::copy(hash, id.begin() + hash.size());
  return id;
}

std::string ToLine(const StateRecord& record) {
  std::string line(
      std::ranges::find(kKinds, record.kind, &KindName::kind)->name);
  const auto add = [&](std::string_view word) {
    line.append(" ").append(word);
  };
  if (record.kind != SlotKind::kList) add(ToHex(record.id));
  switch (record.kind) {
    case SlotKind::kEvent:
      add(NameOf(record.state));
      add(std::to_string(record.number));
      break;
    case SlotKind::kList:
      add(std::to_string(record.number));
      break;
    case SlotKind::kEvicted:
    case SlotKind::kRevokedSession:
      add(ToHex(record.ticket));
      [[fallthrough]];
    default:
      add(std::to_string(record.until));
  }
  return line;
}

std::optional<StateRecord> FromLine(std::string_view line) {
  const auto words = Split(line);
  const auto* const kind =
      std::ranges::find(kKinds, words.front(), &KindName::name);
  if (kind == std::end(kKinds)) return {};
  StateRecord record;
  record.kind = kind->kind;
  if (!ReadFields(std::span(words).subspan(1), record)) return {};
  return record;
}

}  // namespace usher::engine

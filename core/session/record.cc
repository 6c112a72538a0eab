#include "core/session/record.h"

#include <algorithm>

namespace usher::session {
namespace {

constexpr uint8_t kVersion = 1;

constexpr size_t kFlagsAt = 2;
constexpr size_t kSeatsAt = 3;
constexpr size_t kIssuedAt = 4;
constexpr size_t kExpiresAt = 8;
constexpr size_t kSidAt = 12;
constexpr size_t kTicketAt = 20;
constexpr size_t kEventAt = 28;
constexpr size_t kSigningKeyAt = 36;
constexpr size_t kBindingAt = 40;

void WriteU32(uint32_t value, uint8_t* to) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    *to++ = static_cast<uint8_t>(value >> shift);
  }
}

uint32_t ReadU32(const uint8_t* from) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | from[i];
  return value;
}

template <size_t Size>
void ReadArray(const uint8_t* from, std::array<uint8_t, Size>& to) {
  std::copy_n(from, Size, to.begin());
}

}  // namespace

void WriteFields(const Session& session, uint8_t secret_id, Record& record) {
  record[0] = kVersion;
  record[1] = secret_id;
  record[kFlagsAt] = session.binding.flags;
  record[kSeatsAt] = session.seats;
  WriteU32(session.issued, &record[kIssuedAt]);
  WriteU32(session.expires, &record[kExpiresAt]);
  std::ranges::copy(session.sid, &record[kSidAt]);
  std::ranges::copy(session.ticket, &record[kTicketAt]);
  std::ranges::copy(session.event, &record[kEventAt]);
  std::ranges::copy(session.signing_key, &record[kSigningKeyAt]);
  std::ranges::copy(session.binding.digest, &record[kBindingAt]);
}

std::optional<Session> ReadFields(const Record& record) {
  if (record[0] != kVersion || (record[kFlagsAt] & ~kAllFlags) != 0) {
    return std::nullopt;
  }
  Session session;
  session.seats = record[kSeatsAt];
  if (session.seats == 0) return std::nullopt;
  session.issued = ReadU32(&record[kIssuedAt]);
  session.expires = ReadU32(&record[kExpiresAt]);
  ReadArray(&record[kSidAt], session.sid);
  ReadArray(&record[kTicketAt], session.ticket);
  ReadArray(&record[kEventAt], session.event);
  ReadArray(&record[kSigningKeyAt], session.signing_key);
  session.binding.flags = record[kFlagsAt];
  ReadArray(&record[kBindingAt], session.binding.digest);
  return session;
}

}  // namespace usher::session

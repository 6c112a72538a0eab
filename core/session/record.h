// The 60 bytes of a session credential: layout in credential.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/bytes.h"
#include "core/session/credential.h"

namespace usher::session {

using Record = std::array<uint8_t, kRecordSize>;
inline constexpr size_t kMacSize = 16;
inline constexpr size_t kSignedSize = kRecordSize - kMacSize;

// Everything but the MAC.
void WriteFields(const Session& session, uint8_t secret_id, Record& record);

// Nothing where the version or a flag is not ours, or there is no seat. The MAC
// is the caller's business, and comes first.
std::optional<Session> ReadFields(const Record& record);

inline uint8_t SecretIdOf(const Record& record) { return record[1]; }
inline ByteView SignedPartOf(const Record& record) {
  return ByteView(record).first<kSignedSize>();
}
inline std::span<uint8_t> MacOf(Record& record) {
  return std::span(record).last<kMacSize>();
}

}  // namespace usher::session

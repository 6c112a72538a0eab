// What one box signs to another: a request as both of them see it, and the
// stamp that makes it good once.
//
// The bytes that are signed, integers big-endian:
//
//   "usher hop v1", then the stamp (u16 box, u32 UNIX seconds, u8[12] nonce),
//   then method, host, path, arguments, session credential and body digest,
//   each behind its length as u32.
//
// No two messages have the same bytes: every field is told apart by its length.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/bytes.h"
#include "core/crypto/digest.h"

namespace usher::hop {

using Nonce = std::array<uint8_t, 12>;

struct Stamp {
  uint16_t box = 0;   // whose secret signs
  uint32_t time = 0;  // UNIX seconds
  Nonce nonce{};
};

// Views of the caller's. Path and arguments are canonical; the host is compared
// as it is, so in lower case and without a port.
struct Message {
  std::string_view method{};
  std::string_view host{};
  std::string_view path{};
  std::string_view args{};
  std::string_view credential{};               // of key requests, else empty
  std::optional<crypto::Sha256Digest> body{};  // of key POSTs
};

Bytes SignedBytes(const Stamp& stamp, const Message& message);

}  // namespace usher::hop

// SipHash-2-4 (Aumasson and Bernstein, 2012): 64 bits of whatever clients send,
// under a key they do not know, so that nobody can make two things meet in a
// table on purpose. No MAC for credentials: those are HMACs (core/crypto).
#pragma once

#include <array>
#include <cstdint>

#include "core/base/bytes.h"

namespace usher {

using SipKey = std::array<uint64_t, 2>;

uint64_t SipHash(const SipKey& key, ByteView bytes);

}  // namespace usher

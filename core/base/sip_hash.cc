#include "core/base/sip_hash.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace usher {
namespace {

constexpr size_t kWord = sizeof(uint64_t);

struct State {
  uint64_t v0, v1, v2, v3;

  void Round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }
  void Take(uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }
};

// Little-endian; at most eight bytes.
uint64_t Word(ByteView bytes) {
  uint64_t word = 0;
  for (size_t i = bytes.size(); i-- > 0;) word = word << 8 | bytes[i];
  return word;
}

uint64_t WholeWord(ByteView bytes) {
  if constexpr (std::endian::native != std::endian::little) {
    return Word(bytes.first(kWord));
  }
  uint64_t word = 0;
  std::memcpy(&word, bytes.data(), sizeof(word));
  return word;
}

}  // namespace

uint64_t SipHash(const SipKey& key, ByteView bytes) {
  State state = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                 key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
  const uint64_t length = uint64_t{bytes.size()} << 56;
  for (; bytes.size() >= kWord; bytes = bytes.subspan(kWord)) {
    state.Take(WholeWord(bytes));
  }
  state.Take(length | Word(bytes));
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.Round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace usher

// Decrypts common encryption (ISO/IEC 23001-7) as an outsider would: from the
// boxes alone, with nothing but single AES blocks, so that it can judge the
// packager's ciphers and boxes.
#pragma once

#include <vector>

#include "core/base/bytes.h"
#include "tests/support/box_reader.h"

namespace usher::testing {

struct DecryptedSample {
  Bytes bytes;
  // (clear, protected) pairs; empty where the whole sample is protected.
  std::vector<std::pair<uint32_t, uint32_t>> subsamples;
  Bytes iv;  // per-sample or constant
};

// The samples of `segment`, which holds one moof. Throws std::runtime_error
// where tenc, senc, saiz, saio and trun do not agree.
std::vector<DecryptedSample> DecryptSegment(const Box& init_segment,
                                            const Box& segment, ByteView key);

}  // namespace usher::testing

// What is known of a segment that was stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "core/crypto/aes.h"
#include "core/keys/key_id.h"

namespace usher::manifest {

// Low latency: "<segment>.<part>.m4s", counted from 0.
struct PartRecord {
  uint64_t duration = 0;     // track timescale
  bool independent = false;  // begins with a key frame
  bool gap = false;          // it could not be stored
};

struct SegmentFacts {
  uint64_t number = 0;
  uint64_t start = 0;     // earliest presentation time, track timescale
  uint64_t duration = 0;  // track timescale
  uint64_t bytes = 0;     // as stored
  uint64_t offset = 0;    // in the single file, where there is one
  // How a player may start here (ISO/IEC 14496-12 Annex I): 1 and 2, all that
  // is shown can be decoded; 3, all but what is shown first; 0, not at all.
  unsigned sap_type = 1;
  // So many bytes from its start, before AES-128, decode to its first picture
  // with nothing but the init segment. 0: none do, as in sound.
  uint64_t key_picture_bytes = 0;
  uint64_t key_picture_delay = 0;      // from `start` until it is shown
  size_t init = 0;                     // index into the track's inits
  std::optional<keys::KeyId> kid;      // of its key; none: clear
  std::optional<crypto::AesBlock> iv;  // aes-128
  bool gap = false;       // there is no such file: the track was silent
  bool captions = false;  // its pictures carry closed captions

  // A player that starts with it shows all of it.
  bool IsIndependent() const { return sap_type == 1 || sap_type == 2; }
};
static_assert(std::is_trivially_copyable_v<SegmentFacts>);

struct SegmentRecord : SegmentFacts {
  std::vector<PartRecord> parts = {};  // none without low latency
};

}  // namespace usher::manifest

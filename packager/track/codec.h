// The codecs Usher packages, and what ISO BMFF calls them.
#pragma once

#include <cstdint>

namespace usher {

enum class Codec : uint8_t {
  kH264,
  kHevc,
  kVp9,
  kAv1,
  kAac,
  kAc3,
  kEac3,
  kOpus,
  kFlac,
};

// Sample entry and decoder configuration box (ISO/IEC 14496-14, 14496-15;
// ETSI TS 102 366 Annex F; the bindings of VP9, AV1, Opus and FLAC).
struct CodecBoxes {
  char sample_entry[5];
  char configuration[5];
};

// What users call it: "H.264", "E-AC-3".
const char* NameOf(Codec codec);
// What files and groups are called after it: "h264", "eac3".
const char* ShortNameOf(Codec codec);
const CodecBoxes& BoxesOf(Codec codec);

}  // namespace usher

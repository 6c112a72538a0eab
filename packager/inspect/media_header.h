// What an initialisation segment says (ISO/IEC 14496-12 8, 23001-7 8): the
// tracks, their codecs, and how they are protected. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/keys/key_id.h"

namespace usher::inspect {

enum class MediaKind { kVideo, kAudio, kText, kOther };

// sinf with schm and tenc, or an entry of sgpd 'seig', which lacks `scheme`.
struct Protection {
  std::string scheme;  // "cenc", "cbcs", "cens", "cbc1"
  bool is_protected = false;
  uint8_t crypt_byte_block = 0;
  uint8_t skip_byte_block = 0;
  uint8_t iv_size = 0;  // per sample: 0, 8 or 16
  keys::KeyId kid;
  Bytes constant_iv;  // where iv_size is 0
};

// Which NAL units the samples are made of, if any.
enum class NalCodec { kNone, kH264, kHevc };

struct MediaTrack {
  uint32_t id = 0;
  MediaKind kind = MediaKind::kOther;
  uint32_t timescale = 0;
  std::string format;  // sample entry, without protection: "avc1"
  std::string codecs;  // RFC 6381; empty where we cannot tell
  uint32_t width = 0;  // of the sample entry
  uint32_t height = 0;
  uint32_t display_width = 0;  // of tkhd, after its matrix
  uint32_t display_height = 0;
  bool sideways = false;  // tkhd's matrix turns pictures by a quarter
  // colr: code points of H.273; 0: unsaid.
  uint16_t primaries = 0;
  uint16_t transfer = 0;
  uint16_t matrix = 0;
  uint32_t sample_rate = 0;
  uint32_t channels = 0;
  uint32_t coded_channels = 0;  // by the codec's configuration; 0: unsaid
  NalCodec nal_codec = NalCodec::kNone;
  uint8_t nal_length_size = 4;
  Bytes decoder_config;  // avcC, hvcC, esds: the box's body
  std::optional<Protection> protection;
  std::vector<Protection> groups;  // sgpd 'seig' of stbl
  bool encrypted_entry = false;    // encv, enca, enct
  int64_t edit_start = 0;    // media time at which the presentation begins
  bool has_samples = false;  // moov lists samples of its own
  bool has_trex = false;
  uint32_t default_duration = 0;  // trex
  uint32_t default_size = 0;
  uint32_t default_flags = 0;
};

struct Pssh {
  Bytes system_id;  // 16
  uint8_t version = 0;
  std::vector<keys::KeyId> kids;
  Bytes data;  // the system's own
  Bytes box;   // all of it
};

struct MediaHeader {
  std::vector<MediaTrack> tracks;
  std::vector<Pssh> pssh;
};

// Errors name what is wrong; `where` is empty.
Result<MediaHeader> ReadMediaHeader(ByteView data);
std::optional<Pssh> ReadPssh(ByteView box);

}  // namespace usher::inspect

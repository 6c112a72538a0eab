#include "packager/track/codec.h"

#include <array>
#include <cstddef>

namespace usher {
namespace {

struct Facts {
  const char* name;
  const char* short_name;
  CodecBoxes boxes;
};

// In the order of the enumeration.
constexpr std::array<Facts, 9> kFacts = {{
    {"H.264", "h264", {"avc1", "avcC"}},
    {"HEVC", "hevc", {"hvc1", "hvcC"}},
    {"VP9", "vp9", {"vp09", "vpcC"}},
    {"AV1", "av1", {"av01", "av1C"}},
    {"AAC", "aac", {"mp4a", "esds"}},
    {"AC-3", "ac3", {"ac-3", "dac3"}},
    {"E-AC-3", "eac3", {"ec-3", "dec3"}},
    {"Opus", "opus", {"Opus", "dOps"}},
    {"FLAC", "flac", {"fLaC", "dfLa"}},
}};

}  // namespace

const char* NameOf(Codec codec) {
  return kFacts[static_cast<size_t>(codec)].name;
}

const char* ShortNameOf(Codec codec) {
  return kFacts[static_cast<size_t>(codec)].short_name;
}

const CodecBoxes& BoxesOf(Codec codec) {
  return kFacts[static_cast<size_t>(codec)].boxes;
}

}  // namespace usher

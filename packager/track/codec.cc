#include "packager/track/codec.h"

#include <array>
#include <cstddef>

namespace usher {
namespace {

struct Facts {
  const char* name;
  CodecBoxes boxes;
};

// In the order of the enumeration.
constexpr std::array<Facts, 9> kFacts = {{
    {"H.264", {"avc1", "avcC"}},
    {"HEVC", {"hvc1", "hvcC"}},
    {"VP9", {"vp09", "vpcC"}},
    {"AV1", {"av01", "av1C"}},
    {"AAC", {"mp4a", "esds"}},
    {"AC-3", {"ac-3", "dac3"}},
    {"E-AC-3", {"ec-3", "dec3"}},
    {"Opus", {"Opus", "dOps"}},
    {"FLAC", {"fLaC", "dfLa"}},
}};

}  // namespace

const char* NameOf(Codec codec) {
  return kFacts[static_cast<size_t>(codec)].name;
}

const CodecBoxes& BoxesOf(Codec codec) {
  return kFacts[static_cast<size_t>(codec)].boxes;
}

}  // namespace usher

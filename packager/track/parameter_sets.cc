#include "packager/track/parameter_sets.h"

#include <algorithm>

#include "packager/track/avc_config.h"
#include "packager/track/hevc_config.h"

namespace usher {
namespace {

template <typename Config>
bool Holds(ByteView planned, ByteView read) {
  const auto holder = Config::FromRecord(planned);
  const auto held = Config::FromRecord(read);
  return holder && held &&
         std::ranges::all_of(held->ParameterSets(), [&](const Bytes& set) {
           return holder->FitOf(set) == SetFit::kHeld;
         });
}

}  // namespace

bool HoldsSetsOf(const Track& planned, const Track& read) {
  switch (read.codec) {
    case Codec::kH264:
      return Holds<AvcConfig>(planned.decoder_config, read.decoder_config);
    case Codec::kHevc:
      return Holds<HevcConfig>(planned.decoder_config, read.decoder_config);
    default:
      return planned.decoder_config == read.decoder_config;
  }
}

}  // namespace usher

#include "packager/encrypt/sample_mapper.h"

#include <utility>

#include "packager/encrypt/av1_mapper.h"
#include "packager/encrypt/nal_mapper.h"
#include "packager/encrypt/vp9_mapper.h"

namespace usher {
namespace {

auto Unreadable(const Track& track) {
  return BadInput("track " + track.name,
                  std::string("its ") + NameOf(track.codec) +
                      " decoder configuration cannot be read",
                  "remux or re-encode the input");
}

}  // namespace

Result<std::unique_ptr<SampleMapper>> MakeSampleMapper(Scheme scheme,
                                                       const Track& track) {
  switch (track.codec) {
    case Codec::kH264:
      if (auto config = h264::ParseDecoderConfig(track.decoder_config)) {
        return MakeNalMapper(scheme, *std::move(config));
      }
      return Unreadable(track);
    case Codec::kHevc:
      if (auto config = hevc::ParseDecoderConfig(track.decoder_config)) {
        return MakeNalMapper(scheme, *std::move(config));
      }
      return Unreadable(track);
    case Codec::kVp9:
      return MakeVp9Mapper(scheme);
    case Codec::kAv1:
      return MakeAv1Mapper(SequenceHeaderOf(track.decoder_config));
    default:
      return nullptr;
  }
}

}  // namespace usher

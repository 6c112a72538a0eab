#include "packager/input/ac3_stream.h"

#include "packager/input/container.h"

namespace usher {
namespace {

constexpr uint32_t kFrameSize = 1536;

}  // namespace

Result<std::unique_ptr<Stream>> Ac3Stream::Make(AVFormatContext& format,
                                                AVStream& stream) {
  const bool enhanced = stream.codecpar->codec_id == AV_CODEC_ID_EAC3;
  return std::unique_ptr<Stream>(
      new Ac3Stream(format, stream, enhanced ? Codec::kEac3 : Codec::kAc3));
}

// A damaged frame in front of the first whole one is passed over.
Status Ac3Stream::Prepare(const AVPacket& packet) {
  const auto config = Ac3Config::FromSample(PayloadOf(packet));
  if (!config) return {};
  track_.codec = config->enhanced ? Codec::kEac3 : Codec::kAc3;
  track_.codecs = config->enhanced ? "ec-3" : "ac-3";
  track_.decoder_config = config->box;
  track_.speaker_locations = config->locations;
  track_.objects = config->objects;
  SetFormat(config->sample_rate, config->channels);
  return {};
}

// Decoders follow other channels, but no other sample rate.
Result<std::optional<Packet>> Ac3Stream::Read(const AVPacket& source) {
  const auto told = Ac3Config::FromSample(PayloadOf(source));
  const auto same = IsOfFormat(told ? told->sample_rate : track_.sample_rate,
                               track_.sample_rate, source);
  if (!same) return std::unexpected(same.error());
  if (!*same) return std::nullopt;
  auto packet = PlacedAt(source, kFrameSize);
  if (packet && *packet) (*packet)->data = PayloadOf(source);
  return packet;
}

}  // namespace usher

#include "packager/input/opus_stream.h"

#include "packager/input/container.h"
#include "packager/track/opus_config.h"

namespace usher {

Result<std::unique_ptr<Stream>> OpusStream::Make(AVFormatContext& format,
                                                 AVStream& stream) {
  auto config = OpusConfig::FromHead(ExtradataOf(*stream.codecpar));
  if (!config) return std::unexpected(config.error());
  std::unique_ptr<OpusStream> made(
      new OpusStream(format, stream, Codec::kOpus));
  made->track_.codecs = "opus";
  made->track_.decoder_config = std::move(config->box);
  made->SetFormat(OpusConfig::kSampleRate, config->channels);
  return made;
}

Result<std::optional<Packet>> OpusStream::Read(const AVPacket& source) {
  const ByteView data = PayloadOf(source);
  const uint32_t samples = OpusDuration(data);
  if (samples == 0) return std::nullopt;  // damaged: a player hears nothing
  auto packet = PlacedAt(source, samples);
  if (packet && *packet) (*packet)->data = data;
  return packet;
}

}  // namespace usher

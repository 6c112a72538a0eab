#include "packager/input/flac_stream.h"

#include "packager/input/container.h"
#include "packager/track/flac_config.h"

namespace usher {
namespace {

// RFC 9639 9.1.1: 0 where the header does not tell.
uint32_t BlockSize(ByteView frame) {
  if (frame.size() < 5 || frame[0] != 0xff || (frame[1] & 0xfc) != 0xf8) {
    return 0;
  }
  const unsigned code = frame[2] >> 4;
  if (code == 1) return 192;
  if (code >= 2 && code <= 5) return 576U << (code - 2);
  if (code >= 8) return 256U << (code - 8);
  if (code == 0) return 0;
  // Behind the frame's number, which is coded as UTF-8 codes characters.
  size_t at = 5;
  for (uint8_t lead = frame[4]; (lead & 0xc0) == 0xc0; lead <<= 1) ++at;
  if (frame.size() < at + 2) return 0;
  return code == 6
             ? frame[at] + 1U
             : (static_cast<uint32_t>(frame[at]) << 8 | frame[at + 1]) + 1;
}

}  // namespace

Result<std::unique_ptr<Stream>> FlacStream::Make(AVFormatContext& format,
                                                 AVStream& stream) {
  auto config = FlacConfig::FromStreamInfo(ExtradataOf(*stream.codecpar));
  if (!config) return std::unexpected(config.error());
  std::unique_ptr<FlacStream> made(
      new FlacStream(format, stream, Codec::kFlac));
  made->track_.codecs = "fLaC";
  made->track_.decoder_config = std::move(config->box);
  made->block_size_ = config->block_size;
  made->SetFormat(config->sample_rate, config->channels);
  return made;
}

Result<std::optional<Packet>> FlacStream::Read(const AVPacket& source) {
  const ByteView data = PayloadOf(source);
  const uint32_t told = BlockSize(data);
  auto packet = PlacedAt(source, told != 0 ? told : block_size_);
  if (packet && *packet) (*packet)->data = data;
  return packet;
}

}  // namespace usher

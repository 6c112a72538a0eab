#include "packager/input/vp9_stream.h"

#include "packager/input/container.h"

namespace usher {
namespace {

// Of the first frame of a sample; it alone tells of key pictures.
std::optional<Vp9Header> FirstHeader(ByteView sample) {
  const auto frames = SplitSuperframe(sample);
  if (frames.empty()) return std::nullopt;
  Vp9HeaderReader reader;
  return reader.Read(frames.front());
}

}  // namespace

Result<std::unique_ptr<Stream>> Vp9Stream::Make(AVFormatContext& format,
                                                AVStream& stream) {
  if (auto size = CheckPictureSize(stream); !size) {
    return std::unexpected(size.error());
  }
  return std::unique_ptr<Stream>(new Vp9Stream(format, stream));
}

Vp9Stream::Vp9Stream(AVFormatContext& format, AVStream& stream)
    : VideoStream(format, stream, Codec::kVp9) {
  const AVCodecParameters& parameters = *stream.codecpar;
  colour_.primaries = static_cast<uint8_t>(parameters.color_primaries);
  colour_.transfer = static_cast<uint8_t>(parameters.color_trc);
  colour_.matrix = static_cast<uint8_t>(parameters.color_space);
}

Status Vp9Stream::Prepare(const AVPacket& packet) {
  const auto header = FirstHeader(PayloadOf(packet));
  if (!header || !header->key) return {};
  const double rate =
      track_.frame_rate_num == 0
          ? 0
          : static_cast<double>(track_.frame_rate_num) / track_.frame_rate_den;
  Vp9Config config = Vp9Config::From(
      *header, colour_, uint64_t{track_.width} * track_.height, rate);
  track_.codecs = std::move(config.codecs);
  track_.decoder_config = std::move(config.box);
  return {};
}

Result<std::optional<Packet>> Vp9Stream::Read(const AVPacket& source) {
  const auto time = TimeOf(source);
  if (!time) return std::unexpected(time.error());
  const ByteView data = PayloadOf(source);
  const auto header = FirstHeader(data);
  const bool key = header && header->key;
  decodable_ = decodable_ || key;
  if (!decodable_) {
    left_out_pictures_ = true;
    return std::nullopt;
  }
  if (!header) return std::unexpected(BrokenAt(*time, "has a damaged picture"));
  Packet packet = PlacedAt(*time, source);
  packet.key = key;
  packet.data = data;
  return packet;
}

}  // namespace usher

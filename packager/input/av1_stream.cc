#include "packager/input/av1_stream.h"

#include "packager/input/container.h"
#include "packager/track/av1_config.h"
#include "packager/track/obu.h"

namespace usher {
namespace {

bool IsWhole(ByteView temporal_unit) {
  Obus obus(temporal_unit);
  while (obus.Next()) {
  }
  return !obus.damaged();
}

}  // namespace

Result<std::unique_ptr<Stream>> Av1Stream::Make(AVFormatContext& format,
                                                AVStream& stream) {
  const ByteView config = ExtradataOf(*stream.codecpar);
  auto codecs = Av1Codecs(config);
  if (!codecs) return std::unexpected(codecs.error());
  if (auto size = CheckPictureSize(stream); !size) {
    return std::unexpected(size.error());
  }
  std::unique_ptr<Av1Stream> made(new Av1Stream(format, stream));
  made->track_.decoder_config.assign(config.begin(), config.end());
  made->track_.codecs = *std::move(codecs);
  return made;
}

Result<std::optional<Packet>> Av1Stream::Read(const AVPacket& source) {
  const auto time = TimeOf(source);
  if (!time) return std::unexpected(time.error());
  const ByteView data = PayloadOf(source);
  const bool whole = IsWhole(data);
  const bool key = whole && IsAv1KeySample(data);
  decodable_ = decodable_ || key;
  if (!decodable_) {
    left_out_pictures_ = true;
    return std::nullopt;
  }
  if (!whole) return std::unexpected(BrokenAt(*time, "has a damaged picture"));
  Packet packet = PlacedAt(*time, source);
  packet.key = key;
  packet.data = data;
  if (!IsTidyAv1Sample(data)) {
    rewritten_ = Av1Sample(data);
    packet.data = rewritten_;
  }
  return packet;
}

}  // namespace usher

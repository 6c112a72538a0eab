// AV1: temporal units as samples, without temporal delimiters.
#pragma once

#include <memory>

#include "packager/input/video_stream.h"

namespace usher {

class Av1Stream final : public VideoStream {
 public:
  static Result<std::unique_ptr<Stream>> Make(AVFormatContext& format,
                                              AVStream& stream);
  Result<std::optional<Packet>> Read(const AVPacket& packet) override;

 private:
  Av1Stream(AVFormatContext& format, AVStream& stream)
      : VideoStream(format, stream, Codec::kAv1) {}

  bool decodable_ = false;  // a key frame was seen
  Bytes rewritten_;
};

}  // namespace usher

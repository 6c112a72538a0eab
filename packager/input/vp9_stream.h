// VP9: the configuration is read from the first key picture.
#pragma once

#include <memory>

#include "packager/input/video_stream.h"
#include "packager/track/vp9_config.h"

namespace usher {

class Vp9Stream final : public VideoStream {
 public:
  static Result<std::unique_ptr<Stream>> Make(AVFormatContext& format,
                                              AVStream& stream);
  bool ready() const override { return !track_.decoder_config.empty(); }
  Status Prepare(const AVPacket& packet) override;
  Result<std::optional<Packet>> Read(const AVPacket& packet) override;

 private:
  Vp9Stream(AVFormatContext& format, AVStream& stream);

  Vp9Colour colour_;
  bool decodable_ = false;  // a key picture was seen
};

}  // namespace usher

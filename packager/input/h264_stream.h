// H.264: key pictures are IDR pictures.
#pragma once

#include <memory>

#include "packager/input/nal_stream.h"
#include "packager/track/avc_config.h"

namespace usher {

class H264Stream final : public NalStream {
 public:
  static Result<std::unique_ptr<Stream>> Make(AVFormatContext& format,
                                              AVStream& stream);
  Result<std::optional<Packet>> Read(const AVPacket& packet) override;

 private:
  H264Stream(AVFormatContext& format, AVStream& stream, AvcConfig config,
             bool annex_b);
  NalRole RoleOf(ByteView unit) const override;
  bool Holds(ByteView unit) const override { return config_.Holds(unit); }

  AvcConfig config_;
};

}  // namespace usher

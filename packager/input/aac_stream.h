// AAC: raw frames with an AudioSpecificConfig; ADTS headers are taken off.
#pragma once

#include <memory>

#include "packager/input/sound_stream.h"
#include "packager/track/aac_config.h"

namespace usher {

class AacStream final : public SoundStream {
 public:
  static Result<std::unique_ptr<Stream>> Make(AVFormatContext& format,
                                              AVStream& stream);
  bool ready() const override { return !track_.decoder_config.empty(); }
  Status Prepare(const AVPacket& packet) override;
  Result<std::optional<Packet>> Read(const AVPacket& packet) override;
  bool filters() const override { return !header_filter_ && exact_times(); }

 private:
  AacStream(AVFormatContext& format, AVStream& stream);
  Status Configure(ByteView decoder_config);
  // The packet without its ADTS header, in filtered_.
  Status TakeOffHeader(const AVPacket& packet);

  int profile_;  // as libavcodec found it: SBR may be signalled nowhere else
  int sample_rate_;
  int channels_;
  uint32_t adts_format_ = 0;  // of the frame that was configured from
  uint32_t frame_size_ = 1024;
  BitstreamFilterPtr header_filter_;  // null where there are no ADTS headers
  PacketPtr filtered_;
};

}  // namespace usher

// AC-3 and E-AC-3: the configuration is read from the first frame, whatever the
// container says.
#pragma once

#include <memory>

#include "packager/input/sound_stream.h"
#include "packager/track/ac3_config.h"

namespace usher {

class Ac3Stream final : public SoundStream {
 public:
  static Result<std::unique_ptr<Stream>> Make(AVFormatContext& format,
                                              AVStream& stream);
  bool ready() const override { return !track_.decoder_config.empty(); }
  Status Prepare(const AVPacket& packet) override;
  Result<std::optional<Packet>> Read(const AVPacket& packet) override;

 private:
  using SoundStream::SoundStream;
};

}  // namespace usher

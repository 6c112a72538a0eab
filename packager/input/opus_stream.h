// Opus: packets as they are, times at 48 kHz.
#pragma once

#include <memory>

#include "packager/input/sound_stream.h"

namespace usher {

class OpusStream final : public SoundStream {
 public:
  static Result<std::unique_ptr<Stream>> Make(AVFormatContext& format,
                                              AVStream& stream);
  Result<std::optional<Packet>> Read(const AVPacket& packet) override;

 private:
  using SoundStream::SoundStream;
};

}  // namespace usher

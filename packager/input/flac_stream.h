// FLAC: frames as they are.
#pragma once

#include <memory>

#include "packager/input/sound_stream.h"

namespace usher {

class FlacStream final : public SoundStream {
 public:
  static Result<std::unique_ptr<Stream>> Make(AVFormatContext& format,
                                              AVStream& stream);
  Result<std::optional<Packet>> Read(const AVPacket& packet) override;

 private:
  using SoundStream::SoundStream;

  uint32_t block_size_ = 0;
};

}  // namespace usher

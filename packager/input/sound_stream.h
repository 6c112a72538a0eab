// What all sound streams have in common: times counted in samples.
#pragma once

#include "packager/input/stream.h"
#include "packager/input/timestamps.h"

namespace usher {

// Re-encoding mends what is wrong with sound.
inline constexpr char kReencodeSound[] =
    "encode the sound again: ffmpeg -i IN -c:v copy -c:a aac OUT.mp4";

class SoundStream : public Stream {
 protected:
  SoundStream(AVFormatContext& format, AVStream& stream, Codec codec);

  // Once the format is known; `counted_rate` is that of times.
  void SetFormat(uint32_t sample_rate, uint32_t channels);
  // The packet without data, `samples` long; nothing where it overlaps what
  // came before. MP4's own times and durations are taken as they are.
  Result<std::optional<Packet>> PlacedAt(const AVPacket& source,
                                         uint32_t samples);
  Result<int64_t> TimeOf(const AVPacket& packet) const;
  bool exact_times() const { return exact_times_; }

 private:
  AVRational time_base_;
  bool exact_times_;
  SampleCounter counter_;
};

}  // namespace usher

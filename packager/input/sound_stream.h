// What all sound streams have in common: times counted in samples.
#pragma once

#include "packager/input/stream.h"
#include "packager/input/timestamps.h"

namespace usher {

// Re-encoding mends what is wrong with sound.
inline constexpr char kReencodeSound[] =
    "encode the sound again: ffmpeg -i IN -c:v copy -c:a aac OUT.mp4";

class SoundStream : public Stream {
 public:
  bool changed() const override { return changed_; }

 protected:
  SoundStream(AVFormatContext& format, AVStream& stream, Codec codec);

  // Once the format is known; `counted_rate` is that of times.
  void SetFormat(uint32_t sample_rate, uint32_t channels);
  // The packet without data, `samples` long; nothing where it overlaps what
  // came before. MP4's own times and durations are taken as they are.
  Result<std::optional<Packet>> PlacedAt(const AVPacket& source,
                                         uint32_t samples);
  Result<int64_t> TimeOf(const AVPacket& packet) const;
  // Whether a frame that says it is of the format `told` is of the
  // `configured` one. False where it is not: it is to be left out, for once
  // that may be damage. Fails where the next one says the same.
  Result<bool> IsOfFormat(uint32_t told, uint32_t configured,
                          const AVPacket& frame);
  // No decoder could follow.
  Error FormatChangedAt(const AVPacket& frame);
  bool exact_times() const { return exact_times_; }

 private:
  AVRational time_base_;
  bool exact_times_;
  SampleCounter counter_;
  std::optional<uint32_t> strange_format_;  // of the last frame
  bool changed_ = false;
};

}  // namespace usher

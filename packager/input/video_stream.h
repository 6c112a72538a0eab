// What all video streams have in common: times, picture size, frame rate.
#pragma once

#include <string>

#include "packager/input/stream.h"
#include "packager/input/timestamps.h"

namespace usher {

class VideoStream : public Stream {
 public:
  void Restart() override { grid_.Restart(); }

 protected:
  VideoStream(AVFormatContext& format, AVStream& stream, Codec codec);

  Result<int64_t> TimeOf(const AVPacket& packet) const;
  // The packet at `time`, without data and without what the codec tells.
  Packet PlacedAt(int64_t time, const AVPacket& source);
  bool exact_times() const { return exact_times_; }
  Error BrokenAt(int64_t time, const char* what) const;

 private:
  bool exact_times_;
  AVRational time_base_;
  FrameGrid grid_;
};

// For how long the decoder of a track with a timescale and frame rate holds
// `pictures` back to reorder them.
uint32_t DecodeDelay(int pictures, const Track& track);

// Fails (BadInput) where the pictures' size is not known.
Status CheckPictureSize(const AVStream& stream);

}  // namespace usher

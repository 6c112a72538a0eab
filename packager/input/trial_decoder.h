// Whether a decoder takes what is going out: libavcodec's, as strict as those
// of browsers, for which the first frame they cannot decode is the end. Not
// thread-safe.
#pragma once

#include <memory>

#include "packager/input/av_handles.h"
#include "packager/track/track.h"

namespace usher {

struct FreeCodecContext {
  void operator()(AVCodecContext* context) const {
    avcodec_free_context(&context);
  }
};
struct FreeFrame {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};

class TrialDecoder {
 public:
  // Of samples as they go out. Null where libavcodec has none for the codec,
  // or it does not take the configuration.
  static std::unique_ptr<TrialDecoder> Make(const Track& track);

  // False also where the sound becomes another than that of the track, which
  // players do not survive in the middle, either.
  bool Takes(const AVPacket& sample);
  // What comes next refers to nothing before.
  void Restart() { avcodec_flush_buffers(context_.get()); }

 private:
  TrialDecoder(AVCodecContext* context, const Track& track);
  bool IsOfTrack() const;

  std::unique_ptr<AVCodecContext, FreeCodecContext> context_;
  std::unique_ptr<AVFrame, FreeFrame> frame_;
  int sample_rate_ = 0;  // of the first sound; 0: not known
  int channels_ = 0;
};

// A copy, with the room behind it that libavcodec asks for. Null where there is
// no memory.
PacketPtr CopyForDecoder(ByteView sample);

}  // namespace usher

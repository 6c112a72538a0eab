// One subtitle stream of an input file: turns libav packets into cues.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "packager/input/av_handles.h"
#include "packager/text/cue.h"

namespace usher {

// Whether a stream is of subtitles at all, text or not.
bool IsSubtitle(const AVStream& stream);

struct FreeCodecContext {
  void operator()(AVCodecContext* context) const {
    avcodec_free_context(&context);
  }
};
using CodecContextPtr = std::unique_ptr<AVCodecContext, FreeCodecContext>;

class TextStream {
 public:
  // Null where the stream holds no text that can be carried over.
  static std::unique_ptr<TextStream> Make(const AVStream& stream);
  // Adds what the packet says; one that says nothing, or is damaged, adds none.
  void Read(const AVPacket& packet, std::vector<text::Cue>& cues);
  // Adds what was still shown when the last packet was read.
  void Finish(std::vector<text::Cue>& cues);

 private:
  enum class Format { kSubRip, kWebVtt, kAss, kTx3g, kWvtt };

  TextStream(const AVStream& stream, Format format);
  void ReadWvtt(const AVPacket& packet, const text::Cue& times,
                std::vector<text::Cue>& cues);
  // The ASS event libavcodec makes of a tx3g sample.
  std::string DecodeTx3g(const AVPacket& packet);

  Format format_;
  AVRational time_base_;
  CodecContextPtr decoder_;         // tx3g only
  std::vector<text::Cue> showing_;  // wvtt only: may go on in the next sample
};

}  // namespace usher

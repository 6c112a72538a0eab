// H.264: access units as length-prefixed NAL units, parameter sets out of band.
#pragma once

#include <memory>

#include "packager/input/stream.h"
#include "packager/input/timestamps.h"
#include "packager/track/avc_config.h"
#include "packager/track/nal_units.h"

namespace usher {

class H264Stream final : public Stream {
 public:
  static Result<std::unique_ptr<Stream>> Make(AVFormatContext& format,
                                              AVStream& stream);
  Result<std::optional<Packet>> Read(const AVPacket& packet) override;

 private:
  // What a walk over the NAL units of one access unit finds.
  struct Contents {
    bool picture = false;
    bool idr = false;
    bool parameter_sets = false;
  };

  H264Stream(AVFormatContext& format, AVStream& stream, AvcConfig config,
             bool annex_b);
  Result<Contents> Inspect(ByteView data, int64_t time) const;
  NalUnits Units(ByteView data) const;
  ByteView WithoutParameterSets(ByteView data);
  Error BrokenAt(int64_t time, const char* what) const;

  AvcConfig config_;
  bool annex_b_;
  bool exact_times_;
  AVRational time_base_;
  FrameGrid grid_;
  bool decodable_ = false;  // an IDR picture was seen
  Bytes rewritten_;
};

}  // namespace usher

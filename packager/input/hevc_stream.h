// HEVC: key pictures are IDR, CRA and BLA pictures. Parameter sets that only
// the samples bring (hev1, MPEG-TS) move into the decoder configuration.
#pragma once

#include <memory>

#include "packager/input/nal_stream.h"
#include "packager/track/hevc_config.h"

namespace usher {

class HevcStream final : public NalStream {
 public:
  static Result<std::unique_ptr<Stream>> Make(AVFormatContext& format,
                                              AVStream& stream);
  bool ready() const override { return config_.complete(); }
  Status Prepare(const AVPacket& packet) override;

 private:
  HevcStream(AVFormatContext& format, AVStream& stream, HevcConfig config,
             bool annex_b);
  NalRole RoleOf(ByteView unit) const override;
  SetFit FitOf(ByteView unit) const override { return config_.FitOf(unit); }
  Status TakeSets(const std::vector<ByteView>& sets) override;
  Result<bool> TakeRecord(ByteView extradata) override;
  std::vector<Bytes> ParameterSets() const override {
    return config_.ParameterSets();
  }
  void UseConfig();

  HevcConfig config_;
};

}  // namespace usher

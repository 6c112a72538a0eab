// H.264: key pictures are IDR pictures.
#pragma once

#include <memory>

#include "packager/input/nal_stream.h"
#include "packager/track/avc_config.h"

namespace usher {

class H264Stream final : public NalStream {
 public:
  static Result<std::unique_ptr<Stream>> Make(AVFormatContext& format,
                                              AVStream& stream);

 private:
  H264Stream(AVFormatContext& format, AVStream& stream, AvcConfig config,
             bool annex_b);
  NalRole RoleOf(ByteView unit) const override;
  SetFit FitOf(ByteView unit) const override { return config_.FitOf(unit); }
  Status TakeSets(const std::vector<ByteView>& sets) override;
  Result<bool> TakeRecord(ByteView extradata) override;
  std::vector<Bytes> ParameterSets() const override {
    return config_.ParameterSets();
  }
  void UseConfig();

  AvcConfig config_;
};

}  // namespace usher

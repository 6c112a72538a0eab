#include "packager/input/h264_stream.h"

#include "packager/input/container.h"

namespace usher {
namespace {

bool IsAnnexB(ByteView extradata) {
  return extradata.empty() || extradata[0] != 1;
}

Result<AvcConfig> ReadConfig(ByteView extradata) {
  return IsAnnexB(extradata) ? AvcConfig::FromAnnexB(extradata)
                             : AvcConfig::FromRecord(extradata);
}

}  // namespace

Result<std::unique_ptr<Stream>> H264Stream::Make(AVFormatContext& format,
                                                 AVStream& stream) {
  const ByteView extradata = ExtradataOf(*stream.codecpar);
  if (extradata.empty()) {
    return BadInput({}, "have no key frame (IDR picture) to start from",
                    "encode them again: ffmpeg -i IN -c:v libx264 -c:a copy "
                    "OUT.mp4");
  }
  auto config = ReadConfig(extradata);
  if (!config) return std::unexpected(config.error());
  if (auto size = CheckPictureSize(stream); !size) {
    return std::unexpected(size.error());
  }
  return std::unique_ptr<Stream>(
      new H264Stream(format, stream, *std::move(config), IsAnnexB(extradata)));
}

H264Stream::H264Stream(AVFormatContext& format, AVStream& stream,
                       AvcConfig config, bool annex_b)
    : NalStream(format, stream, Codec::kH264, annex_b),
      config_(std::move(config)) {
  UseConfig();
}

void H264Stream::UseConfig() {
  SetConfig(config_.record(), config_.Codecs(), config_.length_size());
}

Status H264Stream::TakeSets(const std::vector<ByteView>& sets) {
  auto config = config_.With(sets);
  if (!config) return std::unexpected(config.error());
  config_ = *std::move(config);
  UseConfig();
  return {};
}

Result<bool> H264Stream::TakeRecord(ByteView extradata) {
  auto config = ReadConfig(extradata);
  if (!config) return std::unexpected(config.error());
  if (config->record() == config_.record()) return false;
  config_ = *std::move(config);
  UseConfig();
  return true;
}

NalRole H264Stream::RoleOf(ByteView unit) const {
  switch (const NalType type = NalTypeOf(unit)) {
    case NalType::kSequenceParameterSet:
    case NalType::kPictureParameterSet:
    case NalType::kSequenceParameterSetExtension:
      return NalRole::kParameterSet;
    case NalType::kIdrSlice:
      return NalRole::kKeyPicture;
    default:
      // Slices and slice data partitions (ITU-T H.264 table 7-1).
      return type >= NalType::kSlice && type < NalType::kIdrSlice
                 ? NalRole::kPicture
                 : NalRole::kOther;
  }
}

}  // namespace usher

#include "packager/input/hevc_stream.h"

#include "packager/input/container.h"

namespace usher {
namespace {

// hvcC begins with its version, Annex B with zeros.
bool IsAnnexB(ByteView extradata) {
  return extradata.empty() || extradata[0] != 1;
}

Result<HevcConfig> ReadConfig(ByteView extradata) {
  return IsAnnexB(extradata) ? HevcConfig::FromAnnexB(extradata)
                             : HevcConfig::FromRecord(extradata);
}

}  // namespace

Result<std::unique_ptr<Stream>> HevcStream::Make(AVFormatContext& format,
                                                 AVStream& stream) {
  const ByteView extradata = ExtradataOf(*stream.codecpar);
  if (extradata.empty()) {
    return BadInput({}, "have no key frame to start from",
                    "encode them again: ffmpeg -i IN -c:v libx265 -tag:v hvc1 "
                    "-c:a copy OUT.mp4");
  }
  auto config = ReadConfig(extradata);
  if (!config) return std::unexpected(config.error());
  if (auto size = CheckPictureSize(stream); !size) {
    return std::unexpected(size.error());
  }
  return std::unique_ptr<Stream>(
      new HevcStream(format, stream, *std::move(config), IsAnnexB(extradata)));
}

HevcStream::HevcStream(AVFormatContext& format, AVStream& stream,
                       HevcConfig config, bool annex_b)
    : NalStream(format, stream, Codec::kHevc, annex_b),
      config_(std::move(config)) {
  SetConfig({}, {}, config_.length_size());
  UseConfig();
}

void HevcStream::UseConfig() {
  if (!config_.complete()) return;
  SetConfig(config_.record(), config_.Codecs(), config_.length_size());
}

Status HevcStream::Prepare(const AVPacket& packet) {
  std::vector<ByteView> sets;
  NalUnits units = Units(PayloadOf(packet));
  while (const auto unit = units.Next()) {
    if (RoleOf(*unit) == NalRole::kParameterSet) sets.push_back(*unit);
  }
  auto config = config_.With(sets);
  if (!config) return std::unexpected(config.error());
  config_ = *std::move(config);
  UseConfig();
  return {};
}

Status HevcStream::TakeSets(const std::vector<ByteView>& sets) {
  auto config = config_.ReplacedBy(sets);
  if (!config) return std::unexpected(config.error());
  config_ = *std::move(config);
  UseConfig();
  return {};
}

// Sets may be in the samples alone (hev1): those are found there.
Result<bool> HevcStream::TakeRecord(ByteView extradata) {
  auto config = ReadConfig(extradata);
  if (!config) return std::unexpected(config.error());
  if (!config->complete() || config->record() == config_.record()) return false;
  config_ = *std::move(config);
  UseConfig();
  return true;
}

NalRole HevcStream::RoleOf(ByteView unit) const {
  constexpr auto kFirstNonPicture = HevcNalType::kVideoParameterSet;
  switch (const HevcNalType type = HevcNalTypeOf(unit)) {
    case HevcNalType::kVideoParameterSet:
    case HevcNalType::kSequenceParameterSet:
    case HevcNalType::kPictureParameterSet:
      return NalRole::kParameterSet;
    case HevcNalType::kIdrAlone:
    case HevcNalType::kBlaAlone:
      return NalRole::kKeyPicture;
    case HevcNalType::kIdrWithRadl:
    case HevcNalType::kBlaWithRadl:
      return NalRole::kLeadingKeyPicture;
    case HevcNalType::kBlaWithLeading:
    case HevcNalType::kCra:
      return NalRole::kOpenKeyPicture;
    case HevcNalType::kRaslN:
    case HevcNalType::kRaslR:
      return NalRole::kRefersBack;
    default:
      return type < kFirstNonPicture ? NalRole::kPicture : NalRole::kOther;
  }
}

}  // namespace usher

#include "packager/input/h264_stream.h"

#include <algorithm>

#include "core/base/byte_writer.h"
#include "packager/input/container.h"
#include "packager/track/media_time.h"

namespace usher {
namespace {

constexpr uint32_t kVideoTimescale = 90000;

bool IsAnnexB(ByteView extradata) {
  return extradata.empty() || extradata[0] != 1;
}

Result<AvcConfig> ReadConfig(ByteView extradata) {
  return IsAnnexB(extradata) ? AvcConfig::FromAnnexB(extradata)
                             : AvcConfig::FromRecord(extradata);
}

bool IsParameterSet(NalType type) {
  return type == NalType::kSequenceParameterSet ||
         type == NalType::kPictureParameterSet ||
         type == NalType::kSequenceParameterSetExtension;
}

// Slices and slice data partitions (ITU-T H.264 table 7-1).
bool IsPicture(NalType type) {
  return type >= NalType::kSlice && type <= NalType::kIdrSlice;
}

// The time of the pictures the decoder holds back to reorder them.
uint32_t DecodeDelay(int pictures, const Track& track) {
  constexpr int kMaxReorder = 16;  // ITU-T H.264 A.3.1, max_dec_frame_buffering
  constexpr uint64_t kUsualRate = 25;
  const bool known = track.frame_rate_num != 0;
  const uint64_t rate = known ? track.frame_rate_num : kUsualRate;
  const uint64_t ticks = uint64_t{track.timescale} * track.frame_rate_den;
  const uint64_t picture = (ticks + rate - 1) / rate;
  return static_cast<uint32_t>(std::clamp(pictures, 0, kMaxReorder) * picture);
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
  if (stream.codecpar->width <= 0 || stream.codecpar->height <= 0) {
    return BadInput({}, "has pictures of unknown size", "encode it again");
  }
  return std::unique_ptr<Stream>(
      new H264Stream(format, stream, *std::move(config), IsAnnexB(extradata)));
}

H264Stream::H264Stream(AVFormatContext& format, AVStream& stream,
                       AvcConfig config, bool annex_b)
    : config_(std::move(config)),
      annex_b_(annex_b),
      exact_times_(HasExactTimes(format)),
      time_base_(stream.time_base),
      grid_(ExactFrameRate(av_guess_frame_rate(&format, &stream, nullptr)),
            kVideoTimescale, stream.time_base) {
  const AVCodecParameters& parameters = *stream.codecpar;
  track_.kind = TrackKind::kVideo;
  track_.codec = Codec::kH264;
  track_.language = LanguageOf(stream);
  track_.timescale =
      exact_times_ ? static_cast<uint32_t>(time_base_.den) : kVideoTimescale;
  track_.decoder_config = config_.record();
  track_.codecs = config_.Codecs();
  track_.width = static_cast<uint32_t>(parameters.width);
  track_.height = static_cast<uint32_t>(parameters.height);
  const AVRational pixel =
      av_guess_sample_aspect_ratio(&format, &stream, nullptr);
  if (pixel.num > 0 && pixel.den > 0) {
    track_.sar_num = static_cast<uint32_t>(pixel.num);
    track_.sar_den = static_cast<uint32_t>(pixel.den);
  }
  const AVRational rate =
      ExactFrameRate(av_guess_frame_rate(&format, &stream, nullptr));
  track_.frame_rate_num = static_cast<uint32_t>(rate.num);
  track_.frame_rate_den = static_cast<uint32_t>(rate.den);
  track_.decode_delay = DecodeDelay(parameters.video_delay, track_);
}

Result<std::optional<Packet>> H264Stream::Read(const AVPacket& source) {
  const auto time = PresentationTime(source, time_base_, track_.timescale);
  if (!time) return std::unexpected(time.error());
  if (ChangesConfiguration(source, config_.record())) {
    return std::unexpected(BrokenAt(*time, "changes its parameter sets"));
  }
  const ByteView data = PayloadOf(source);
  const auto contents = Inspect(data, *time);
  if (!contents) return std::unexpected(contents.error());
  if (!contents->picture) return std::nullopt;
  decodable_ |= contents->idr;
  if (!decodable_) {
    left_out_pictures_ = true;
    return std::nullopt;
  }

  Packet packet;
  packet.time = exact_times_ ? *time : grid_.Snap(*time);
  packet.duration = DurationOf(source, time_base_, track_.timescale);
  packet.key = contents->idr;
  packet.presented = !exact_times_ || packet.time >= 0;
  packet.data =
      annex_b_ || contents->parameter_sets ? WithoutParameterSets(data) : data;
  return packet;
}

Result<H264Stream::Contents> H264Stream::Inspect(ByteView data,
                                                 int64_t time) const {
  Contents contents;
  NalUnits units = Units(data);
  while (const auto unit = units.Next()) {
    const NalType type = NalTypeOf(*unit);
    contents.picture |= IsPicture(type);
    contents.idr |= type == NalType::kIdrSlice;
    if (!IsParameterSet(type)) continue;
    contents.parameter_sets = true;
    if (!config_.Holds(*unit)) {
      return std::unexpected(BrokenAt(time, "changes its parameter sets"));
    }
  }
  if (units.damaged()) {
    return std::unexpected(BrokenAt(time, "has a damaged picture"));
  }
  return contents;
}

NalUnits H264Stream::Units(ByteView data) const {
  return annex_b_ ? NalUnits::AnnexB(data)
                  : NalUnits::LengthPrefixed(data, config_.length_size());
}

ByteView H264Stream::WithoutParameterSets(ByteView data) {
  rewritten_.clear();
  ByteWriter out(rewritten_);
  NalUnits units = Units(data);
  while (const auto unit = units.Next()) {
    if (IsParameterSet(NalTypeOf(*unit))) continue;
    for (int byte = config_.length_size() - 1; byte >= 0; --byte) {
      out.U8(static_cast<uint8_t>(unit->size() >> (8 * byte)));
    }
    out.Append(*unit);
  }
  return rewritten_;
}

Error H264Stream::BrokenAt(int64_t time, const char* what) const {
  return {ErrorKind::kBadInput,
          {},
          std::string(what) + " at " + FormatSeconds({time, track_.timescale}),
          "encode the film in one piece: ffmpeg -i IN -c:v libx264 -c:a copy "
          "OUT.mp4"};
}

}  // namespace usher

#include "packager/input/video_stream.h"

#include <algorithm>

#include "packager/input/container.h"
#include "packager/input/picture_signals.h"
#include "packager/track/media_time.h"

namespace usher {
namespace {

constexpr uint32_t kVideoTimescale = 90000;

}  // namespace

VideoStream::VideoStream(AVFormatContext& format, AVStream& stream, Codec codec)
    : exact_times_(HasExactTimes(format)),
      time_base_(stream.time_base),
      grid_(ExactFrameRate(av_guess_frame_rate(&format, &stream, nullptr)),
            kVideoTimescale, stream.time_base) {
  const AVCodecParameters& parameters = *stream.codecpar;
  track_.kind = TrackKind::kVideo;
  track_.codec = codec;
  track_.language = LanguageOf(stream);
  track_.timescale =
      exact_times_ ? static_cast<uint32_t>(time_base_.den) : kVideoTimescale;
  track_.width = static_cast<uint32_t>(parameters.width);
  track_.height = static_cast<uint32_t>(parameters.height);
  const AVRational pixel =
      av_guess_sample_aspect_ratio(&format, &stream, nullptr);
  if (pixel.num > 0 && pixel.den > 0) {
    track_.sar_num = static_cast<uint32_t>(pixel.num);
    track_.sar_den = static_cast<uint32_t>(pixel.den);
  }
  DescribePicture(stream, track_);
  const AVRational rate =
      ExactFrameRate(av_guess_frame_rate(&format, &stream, nullptr));
  track_.frame_rate_num = static_cast<uint32_t>(rate.num);
  track_.frame_rate_den = static_cast<uint32_t>(rate.den);
  track_.decode_delay = DecodeDelay(parameters.video_delay, track_);
}

Result<int64_t> VideoStream::TimeOf(const AVPacket& packet) const {
  return PresentationTime(packet, time_base_, track_.timescale);
}

Packet VideoStream::PlacedAt(int64_t time, const AVPacket& source) {
  Packet packet;
  packet.time = exact_times_ || keeps_times_ ? time : grid_.Snap(time);
  packet.duration = DurationOf(source, time_base_, track_.timescale);
  packet.presented = !exact_times_ || packet.time >= 0;
  return packet;
}

Error VideoStream::BrokenAt(int64_t time, const char* what) const {
  return {ErrorKind::kBadInput,
          {},
          std::string(what) + " at " + FormatSeconds({time, track_.timescale}),
          "encode the film in one piece: ffmpeg -i IN -c:v libx264 -c:a copy "
          "OUT.mp4"};
}

uint32_t DecodeDelay(int pictures, const Track& track) {
  constexpr int kMaxReorder = 16;  // ITU-T H.264 A.3.1, H.265 A.4.2
  constexpr uint64_t kUsualRate = 25;
  const bool known = track.frame_rate_num != 0;
  const uint64_t rate = known ? track.frame_rate_num : kUsualRate;
  const uint64_t ticks = uint64_t{track.timescale} * track.frame_rate_den;
  const uint64_t picture = (ticks + rate - 1) / rate;
  return static_cast<uint32_t>(std::clamp(pictures, 0, kMaxReorder) * picture);
}

Status CheckPictureSize(const AVStream& stream) {
  if (stream.codecpar->width > 0 && stream.codecpar->height > 0) return {};
  return BadInput({}, "has pictures of unknown size", "encode it again");
}

}  // namespace usher

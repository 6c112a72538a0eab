#include "packager/input/timestamps.h"

#include <cmath>
#include <cstdlib>

namespace usher {
namespace {

// A time since 1970 fits; whatever lies beyond is damage, and would overflow
// later on.
constexpr int64_t kMaxSeconds = 4'000'000'000;

}  // namespace

Result<int64_t> PresentationTime(const AVPacket& packet, AVRational time_base,
                                 uint32_t timescale) {
  const int64_t time = packet.pts == AV_NOPTS_VALUE ? packet.dts : packet.pts;
  if (time == AV_NOPTS_VALUE) {
    return BadInput(
        {}, "has a frame without a timestamp",
        "re-mux the film: ffmpeg -fflags +genpts -i IN -c copy OUT.mp4");
  }
  if (std::abs(av_q2d(time_base) * static_cast<double>(time)) > kMaxSeconds) {
    return BadInput({}, "has an impossible timestamp",
                    "re-mux the film: ffmpeg -i IN -c copy OUT.mp4");
  }
  return av_rescale_q(time, time_base, {1, static_cast<int>(timescale)});
}

FrameGrid::FrameGrid(AVRational frame_rate, uint32_t timescale,
                     AVRational time_base)
    : frame_rate_(frame_rate),
      timescale_(timescale),
      tolerance_(
          static_cast<int64_t>(std::ceil(av_q2d(time_base) * timescale))) {}

int64_t FrameGrid::Snap(int64_t time) {
  if (frame_rate_.num == 0) return time;
  if (!base_) base_ = time;
  const AVRational tick = {1, static_cast<int>(timescale_)};
  const AVRational frame = av_inv_q(frame_rate_);
  const int64_t number = av_rescale_q(time - *base_, tick, frame);
  const int64_t on_grid = *base_ + av_rescale_q(number, frame, tick);
  return std::abs(on_grid - time) <= tolerance_ ? on_grid : time;
}

std::optional<int64_t> SampleCounter::Next(int64_t time, int64_t size) {
  if (!expected_ || time - *expected_ > size / 2) expected_ = time;
  if (*expected_ - time > size / 2) return std::nullopt;
  const int64_t counted = *expected_;
  *expected_ += size;
  return counted;
}

AVRational ExactFrameRate(AVRational rate) {
  if (rate.num <= 0 || rate.den <= 0) return {0, 1};
  constexpr double kRounding = 2e-4;
  const double value = av_q2d(rate);
  const int whole = static_cast<int>(std::lround(value));
  for (const AVRational usual :
       {AVRational{whole, 1}, AVRational{whole * 1000, 1001}}) {
    if (whole > 0 && std::abs(av_q2d(usual) / value - 1) < kRounding) {
      return usual;
    }
  }
  AVRational reduced;
  av_reduce(&reduced.num, &reduced.den, rate.num, rate.den, 1'000'000);
  return reduced;
}

}  // namespace usher

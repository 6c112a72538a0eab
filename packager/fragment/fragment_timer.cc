#include "packager/fragment/fragment_timer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "packager/track/media_time.h"

namespace usher {
namespace {

int64_t FrameDuration(const Track& track) {
  if (track.frame_rate_num == 0) return 1;
  return static_cast<int64_t>(track.timescale) * track.frame_rate_den /
         track.frame_rate_num;
}

}  // namespace

FragmentTimer::FragmentTimer(const Track& track)
    : name_(track.name),
      kind_(track.kind),
      timescale_(track.timescale),
      decode_delay_(track.decode_delay),
      presentation_start_(static_cast<int64_t>(track.presentation_time_offset)),
      default_duration_(std::max<int64_t>(1, FrameDuration(track))) {}

Status FragmentTimer::Time(const Place& place, std::span<TimedSample> samples,
                           Fragment& fragment) const {
  if (place.number == 1 && kind_ == TrackKind::kVideo) SqueezePreroll(samples);
  std::vector<int64_t> shown;
  shown.reserve(samples.size());
  for (const TimedSample& sample : samples) shown.push_back(sample.time);
  std::ranges::sort(shown);
  return Time(place, samples, shown, fragment);
}

Status FragmentTimer::Time(const Place& place,
                           std::span<const TimedSample> samples,
                           std::span<const int64_t> shown,
                           Fragment& fragment) const {
  if (shown.front() < std::max(place.begin, decode_delay_) ||
      shown.back() >= place.end) {
    return Refuse(place.end, "has times that go back around", kRemux);
  }
  fragment.number = place.number;
  fragment.decode_time = static_cast<uint64_t>(shown.front() - decode_delay_);
  fragment.samples.clear();
  fragment.samples.reserve(samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    const int64_t next = i + 1 < shown.size() ? shown[i + 1] : place.end;
    const int64_t duration = next - shown[i];
    const int64_t offset = samples[i].time - shown[i] + decode_delay_;
    if (!std::in_range<uint32_t>(duration) || !std::in_range<int32_t>(offset)) {
      return Refuse(samples[i].time, "has an impossible time at", kRemux);
    }
    fragment.samples.push_back({samples[i].size,
                                static_cast<uint32_t>(duration),
                                static_cast<int32_t>(offset), samples[i].key});
  }
  return {};
}

// Pictures in front of an edit's start have to be decoded and must not be
// seen. Without an edit list in the output, one tick each hides them.
void FragmentTimer::SqueezePreroll(std::span<TimedSample> samples) const {
  std::vector<int64_t> hidden;
  for (const TimedSample& sample : samples) {
    if (sample.time < presentation_start_) hidden.push_back(sample.time);
  }
  std::ranges::sort(hidden);
  for (TimedSample& sample : samples) {
    if (sample.time >= presentation_start_) continue;
    const auto at_or_after =
        hidden.end() - std::ranges::lower_bound(hidden, sample.time);
    sample.time = presentation_start_ - at_or_after;
  }
}

int64_t FragmentTimer::EndOf(std::span<const TimedSample> samples) const {
  const TimedSample& last =
      *std::ranges::max_element(samples, {}, &TimedSample::time);
  if (last.duration > 0) return last.time + last.duration;
  int64_t before = last.time - default_duration_;
  for (const TimedSample& sample : samples) {
    if (sample.time < last.time) before = std::max(before, sample.time);
  }
  return last.time + (last.time - before);
}

std::unexpected<Error> FragmentTimer::Refuse(int64_t time, std::string what,
                                             std::string mend) const {
  const MediaTime presented{time - presentation_start_, timescale_};
  return BadInput(name_, std::move(what) + " " + FormatSeconds(presented),
                  std::move(mend));
}

}  // namespace usher

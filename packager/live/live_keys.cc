#include "packager/live/live_keys.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "packager/live/key_copies.h"

namespace usher::live {

using std::chrono::system_clock;

LiveKeys::LiveKeys(const config::LiveOptions& options, RandomSource& random,
                   Log log)
    : options_(options),
      random_(random),
      log_(std::move(log)),
      schedule_(options.package.keys.rotation) {}

Status LiveKeys::Begin(const std::vector<Track>& tracks) {
  auto groups = GroupByKey(tracks, options_.package.keys);
  if (!groups) return std::unexpected(groups.error());
  groups_ = *std::move(groups);
  if (auto made = Make(0); !made) return made;
  if (auto delivered = Deliver(keys_.back()); !delivered) return delivered;
  schedule_.BeginsPeriod(0);
  const Track& first = tracks.front();
  Adopt(1, {static_cast<int64_t>(first.presentation_time_offset),
            first.timescale});
  return {};
}

Status LiveKeys::Restore(const std::vector<Track>& tracks,
                         std::span<const CryptoPeriodState> periods) {
  auto groups = GroupByKey(tracks, options_.package.keys);
  if (!groups) return std::unexpected(groups.error());
  groups_ = *std::move(groups);
  const double begin = periods.front().at.Seconds();
  for (const CryptoPeriodState& period : periods) {
    const std::vector<CryptoPeriod> one(1);
    auto restored = PackageKeys::Restore(options_.package, groups_, one,
                                         period.kids, random_);
    if (!restored) return std::unexpected(restored.error());
    keys_.push_back(*std::move(restored));
    periods_.push_back(period);
    schedule_.BeginsPeriod(period.at.Seconds() - begin);
  }
  return Deliver(keys_.back());
}

Status LiveKeys::Make(uint64_t from) {
  std::vector<CryptoPeriod> one(1);
  one.front().keys_from = from;
  auto made = PackageKeys::Provide(options_.package, groups_, one, random_);
  if (!made) return std::unexpected(made.error());
  keys_.push_back(*std::move(made));
  return {};
}

Status LiveKeys::Deliver(const PackageKeys& keys) const {
  for (size_t i = 0; i < options_.package.schemes.size(); ++i) {
    if (auto copied = CopyKeys(options_, keys.Kids(i)); !copied) return copied;
  }
  return {};
}

bool LiveKeys::BeginsPeriod(const Segment& segment,
                            system_clock::time_point began) {
  if (options_.package.keys.rotation <= 0) return false;
  due_ = schedule_.BeginsPeriod(segment.start) || due_;
  Prepare(segment, began);
  if (!due_ || !delivered_) return false;
  due_ = false;
  delivered_ = false;
  problem_.reset();
  if (std::exchange(told_, false)) log_("the key changes again");
  Adopt(segment.number, segment.at);
  return true;
}

void LiveKeys::Prepare(const Segment& segment, system_clock::time_point began) {
  if (delivered_) return;
  const double rotation = options_.package.keys.rotation;
  const double next =
      due_ ? segment.start
           : (std::floor(segment.start / rotation + 1e-6) + 1) * rotation;
  const double from =
      std::chrono::duration<double>(began.time_since_epoch()).count() + next -
      static_cast<double>(segment.target_duration);
  if (keys_.size() == periods_.size()) {
    const auto made =
        Make(static_cast<uint64_t>(std::max(1.0, std::floor(from))));
    if (!made) problem_ = made.error();
  }
  if (keys_.size() > periods_.size()) delivered_ = IsDelivered();
  if (delivered_ || !due_ || !problem_ || std::exchange(told_, true)) return;
  log_(problem_->OneLine() +
       "; the key stays as it is until the next one can be stored");
}

// An origin that is away holds nothing up: it is asked again with the next
// segment. One that answers at once is waited for where a period is due.
bool LiveKeys::IsDelivered() {
  constexpr std::chrono::milliseconds kAtOnce(500);
  if (!delivery_.valid()) {
    delivery_ = std::async(std::launch::async, [this, &keys = keys_.back()] {
      return Deliver(keys);
    });
  }
  const auto wait = due_ ? kAtOnce : kAtOnce.zero();
  if (delivery_.wait_for(wait) != std::future_status::ready) return false;
  const Status delivered = delivery_.get();
  if (!delivered) problem_ = delivered.error();
  return delivered.has_value();
}

// From now on something names them.
void LiveKeys::Adopt(uint64_t number, MediaTime at) {
  PackageKeys& newest = keys_.back();
  newest.Keep();
  CryptoPeriodState& period = periods_.emplace_back();
  period.first_number = number;
  period.at = at;
  for (size_t i = 0; i < options_.package.schemes.size(); ++i) {
    period.kids.push_back(newest.Kids(i));
  }
}

TrackKeys LiveKeys::Of(size_t scheme, size_t track) const {
  TrackKeys keys;
  for (size_t i = 0; i < periods_.size(); ++i) {
    keys.push_back(PeriodOf(i, scheme, track));
  }
  return keys;
}

KeyPeriod LiveKeys::NewestOf(size_t scheme, size_t track) const {
  return PeriodOf(periods_.size() - 1, scheme, track);
}

KeyPeriod LiveKeys::PeriodOf(size_t index, size_t scheme, size_t track) const {
  KeyPeriod period = keys_[index].Of(scheme, track).front();
  period.first_number = periods_[index].first_number;
  return period;
}

}  // namespace usher::live

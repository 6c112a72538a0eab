#include "packager/live/live_output.h"

#include <algorithm>
#include <string>
#include <utility>

#include "packager/live/key_copies.h"
#include "packager/pipeline/crypto_periods.h"
#include "packager/pipeline/key_groups.h"

namespace usher::live {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::system_clock;

Status LiveOutput::Begin(const std::vector<Track>& tracks,
                         system_clock::time_point began, RandomSource& random) {
  const std::vector<CryptoPeriod> periods(1);
  auto groups = GroupByKey(tracks, options_.package.keys);
  if (!groups) return std::unexpected(groups.error());
  auto keys = PackageKeys::Provide(options_.package, *groups, periods, random);
  if (!keys) return std::unexpected(keys.error());
  keys_.emplace(*std::move(keys));
  for (size_t i = 0; i < options_.package.schemes.size(); ++i) {
    if (auto copied = CopyKeys(options_, keys_->Kids(i)); !copied) {
      return copied;
    }
  }
  keys_->Keep();
  for (size_t i = 0; i < options_.package.schemes.size(); ++i) {
    const Scheme scheme = options_.package.schemes[i];
    const std::string below = i == 0 ? "" : std::string(SchemeName(scheme));
    auto& writer = schemes_.emplace_back(std::make_unique<LiveScheme>(
        scheme, LiveScheme::Place{options_.package.event, below}, storage_));
    for (size_t track = 0; track < tracks.size(); ++track) {
      writer->AddTrack(tracks[track], keys_->Of(i, track));
    }
    writer->presentation().began_at = std::chrono::floor<milliseconds>(began);
  }
  last_.assign(tracks.size(), 0);
  return {};
}

void LiveOutput::Expect(std::vector<size_t> tracks) {
  expected_ = std::move(tracks);
  spans_.clear();
}

Status LiveOutput::Configure(size_t track, const Track& configured) {
  for (auto& scheme : schemes_) {
    if (auto done = scheme->Configure(track, configured); !done) return done;
  }
  return {};
}

void LiveOutput::BreakAt(MediaTime at) {
  for (auto& scheme : schemes_) {
    scheme->presentation().breaks.push_back(
        {manifest::Break::Kind::kDiscontinuity, number_, at});
  }
}

void LiveOutput::Promise(uint64_t target_duration, milliseconds part_target) {
  state_.target_duration = target_duration;
  state_.part_target = part_target;
}

void LiveOutput::Take(std::vector<LiveCutter::Cut> cuts) {
  if (cuts.empty()) return;
  for (LiveCutter::Cut& cut : cuts) {
    NoteSpan(cut);
    Write(cut);
  }
  const uint64_t before = number_;
  while (IsComplete(number_)) Complete();
  // The first segment tells what every list must promise.
  if (number_ == 1) return;
  const Status published = number_ != before ? Publish(false) : PublishParts();
  if (!published) log_(published.error().OneLine());  // the next tell as much
}

void LiveOutput::NoteSpan(const LiveCutter::Cut& cut) {
  if (cut.track != expected_.front()) return;
  if (spans_.empty() || spans_.back().number != cut.fragment.number) {
    spans_.push_back({cut.fragment.number, cut.begin, cut.end});
  }
  spans_.back().end = cut.end;
}

void LiveOutput::Write(LiveCutter::Cut& cut) {
  for (size_t i = 0; i < schemes_.size(); ++i) {
    LiveCutter::Cut copy;
    const bool last = i + 1 == schemes_.size();
    if (!last) copy = cut;
    const auto written = schemes_[i]->Write(last ? cut : copy);
    if (written) continue;
    log_(written.error().OneLine() + "; segment " +
         std::to_string(cut.fragment.number) + " has a gap");
  }
  end_ = std::max(end_, cut.end.Seconds());
  if (cut.ends_segment) last_[cut.track] = cut.fragment.number;
}

bool LiveOutput::IsComplete(uint64_t number) const {
  return std::ranges::all_of(
      expected_, [&](size_t track) { return last_[track] >= number; });
}

// Tracks that this feed does not have are silent.
void LiveOutput::Complete() {
  for (size_t track = 0; track < last_.size(); ++track) {
    if (std::ranges::count(expected_, track) != 0) continue;
    LiveCutter::Cut gap;
    gap.track = track;
    gap.fragment.number = number_;
    gap.begin = spans_.front().begin;
    gap.end = spans_.front().end;
    Write(gap);
  }
  spans_.erase(spans_.begin());
  ++number_;
  RemoveOldParts();
}

Status LiveOutput::End() { return Publish(true); }

Status LiveOutput::Publish(bool ended) {
  state_.target_duration = std::max<uint64_t>(state_.target_duration, 1);
  state_.ended = ended;
  state_.published = std::chrono::floor<milliseconds>(system_clock::now());
  for (auto& scheme : schemes_) {
    if (auto done = scheme->Publish(state_, Window()); !done) return done;
  }
  return {};
}

Status LiveOutput::PublishParts() {
  if (!HasParts()) return {};
  for (auto& scheme : schemes_) {
    if (auto done = scheme->PublishParts(Window()); !done) return done;
  }
  return {};
}

// Playlists name parts for three target durations, and caches may keep such a
// playlist for six more.
void LiveOutput::RemoveOldParts() {
  constexpr double kTargetsKept = 15;
  if (!HasParts()) return;
  const double before =
      end_ - kTargetsKept * static_cast<double>(state_.target_duration);
  for (auto& scheme : schemes_) scheme->RemoveParts(before);
}

std::optional<microseconds> LiveOutput::Window() const {
  if (!options_.window) return std::nullopt;
  return std::chrono::round<microseconds>(
      std::chrono::duration<double>(*options_.window));
}

}  // namespace usher::live

#include "packager/live/live_output.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <thread>
#include <utility>

#include "core/playlist/date_time.h"

namespace usher::live {
namespace {

// What must be the same for what was promised to stay true.
std::string LastingSettings(const config::LiveOptions& options) {
  const auto seconds = [](double value) {
    return FormatSeconds({std::llround(value * 1000), 1000});
  };
  std::string text = "--encryption ";
  for (const Scheme scheme : options.package.schemes) {
    text += std::string(SchemeName(scheme)) + ",";
  }
  text.pop_back();
  text += " --segment-duration " + seconds(options.package.segment_duration);
  text += " --window " +
          (options.window ? seconds(*options.window) : std::string("all"));
  if (options.part_duration > 0) {
    text += " --part-duration " + seconds(options.part_duration);
  }
  if (options.package.keys.per_track) text += " --key-per-track";
  if (options.epoch) text += " --epoch " + playlist::DateTime(*options.epoch);
  return text;
}

}  // namespace

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::system_clock;

Status LiveOutput::Begin(const std::vector<Track>& tracks,
                         system_clock::time_point began, RandomSource& random) {
  keys_.emplace(options_, random, log_);
  if (auto keys = keys_->Begin(tracks); !keys) return keys;
  if (journal_ != nullptr) {
    EventState head;
    head.event = options_.package.event;
    head.settings = LastingSettings(options_);
    head.began_at = std::chrono::floor<milliseconds>(began);
    head.tracks = tracks;
    head.periods = keys_->periods();
    head.schemes.resize(options_.package.schemes.size());
    if (auto noted = journal_->Begin(head); !noted) return noted;
  }
  AddSchemes(tracks, began);
  last_.assign(tracks.size(), 0);
  return {};
}

void LiveOutput::AddSchemes(const std::vector<Track>& tracks,
                            system_clock::time_point began) {
  for (size_t i = 0; i < options_.package.schemes.size(); ++i) {
    const Scheme scheme = options_.package.schemes[i];
    const std::string below = i == 0 ? "" : std::string(SchemeName(scheme));
    auto& writer = schemes_.emplace_back(std::make_unique<LiveScheme>(
        scheme,
        LiveScheme::Place{options_.package.event, below,
                          options_.epoch.has_value(),
                          options_.package.spool_directory},
        storage_));
    for (size_t track = 0; track < tracks.size(); ++track) {
      writer->AddTrack(tracks[track], keys_->Of(i, track));
    }
    writer->presentation().began_at = std::chrono::floor<milliseconds>(began);
  }
}

Status LiveOutput::Resume(const std::filesystem::path& files,
                          RandomSource& random) {
  const EventState& state = *journal_->found();
  if (state.event != options_.package.event ||
      state.settings != LastingSettings(options_)) {
    return BadInput(
        "--state",
        "holds the event " + state.event + ", begun with: " + state.settings,
        "go on with those, or name another directory");
  }
  keys_.emplace(options_, random, log_);
  if (auto keys = keys_->Restore(state.tracks, state.periods); !keys) {
    return keys;
  }
  AddSchemes(state.tracks, state.began_at);
  date_shifts_ = state.date_shifts;
  for (auto& scheme : schemes_) {
    scheme->presentation().date_shifts = date_shifts_;
  }
  Promise(state.target_duration, state.parts);
  Restore(state, files);
  state_.waits = true;
  // Another packager has gone on meanwhile, and its lists are newer.
  if (options_.epoch) return {};
  if (auto published = Publish(false); !published) {
    log_(published.error().OneLine());  // the next segment tells as much
  }
  return {};
}

// Where it was cut off, every track has as many segments as the one that had
// most.
void LiveOutput::Restore(const EventState& state,
                         const std::filesystem::path& files) {
  uint64_t newest = 0;
  for (size_t i = 0; i < schemes_.size(); ++i) {
    schemes_[i]->Restore(state.schemes[i], files);
    for (const auto& record : schemes_[i]->presentation().tracks) {
      if (record.segments.empty()) continue;
      newest = std::max(newest, record.segments.back().number);
    }
  }
  // A part more than fit, for the one that may have been stored last.
  const auto target = std::max<int64_t>(parts_.target.count(), 1);
  const auto longest = static_cast<int64_t>(1000 * state_.target_duration);
  const size_t parts =
      HasParts() ? static_cast<size_t>(longest / target) + 2 : 0;
  for (const auto& scheme : schemes_) {
    scheme->FillUp(newest);
    scheme->RemoveLeftovers(state.begun, parts);
    for (const auto& record : scheme->presentation().tracks) {
      const manifest::SegmentRecord& last = record.segments.back();
      const MediaTime end{static_cast<int64_t>(last.start + last.duration),
                          record.track.timescale};
      end_ = std::max(end_, end.Seconds());
    }
  }
  for (auto& scheme : schemes_) scheme->RemoveLeftoverParts(PartsKeptFrom());
  const manifest::TrackRecord& lead =
      schemes_.front()->presentation().tracks.front();
  first_ = lead.segments.front().number;
  if (options_.epoch) {
    start_ = MediaTime{static_cast<int64_t>(lead.segments.front().start),
                       lead.track.timescale}
                 .Seconds();
  }
  number_ = newest + 1;
  last_.assign(state.tracks.size(), newest);
  spent_ = state.begun > newest;
}

void LiveOutput::Expect(std::vector<size_t> tracks) {
  expected_ = std::move(tracks);
  spans_.clear();
  state_.waits = false;
}

Status LiveOutput::Configure(size_t track, const Track& configured) {
  for (auto& scheme : schemes_) {
    const auto done = scheme->Configure(track, configured, number_);
    // One that has begun goes on without the track until it can be stored.
    if (!done && segments() == 0) return done;
    if (!done) log_(done.error().OneLine());
  }
  return {};
}

void LiveOutput::BreakAt(MediaTime at) {
  if (std::exchange(spent_, false)) SpendNumber(at);
  slew_.Restart();
  SetDateShift(number_, {});
  for (auto& scheme : schemes_) {
    scheme->BreakAt(number_, at, manifest::Break::Kind::kDiscontinuity);
  }
}

void LiveOutput::GoOnWith(uint64_t number, MediaTime at) {
  if (segments() == 0) {
    first_ = number;
    number_ = number;
    start_ = at.Seconds();
    std::ranges::fill(last_, number - 1);
  }
  spent_ = false;
  if (number_ == number) return;
  const uint32_t timescale = at.timescale;
  int64_t begin = Rescale({std::llround(end_ * 1e6), 1'000'000}, timescale);
  for (; number_ < number; ++number_) {
    const int64_t grid =
        std::llround(static_cast<double>(number_) *
                     options_.package.segment_duration * timescale);
    const int64_t end =
        number_ + 1 == number ? at.ticks : std::max(begin, grid);
    for (auto& scheme : schemes_) {
      scheme->WriteGaps(number_, {begin, timescale}, {end, timescale});
    }
    begin = end;
    std::ranges::fill(last_, number_);
  }
  for (auto& scheme : schemes_) {
    scheme->BreakAt(number, at, manifest::Break::Kind::kGap);
  }
}

bool LiveOutput::Continues(size_t track, const Track& configured) const {
  return schemes_.front()->Continues(track, configured);
}

void LiveOutput::DropOpen() {
  uint64_t newest = number_ - 1;
  for (auto& scheme : schemes_) {
    scheme->DropOpen();
    for (const auto& record : scheme->presentation().tracks) {
      if (record.segments.empty()) continue;
      newest = std::max(newest, record.segments.back().number);
    }
  }
  if (newest < number_) return;
  for (auto& scheme : schemes_) scheme->FillUp(newest);
  number_ = newest + 1;
  std::ranges::fill(last_, newest);
  spans_.clear();
}

// Nobody has that number's media any more, and nobody may have it again.
void LiveOutput::SpendNumber(MediaTime until) {
  const MediaTime begin{Rescale({std::llround(end_ * 1e6), 1'000'000}, 90'000),
                        90'000};
  const MediaTime longest{
      begin.ticks + static_cast<int64_t>(90'000 * state_.target_duration),
      90'000};
  for (auto& scheme : schemes_) {
    scheme->WriteGaps(number_, begin, std::min(until, longest));
  }
  std::ranges::fill(last_, number_);
  ++number_;
}

void LiveOutput::Promise(uint64_t target_duration,
                         const LiveCutter::PartLengths& parts) {
  state_.target_duration = target_duration;
  state_.part_target = parts.target;
  state_.rotates_keys = options_.package.keys.rotation > 0;
  parts_ = parts;
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
  if (segments() == 0) return;
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
  if (!NoteBegun(cut)) cut.fragment.samples.clear();  // a gap
  if (cut.ends_segment && cut.track == expected_.front()) RotateKeys(cut);
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

// Whether its files may be stored. A number that the journal does not know of
// could be used again after a power cut, and its IVs with it: so the media wait
// where they are, and whoever sends them for these.
bool LiveOutput::NoteBegun(const LiveCutter::Cut& cut) {
  constexpr milliseconds kPause(200);
  if (journal_ == nullptr || cut.gap()) return true;
  const uint64_t number = cut.fragment.number;
  if (number <= journal_->begun()) return true;
  Status noted = journal_->NoteBegun(number);
  if (noted) return true;
  log_(noted.error().OneLine() +
       "; nothing is published until the journal can be written");
  while (!noted && !interrupt_.requested()) {
    std::this_thread::sleep_for(kPause);
    noted = journal_->NoteBegun(number);
  }
  if (noted) log_("the journal can be written again");
  return noted.has_value();
}

// The next segment begins where this one ends.
void LiveOutput::RotateKeys(const LiveCutter::Cut& cut) {
  const manifest::Presentation& first = schemes_.front()->presentation();
  const Track& track = first.tracks.front().track;
  const MediaTime offset{static_cast<int64_t>(track.presentation_time_offset),
                         track.timescale};
  const uint64_t next = cut.fragment.number + 1;
  const bool rotates =
      keys_->BeginsPeriod({next, cut.end, cut.end.Seconds() - offset.Seconds(),
                           state_.target_duration},
                          *first.began_at);
  if (!rotates) return;
  for (size_t i = 0; i < schemes_.size(); ++i) {
    std::vector<KeyPeriod> by_track;
    for (size_t each = 0; each < last_.size(); ++each) {
      by_track.push_back(keys_->NewestOf(i, each));
    }
    if (options_.package.schemes[i] == Scheme::kNone) continue;
    const auto rotated = schemes_[i]->Rotate(by_track, cut.end);
    if (!rotated) log_(rotated.error().OneLine());
  }
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
  const double end = spans_.front().end.Seconds();
  spans_.erase(spans_.begin());
  ++number_;
  RemoveOldParts();
  SlewDates(end);
}

// From the first segment on of which nobody was told yet. With --epoch dates
// are those of the timecode, for every packager.
void LiveOutput::SlewDates(double end) {
  if (options_.epoch) return;
  const manifest::Presentation& first = schemes_.front()->presentation();
  const Track& track = first.tracks.front().track;
  const MediaTime offset{static_cast<int64_t>(track.presentation_time_offset),
                         track.timescale};
  const std::chrono::duration<double> now = clock_.Now() - *first.began_at;
  const milliseconds by = slew_.Take(end - offset.Seconds(), now.count());
  const uint64_t begun = spans_.empty() ? 0 : spans_.back().number;
  SetDateShift(std::max(number_, begun) + 1, by);
}

void LiveOutput::SetDateShift(uint64_t from, milliseconds by) {
  const auto erased =
      std::erase_if(date_shifts_, [&](const manifest::DateShift& each) {
        return each.first_number >= from;
      });
  const milliseconds before =
      date_shifts_.empty() ? milliseconds{} : date_shifts_.back().by;
  if (erased == 0 && by == before) return;
  date_shifts_.push_back({from, by});
  for (auto& scheme : schemes_) {
    scheme->presentation().date_shifts = date_shifts_;
  }
}

void LiveOutput::Wait() {
  state_.waits = true;
  if (!HasParts() || segments() == 0) return;
  const auto published = Publish(false);
  if (!published) log_(published.error().OneLine());  // the next tells as much
}

Status LiveOutput::End() { return Publish(true); }

Status LiveOutput::Publish(bool ended) {
  state_.target_duration = std::max<uint64_t>(state_.target_duration, 1);
  for (auto& scheme : schemes_) scheme->BreakBehindGaps();
  if (auto noted = Journal(ended); !noted) {
    if (!ended) return noted;
    log_(noted.error().OneLine());
  }
  state_.ended = ended;
  state_.published = std::chrono::floor<milliseconds>(clock_.Now());
  for (auto& scheme : schemes_) {
    if (auto done = scheme->Publish(state_, Window()); !done) return done;
  }
  return {};
}

// It must be on the disk before anybody is told.
Status LiveOutput::Journal(bool ended) {
  if (journal_ == nullptr) return {};
  // And what it tells of before it does.
  if (auto flushed = storage_.Flush(); !flushed) return flushed;
  EventJournal::Progress now;
  now.target_duration = state_.target_duration;
  now.parts = parts_;
  now.ended = ended;
  now.periods = keys_->periods();
  now.date_shifts = date_shifts_;
  for (const auto& scheme : schemes_) {
    now.schemes.push_back(&scheme->presentation());
  }
  return journal_->Note(now);
}

Status LiveOutput::PublishParts() {
  if (!HasParts()) return {};
  if (auto noted = Journal(false); !noted) return noted;
  for (auto& scheme : schemes_) {
    if (auto done = scheme->PublishParts(Window()); !done) return done;
  }
  return {};
}

void LiveOutput::RemoveOldParts() {
  if (!HasParts()) return;
  for (auto& scheme : schemes_) scheme->RemoveParts(PartsKeptFrom());
}

// The MPD names parts for twelve target durations, and caches may keep it for
// some more.
double LiveOutput::PartsKeptFrom() const {
  constexpr double kTargetsKept = 21;
  return end_ - kTargetsKept * static_cast<double>(state_.target_duration);
}

std::optional<microseconds> LiveOutput::Window() const {
  if (!options_.window) return std::nullopt;
  return std::chrono::round<microseconds>(
      std::chrono::duration<double>(*options_.window));
}

}  // namespace usher::live

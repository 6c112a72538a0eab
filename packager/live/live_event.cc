#include "packager/live/live_event.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "packager/fragment/live_cutter.h"
#include "packager/live/event_clock.h"
#include "packager/live/event_journal.h"
#include "packager/live/event_watch.h"
#include "packager/live/feed_head.h"
#include "packager/live/live_output.h"
#include "packager/live/live_storage.h"
#include "packager/live/live_tracks.h"
#include "packager/live/patient_storage.h"
#include "packager/live/slate_source.h"
#include "packager/track/media_time.h"
#include "packager/track/timeline.h"

namespace usher::live {
namespace {

bool HasSegments(const EventState& state) {
  return std::ranges::any_of(state.schemes, [](const SchemeState& scheme) {
    return std::ranges::any_of(scheme.tracks, [](const auto& record) {
      return !record.segments.empty() || !record.open.parts.empty();
    });
  });
}

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

// A clock that leaps further than this was set, or the encoder restarted.
constexpr double kLongestLeap = 3;
// With --epoch: the furthest that time leaps ahead of the clock, seconds.
constexpr double kFurthestLeap = 3600;
// Between what was and what comes back, so that decode times never overlap.
constexpr double kSeam = 0.1;
// How long a storage may fail before a segment is given up.
constexpr milliseconds kStoragePatience(15'000);
// How long an origin may take nothing when the event is over.
constexpr milliseconds kOriginPatience(60'000);

class Event {
 public:
  Event(const config::LiveOptions& options, const LiveContext& context)
      : options_(options),
        context_(context),
        watch_(options, context.log),
        clock_(context.clock) {}
  Result<LiveReport> Run();

 private:
  Status Open();
  Status OpenJournal();
  Status Resume();
  Status RunFeed(LiveFeed& feed);
  Status RunStretch(LiveFeed& feed, std::deque<OwnedPacket>& carried);
  Status BeginEvent(const LiveFeed& feed, const FeedHead& head);
  Status BeginStretch(const LiveFeed& feed, const FeedHead& head);
  std::vector<TrackStart> StartsOf(const LiveFeed& feed,
                                   const FeedHead& head) const;
  void Place(const LiveFeed& feed, const FeedHead& head);
  Status EnterStretch();
  Status EnterOnGrid();
  bool Leaps(const Packet& packet);
  bool Strays(const Packet& packet);
  bool IsDoubted(size_t lane, const Packet& packet, bool goes_on);
  void Pace(const Packet& packet);
  Status Take(const Packet& packet);
  Status Collect(std::vector<LiveCutter::Cut> cuts);
  void Watch(const LiveFeed& feed);
  void Tell(const std::string& what) { context_.log(what); }
  // Of the event, seconds.
  double SinceBegin(steady_clock::time_point time) {
    return std::chrono::duration<double>(clock_.At(time) - began_).count();
  }

  const config::LiveOptions& options_;
  const LiveContext& context_;
  std::optional<EventJournal> journal_;
  std::unique_ptr<LiveSource> source_;
  std::unique_ptr<LiveStorage> destinations_;
  std::unique_ptr<PatientStorage> storage_;
  std::unique_ptr<LiveOutput> output_;
  LiveTracks tracks_;
  EventWatch watch_;

  // Media time zero is when its first packet came.
  EventClock clock_;
  EventClock::Utc began_;
  bool resumed_ = false;
  // What all playlists promise; 0: not known yet.
  uint64_t target_duration_ = 0;
  LiveCutter::PartLengths parts_;

  // Of the stretch that is open.
  std::unique_ptr<LiveCutter> cutter_;
  std::vector<int64_t> shifts_;                    // by lane
  std::vector<std::optional<double>> last_times_;  // by lane, seconds
  steady_clock::time_point first_came_;            // its first packet
  steady_clock::time_point stretch_began_;
  std::optional<double> paced_from_;
  std::vector<Track> lane_tracks_;             // as the feed has them
  std::vector<std::optional<double>> strays_;  // by lane, seconds
  std::deque<OwnedPacket> held_;               // whose times are doubted
  bool entered_ = false;  // the output knows of the stretch

  LiveReport report_;
};

Result<LiveReport> Event::Run() {
  if (auto opened = Open(); !opened) return std::unexpected(opened.error());
  while (!context_.interrupt.requested()) {
    auto feed = source_->Next(context_.interrupt);
    if (!feed) break;
    for (; feed; feed = feed->Continued()) {
      if (auto run = RunFeed(*feed); !run) return std::unexpected(run.error());
    }
  }
  if (output_->segments() == 0) {
    return Failed(options_.package.event, "ended before anything was published",
                  "check that the encoder publishes here");
  }
  if (auto ended = output_->End(); !ended) {
    return std::unexpected(ended.error());
  }
  if (auto sent = destinations_->Finish(kOriginPatience); !sent) {
    return std::unexpected(sent.error());
  }
  report_.segments = output_->segments();
  report_.seconds = output_->end() - output_->start();
  report_.tracks = tracks_.all();
  return std::move(report_);
}

Status Event::Open() {
  report_.directory = options_.package.event;
  if (options_.publish.to_directory) {
    report_.directory = options_.package.output / report_.directory;
  }
  if (auto opened = OpenJournal(); !opened) return opened;
  LiveFeed::Timecode timecode;
  if (options_.epoch) {
    timecode = [this] {
      return std::chrono::duration<double>(clock_.Now() - *options_.epoch)
          .count();
    };
  }
  auto source = MakeLiveSource(options_, context_.log, timecode);
  if (!source) return std::unexpected(source.error());
  source_ = *std::move(source);
  if (!options_.slate.empty()) {
    source_ = std::make_unique<SlateSource>(std::move(source_), options_.slate,
                                            context_.log);
  }
  auto destinations = LiveStorage::Open(options_, context_.log);
  if (!destinations) return std::unexpected(destinations.error());
  destinations_ = *std::move(destinations);
  storage_ = std::make_unique<PatientStorage>(*destinations_, kStoragePatience,
                                              context_.log);
  output_ = std::make_unique<LiveOutput>(
      options_, *storage_, journal_ ? &*journal_ : nullptr, clock_,
      context_.interrupt, context_.log);
  return resumed_ ? Resume() : Status();
}

Status Event::OpenJournal() {
  if (!options_.state.empty()) {
    auto journal = EventJournal::Open(options_.state);
    if (!journal) return std::unexpected(journal.error());
    journal_.emplace(*std::move(journal));
  }
  const EventState* found =
      journal_ && journal_->found() ? &*journal_->found() : nullptr;
  if (found != nullptr && found->ended) {
    return BadInput(options_.state.string(),
                    "holds the event " + found->event + ", which has ended",
                    "name another event and another directory");
  }
  resumed_ = found != nullptr && HasSegments(*found);
  std::error_code error;
  const bool ours = found != nullptr && found->event == options_.package.event;
  if (ours || !options_.publish.to_directory ||
      !fs::exists(report_.directory, error)) {
    return {};
  }
  return BadInput(report_.directory.string(), "exists already",
                  "name another event with --event");
}

// The wall clock tells how long nobody was there.
Status Event::Resume() {
  const EventState& state = *journal_->found();
  began_ = state.began_at;
  tracks_.Restore(state.tracks);
  target_duration_ = state.target_duration;
  parts_ = state.parts;
  const fs::path files =
      options_.publish.to_directory ? report_.directory : fs::path();
  auto resumed = output_->Resume(files, context_.random);
  if (!resumed) return resumed;
  Tell("the event " + state.event + " goes on with segment " +
       std::to_string(output_->next_number()));
  journal_->ForgetFound();
  return {};
}

Status Event::RunFeed(LiveFeed& feed) {
  for (const InputTrack& track : feed.tracks()) {
    if (track.problem) Tell(track.problem->OneLine() + "; it is left out");
  }
  if (auto matched = tracks_.Match(feed); !matched) {
    Tell(matched.error().OneLine());  // the next one may do
    return {};
  }
  if (!source_->fills_gap()) ++report_.feeds;
  watch_.BeginFeed();
  std::deque<OwnedPacket> carried;
  do {
    if (auto run = RunStretch(feed, carried); !run) return run;
  } while (!carried.empty());
  if (feed.silent()) {
    Tell(feed.where() + " is silent: it is opened again");
  }
  if (feed.damage().packets > 0) {
    Tell(feed.where() + ": " + std::to_string(feed.damage().packets) +
         " packets could not be used: the input " + feed.damage().what);
  }
  return {};
}

// `carried` are packets with which another stretch begins.
Status Event::RunStretch(LiveFeed& feed, std::deque<OwnedPacket>& carried) {
  FeedHead head;
  first_came_ = carried.empty() ? feed.began() : steady_clock::now();
  head.Read(feed, tracks_.lanes(), std::exchange(carried, {}));
  if (head.Present(tracks_.lanes()).empty()) return {};
  if (!output_->begun()) {
    if (auto begun = BeginEvent(feed, head); !begun) return begun;
  }
  if (auto begun = BeginStretch(feed, head); !begun) return begun;
  for (OwnedPacket& each : head.packets()) {
    each.packet.data = each.data;
    if (auto taken = Take(each.packet); !taken) return taken;
  }
  while (const auto packet = feed.Read()) {
    watch_.TellOfDamage(feed);
    if (Strays(*packet)) continue;
    if (Leaps(*packet)) {
      Tell("time leaps in the input: the event goes on behind a discontinuity");
      held_.emplace_back(*packet);
      carried = std::exchange(held_, {});
      break;
    }
    if (auto taken = Take(*packet); !taken) return taken;
    Watch(feed);
  }
  auto collected = Collect(cutter_->Finish());
  if (options_.epoch) output_->DropOpen();
  if (collected && carried.empty()) output_->Wait();
  return collected;
}

Status Event::BeginEvent(const LiveFeed& feed, const FeedHead& head) {
  began_ = options_.epoch ? *options_.epoch : clock_.At(feed.began());
  tracks_.Name();
  const auto placements = PlaceTracks(StartsOf(feed, head));
  for (size_t i = 0; i < tracks_.all().size(); ++i) {
    tracks_.all()[i].presentation_time_offset =
        options_.epoch ? 0 : placements[i].presentation_time_offset;
  }
  return output_->Begin(
      tracks_.all(),
      std::chrono::time_point_cast<system_clock::duration>(began_),
      context_.random);
}

std::vector<TrackStart> Event::StartsOf(const LiveFeed& feed,
                                        const FeedHead& head) const {
  std::vector<TrackStart> starts;
  for (size_t lane = 0; lane < tracks_.lanes().size(); ++lane) {
    const size_t of_feed = tracks_.lanes()[lane];
    const uint32_t timescale =
        tracks_.all()[tracks_.EventTrack(lane)].timescale;
    const int64_t time =
        Rescale(tracks_.At(lane, head.FirstTime(of_feed)), timescale);
    const int64_t delay = Rescale(
        tracks_.At(lane, feed.tracks()[of_feed].track.decode_delay), timescale);
    starts.push_back({timescale, time - delay, time});
  }
  // Sound in front of the first key frame is left out: who comes in the middle
  // of a group of pictures begins with the next one.
  const TrackStart lead = starts.front();
  const auto present = head.Present(tracks_.lanes());
  if (std::ranges::count(present, tracks_.lanes().front()) == 0) return starts;
  for (TrackStart& start : starts) {
    const int64_t begin =
        Rescale({lead.presented, lead.timescale}, start.timescale);
    const int64_t late = std::max<int64_t>(0, begin - start.presented);
    start.first += late;
    start.presented += late;
  }
  return starts;
}

Status Event::BeginStretch(const LiveFeed& feed, const FeedHead& head) {
  Place(feed, head);
  lane_tracks_ = tracks_.Configured(feed);
  entered_ = false;
  // On the grid nobody knows yet which segment is next.
  if (!options_.epoch) {
    if (auto entered = EnterStretch(); !entered) return entered;
  }
  cutter_ = std::make_unique<LiveCutter>(
      lane_tracks_, shifts_,
      LiveCutter::Options{options_.package.segment_duration, target_duration_,
                          output_->next_number(), options_.part_duration,
                          parts_, options_.epoch.has_value()});
  watch_.BeginStretch();
  last_times_.assign(tracks_.lanes().size(), std::nullopt);
  strays_ = last_times_;
  held_.clear();
  stretch_began_ = steady_clock::now();
  paced_from_.reset();
  return {};
}

Status Event::EnterStretch() {
  std::vector<size_t> expected;
  for (size_t i = 0; i < tracks_.lanes().size(); ++i) {
    const Track& configured = tracks_.Keep(lane_tracks_[i]);
    expected.push_back(tracks_.EventTrack(i));
    auto done = output_->Configure(expected.back(), configured);
    if (!done) return done;
  }
  output_->Expect(std::move(expected));
  entered_ = true;
  return {};
}

// There is a discontinuity where the input has one: a packager that was away
// has no more of them than one that was not.
Status Event::EnterOnGrid() {
  bool goes_on = true;
  for (size_t i = 0; i < tracks_.lanes().size(); ++i) {
    goes_on =
        output_->Continues(tracks_.EventTrack(i), lane_tracks_[i]) && goes_on;
  }
  output_->GoOnWith(cutter_->first_number(), cutter_->start());
  if (!goes_on) output_->BreakAt(cutter_->start());
  return EnterStretch();
}

// The first stretch lies where nothing is negative; a later one where the wall
// clock is by now, so that the live edge stays where players look for it.
void Event::Place(const LiveFeed& feed, const FeedHead& head) {
  const std::vector<TrackStart> starts = StartsOf(feed, head);
  shifts_.clear();
  if (options_.epoch) {  // the input's times are the event's
    shifts_.assign(starts.size(), 0);
    return;
  }
  if (output_->end() == 0) {
    for (const TrackPlacement& placement : PlaceTracks(starts)) {
      shifts_.push_back(placement.shift);
    }
    return;
  }
  const double offset = tracks_.OffsetSeconds();
  const double by_clock = offset + SinceBegin(first_came_);
  double delay = 0;
  std::optional<MediaTime> origin;
  for (const TrackStart& start : starts) {
    const MediaTime first{start.presented, start.timescale};
    origin = origin ? std::min(*origin, first) : first;
    delay = std::max(
        delay,
        MediaTime{start.presented - start.first, start.timescale}.Seconds());
  }
  // A file is where it is, but for the time in which nobody read it.
  const bool by_media =
      source_->needs_pacing() && !source_->fills_gap() && !resumed_;
  resumed_ = false;
  const double at =
      std::max(by_media ? 0 : by_clock, output_->end() + kSeam + delay);
  // Whole ticks of the first track; all others are moved by the same time.
  const MediaTime begin{std::llround(at * starts.front().timescale),
                        starts.front().timescale};
  for (const TrackStart& start : starts) {
    shifts_.push_back(Rescale(begin, start.timescale) -
                      Rescale(*origin, start.timescale));
  }
  output_->BreakAt(begin);
}

// Whether another stretch begins with the packet.
bool Event::Leaps(const Packet& packet) {
  const auto lane = tracks_.LaneOf(packet.track);
  if (!lane) return false;
  const double time = tracks_.At(*lane, packet.time).Seconds();
  const auto before = std::exchange(last_times_[*lane], time);
  watch_.Note(lane_tracks_[*lane].kind, time);
  return !options_.epoch && before && std::abs(time - *before) > kLongestLeap;
}

// The time of one packet may be damaged: a leap is believed when a second one
// makes it. With --epoch, where times tell what lies where, it would leave a
// gap of hours.
bool Event::Strays(const Packet& packet) {
  const auto lane = tracks_.LaneOf(packet.track);
  if (!lane) return false;
  const double time = tracks_.At(*lane, packet.time).Seconds();
  const auto near = [&](const std::optional<double>& other) {
    return other && std::abs(time - *other) <= kLongestLeap;
  };
  const bool goes_on = !last_times_[*lane] || near(last_times_[*lane]);
  if (!options_.epoch) return IsDoubted(*lane, packet, goes_on);
  if (goes_on) return false;
  const bool believed = near(std::exchange(strays_[*lane], time)) &&
                        time < SinceBegin(steady_clock::now()) + kFurthestLeap;
  if (believed) Tell("time leaps in the input: what lies between is a gap");
  return !believed;
}

// Whether it is kept until the next one of its lane tells.
bool Event::IsDoubted(size_t lane, const Packet& packet, bool goes_on) {
  const auto doubted = std::ranges::find_if(held_, [&](const auto& each) {
    return tracks_.LaneOf(each.packet.track) == lane;
  });
  const auto seconds = [&](const Packet& each) {
    return tracks_.At(lane, each.time).Seconds();
  };
  const bool confirmed =
      doubted != held_.end() &&
      std::abs(seconds(packet) - seconds(doubted->packet)) <= kLongestLeap;
  if (confirmed && !goes_on) return false;
  if (doubted != held_.end()) held_.erase(doubted);
  if (goes_on) return false;
  held_.emplace_back(packet);
  return true;
}

// A file is not ahead of the wall clock.
void Event::Pace(const Packet& packet) {
  if (!source_->needs_pacing()) return;
  const auto lane = tracks_.LaneOf(packet.track);
  const double time = tracks_.At(*lane, packet.time).Seconds();
  if (!paced_from_) paced_from_ = time;
  constexpr milliseconds kLookAround(20);
  while (!context_.interrupt.requested() &&
         std::chrono::duration<double>(steady_clock::now() - stretch_began_)
                 .count() < time - *paced_from_) {
    std::this_thread::sleep_for(kLookAround);
  }
}

Status Event::Take(const Packet& packet) {
  const auto lane = tracks_.LaneOf(packet.track);
  if (!lane) return {};
  Pace(packet);
  Packet placed = packet;
  placed.track = *lane;
  tracks_.ToEventTimescale(*lane, placed);
  return Collect(cutter_->Add(placed));
}

Status Event::Collect(std::vector<LiveCutter::Cut> cuts) {
  target_duration_ = cutter_->target_duration();
  parts_ = cutter_->parts();
  output_->Promise(target_duration_, parts_);
  if (cuts.empty()) return {};
  if (!entered_) {
    if (auto entered = EnterOnGrid(); !entered) return entered;
  }
  for (LiveCutter::Cut& cut : cuts) cut.track = tracks_.EventTrack(cut.track);
  output_->Take(std::move(cuts));
  return {};
}

// Once a segment: how it goes, and what the operator should mend.
void Event::Watch(const LiveFeed& feed) {
  watch_.WarnOfStandstill(*cutter_);
  if (output_->segments() == report_.segments) return;
  report_.segments = output_->segments();
  LiveStatus status = watch_.StatusOf(feed, *cutter_);
  status.segment = output_->next_number() - 1;
  status.seconds = output_->end() - output_->start() - tracks_.OffsetSeconds();
  // What is read faster than it plays has none.
  const double by_clock = SinceBegin(steady_clock::now()) - output_->start();
  status.delay = std::max(0.0, by_clock - status.seconds);
  context_.status(status);
  watch_.WarnOfKeyFrames(status);
}

}  // namespace

Result<LiveReport> RunLive(const config::LiveOptions& options,
                           const LiveContext& context) {
  return Event(options, context).Run();
}

}  // namespace usher::live

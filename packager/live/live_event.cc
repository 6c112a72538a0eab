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
#include "packager/live/feed_head.h"
#include "packager/live/key_copies.h"
#include "packager/live/live_scheme.h"
#include "packager/live/live_tracks.h"
#include "packager/live/patient_storage.h"
#include "packager/pipeline/crypto_periods.h"
#include "packager/pipeline/key_groups.h"
#include "packager/pipeline/package_keys.h"
#include "packager/storage/directory_storage.h"
#include "packager/track/media_time.h"
#include "packager/track/timeline.h"

namespace usher::live {
namespace {

namespace fs = std::filesystem;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

// A clock that leaps further than this was set, or the encoder restarted.
constexpr double kLongestLeap = 3;
// Between what was and what comes back, so that decode times never overlap.
constexpr double kSeam = 0.1;
// How long a storage may fail before a segment is given up.
constexpr milliseconds kStoragePatience(15'000);

class Event {
 public:
  Event(const config::LiveOptions& options, const LiveContext& context)
      : options_(options), context_(context) {}
  Result<LiveReport> Run();

 private:
  Status Open();
  Status RunFeed(LiveFeed& feed);
  Status RunStretch(LiveFeed& feed, std::optional<OwnedPacket>& carried);
  Status BeginEvent(const LiveFeed& feed, const FeedHead& head);
  Status BeginStretch(const LiveFeed& feed, const FeedHead& head);
  std::vector<TrackStart> StartsOf(const LiveFeed& feed,
                                   const FeedHead& head) const;
  void Place(const LiveFeed& feed, const FeedHead& head);
  std::vector<Track> CutterTracks() const;
  bool Leaps(const Packet& packet);
  void Pace(const Packet& packet);
  Status Take(const Packet& packet);
  Status Collect(std::vector<LiveCutter::Cut> cuts);
  Status WriteSegment(std::vector<LiveCutter::Cut>& cuts);
  static LiveCutter::Cut GapLike(const LiveCutter::Cut& cut, size_t track);
  Status Publish(bool ended);
  void Watch(const LiveFeed& feed);
  void Tell(const std::string& what) { context_.log(what); }
  std::optional<microseconds> Window() const;

  const config::LiveOptions& options_;
  const LiveContext& context_;
  std::unique_ptr<LiveSource> source_;
  std::unique_ptr<DirectoryStorage> directory_;
  std::unique_ptr<PatientStorage> storage_;
  std::optional<PackageKeys> keys_;
  std::vector<std::unique_ptr<LiveScheme>> schemes_;
  LiveTracks tracks_;

  // The event's clock: media time zero is when its first packet came.
  system_clock::time_point began_;
  steady_clock::time_point began_steady_;
  uint64_t target_duration_ = 0;
  uint64_t number_ = 1;  // of the next segment
  double end_ = 0;       // of what is published, seconds on the tracks' line

  // Of the stretch that is open.
  std::unique_ptr<LiveCutter> cutter_;
  std::vector<int64_t> shifts_;  // by lane
  std::deque<LiveCutter::Cut> cuts_;
  std::vector<std::optional<double>> last_times_;  // by lane, seconds
  steady_clock::time_point stretch_began_;
  std::optional<double> paced_from_;
  std::vector<Track> lane_tracks_;  // as the feed has them
  bool told_interval_ = false;

  LiveReport report_;
};

Result<LiveReport> Event::Run() {
  if (auto opened = Open(); !opened) return std::unexpected(opened.error());
  while (!context_.interrupt.requested()) {
    const auto feed = source_->Next(context_.interrupt);
    if (!feed) break;
    if (auto run = RunFeed(*feed); !run) return std::unexpected(run.error());
  }
  if (number_ == 1) {
    return Failed(options_.package.event, "ended before anything was published",
                  "check that the encoder publishes here");
  }
  if (auto ended = Publish(true); !ended) return std::unexpected(ended.error());
  report_.segments = number_ - 1;
  report_.seconds = end_;
  report_.tracks = tracks_.all();
  return std::move(report_);
}

Status Event::Open() {
  report_.directory = options_.package.output / options_.package.event;
  std::error_code error;
  if (fs::exists(report_.directory, error)) {
    return BadInput(report_.directory.string(), "exists already",
                    "name another event with --event");
  }
  auto source = MakeLiveSource(options_, context_.log);
  if (!source) return std::unexpected(source.error());
  source_ = *std::move(source);
  directory_ = std::make_unique<DirectoryStorage>(report_.directory);
  storage_ = std::make_unique<PatientStorage>(*directory_, kStoragePatience,
                                              context_.log);
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
  ++report_.feeds;
  std::optional<OwnedPacket> carried;
  do {
    if (auto run = RunStretch(feed, carried); !run) return run;
  } while (carried);
  if (feed.damage().packets > 0) {
    Tell(feed.where() + ": " + std::to_string(feed.damage().packets) +
         " packets could not be used: the input " + feed.damage().what);
  }
  return {};
}

// `carried` is a packet with which another stretch begins.
Status Event::RunStretch(LiveFeed& feed, std::optional<OwnedPacket>& carried) {
  FeedHead head;
  head.Read(feed, tracks_.lanes(), std::exchange(carried, std::nullopt));
  if (head.Present(tracks_.lanes()).empty()) return {};
  if (number_ == 1 && schemes_.empty()) {
    if (auto begun = BeginEvent(feed, head); !begun) return begun;
  }
  if (auto begun = BeginStretch(feed, head); !begun) return begun;
  for (OwnedPacket& each : head.packets()) {
    each.packet.data = each.data;
    if (auto taken = Take(each.packet); !taken) return taken;
  }
  while (const auto packet = feed.Read()) {
    if (Leaps(*packet)) {
      Tell("time leaps in the input: the event goes on behind a discontinuity");
      carried.emplace(*packet);
      break;
    }
    if (auto taken = Take(*packet); !taken) return taken;
    Watch(feed);
  }
  return Collect(cutter_->Finish());
}

Status Event::BeginEvent(const LiveFeed& feed, const FeedHead& head) {
  began_ = system_clock::now();
  began_steady_ = steady_clock::now();
  tracks_.Name();
  const auto placements = PlaceTracks(StartsOf(feed, head));
  for (size_t i = 0; i < tracks_.all().size(); ++i) {
    tracks_.all()[i].presentation_time_offset =
        placements[i].presentation_time_offset;
  }
  const std::vector<CryptoPeriod> periods(1);
  auto groups = GroupByKey(tracks_.all(), options_.package.keys);
  if (!groups) return std::unexpected(groups.error());
  auto keys =
      PackageKeys::Provide(options_.package, *groups, periods, context_.random);
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
        scheme, LiveScheme::Place{options_.package.event, below}, *storage_));
    for (size_t track = 0; track < tracks_.all().size(); ++track) {
      writer->AddTrack(tracks_.all()[track], keys_->Of(i, track));
    }
    writer->presentation().began_at = std::chrono::floor<milliseconds>(began_);
  }
  return {};
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
  return starts;
}

Status Event::BeginStretch(const LiveFeed& feed, const FeedHead& head) {
  Place(feed, head);
  lane_tracks_ = tracks_.Configured(feed);
  for (auto& scheme : schemes_) {
    for (size_t i = 0; i < tracks_.lanes().size(); ++i) {
      const Track& configured = tracks_.Keep(lane_tracks_[i]);
      auto done = scheme->Configure(tracks_.EventTrack(i), configured);
      if (!done) return done;
    }
  }
  cutter_ = std::make_unique<LiveCutter>(
      lane_tracks_, shifts_,
      LiveCutter::Options{options_.package.segment_duration, target_duration_,
                          number_});
  last_times_.assign(tracks_.lanes().size(), std::nullopt);
  stretch_began_ = steady_clock::now();
  paced_from_.reset();
  return {};
}

// The first stretch lies where nothing is negative; a later one where the wall
// clock is by now, so that the live edge stays where players look for it.
void Event::Place(const LiveFeed& feed, const FeedHead& head) {
  const std::vector<TrackStart> starts = StartsOf(feed, head);
  shifts_.clear();
  if (number_ == 1 && end_ == 0) {
    for (const TrackPlacement& placement : PlaceTracks(starts)) {
      shifts_.push_back(placement.shift);
    }
    return;
  }
  const double offset = tracks_.OffsetSeconds();
  const double by_clock = offset + std::chrono::duration<double>(
                                       steady_clock::now() - began_steady_)
                                       .count();
  double delay = 0;
  std::optional<MediaTime> origin;
  for (const TrackStart& start : starts) {
    const MediaTime first{start.presented, start.timescale};
    origin = origin ? std::min(*origin, first) : first;
    delay = std::max(
        delay,
        MediaTime{start.presented - start.first, start.timescale}.Seconds());
  }
  const double at =
      std::max(source_->needs_pacing() ? 0 : by_clock, end_ + kSeam + delay);
  // Whole ticks of the first track; all others are moved by the same time.
  const MediaTime begin{std::llround(at * starts.front().timescale),
                        starts.front().timescale};
  for (const TrackStart& start : starts) {
    shifts_.push_back(Rescale(begin, start.timescale) -
                      Rescale(*origin, start.timescale));
  }
  for (auto& scheme : schemes_) {
    scheme->presentation().breaks.push_back(
        {manifest::Break::Kind::kDiscontinuity, number_, begin});
  }
}

bool Event::Leaps(const Packet& packet) {
  const auto lane = tracks_.LaneOf(packet.track);
  if (!lane) return false;
  const double time = tracks_.At(*lane, packet.time).Seconds();
  const auto before = std::exchange(last_times_[*lane], time);
  return before && std::abs(time - *before) > kLongestLeap;
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

// A segment is published when every track of the feed has its part of it.
Status Event::Collect(std::vector<LiveCutter::Cut> cuts) {
  target_duration_ = cutter_->target_duration();
  for (LiveCutter::Cut& cut : cuts) cuts_.push_back(std::move(cut));
  const auto is_next = [this](const LiveCutter::Cut& cut) {
    return cut.fragment.number == number_;
  };
  while (std::ranges::count_if(cuts_, is_next) == std::ssize(tracks_.lanes())) {
    std::vector<LiveCutter::Cut> segment;
    for (LiveCutter::Cut& cut : cuts_) {
      if (is_next(cut)) segment.push_back(std::move(cut));
    }
    std::erase_if(cuts_, is_next);
    if (auto written = WriteSegment(segment); !written) return written;
  }
  return {};
}

Status Event::WriteSegment(std::vector<LiveCutter::Cut>& cuts) {
  // Tracks that this feed does not have are silent.
  for (size_t i = 0; i < tracks_.all().size(); ++i) {
    if (!tracks_.HasLane(i)) cuts.push_back(GapLike(cuts.front(), i));
  }
  for (size_t i = 0; i < schemes_.size(); ++i) {
    for (size_t lane = 0; lane < cuts.size(); ++lane) {
      LiveCutter::Cut& cut = cuts[lane];
      const size_t track = lane < tracks_.lanes().size()
                               ? tracks_.EventTrack(cut.track)
                               : cut.track;
      LiveCutter::Cut copy;
      const bool last = i + 1 == schemes_.size();
      if (!last) copy = cut;
      const auto written = schemes_[i]->Write(track, last ? cut : copy);
      if (written) continue;
      Tell(written.error().OneLine() + "; segment " + std::to_string(number_) +
           " is given up");
      schemes_[i]->WriteGap(track, cut);
    }
  }
  for (const LiveCutter::Cut& cut : cuts) {
    end_ = std::max(end_, cut.end.Seconds());
  }
  ++number_;
  if (auto published = Publish(false); !published) {
    Tell(published.error().OneLine());  // the next ones will tell as much
  }
  return {};
}

LiveCutter::Cut Event::GapLike(const LiveCutter::Cut& cut, size_t track) {
  LiveCutter::Cut gap;
  gap.track = track;
  gap.fragment.number = cut.fragment.number;
  gap.begin = cut.begin;
  gap.end = cut.end;
  return gap;
}

Status Event::Publish(bool ended) {
  manifest::LiveState state;
  state.target_duration = std::max<uint64_t>(target_duration_, 1);
  state.ended = ended;
  state.published = std::chrono::floor<milliseconds>(system_clock::now());
  for (auto& scheme : schemes_) {
    if (auto done = scheme->Publish(state, Window()); !done) return done;
  }
  return {};
}

// Once a segment: how it goes, and what the operator should mend.
void Event::Watch(const LiveFeed& feed) {
  const uint64_t newest = number_ - 1;
  if (newest == report_.segments) return;
  report_.segments = newest;
  const double seconds =
      std::chrono::duration<double>(steady_clock::now() - stretch_began_)
          .count();
  LiveStatus status;
  status.segment = newest;
  status.seconds = end_ - tracks_.OffsetSeconds();
  status.bitrate =
      seconds > 0 ? 8.0 * static_cast<double>(feed.bytes()) / seconds : 0;
  status.key_frame_interval = cutter_->key_frame_interval();
  status.damaged = feed.damage().packets;
  status.left_out = cutter_->left_out();
  context_.status(status);
  const double interval = status.key_frame_interval;
  const double length = options_.package.segment_duration;
  if (told_interval_ || interval <= 0) return;
  const double rest = std::remainder(length, interval);
  if (std::abs(rest) < 0.05) return;
  told_interval_ = true;
  Tell("the encoder's key frames are " +
       FormatSeconds({std::llround(interval * 1000), 1000}) +
       " apart, which does not divide --segment-duration: segments are "
       "uneven; set its key frame interval to 1 or 2 s");
}

std::optional<microseconds> Event::Window() const {
  if (!options_.window) return std::nullopt;
  return std::chrono::round<microseconds>(
      std::chrono::duration<double>(*options_.window));
}

}  // namespace

Result<LiveReport> RunLive(const config::LiveOptions& options,
                           const LiveContext& context) {
  return Event(options, context).Run();
}

}  // namespace usher::live

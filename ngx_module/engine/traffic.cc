#include "ngx_module/engine/traffic.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "core/layout/layout.h"

namespace usher::engine {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

void Add(Traffic::Number& number, uint64_t amount = 1) {
  number.fetch_add(amount, kRelaxed);
}

FileKind FileKindOf(layout::Kind kind) {
  switch (kind) {
    case layout::Kind::kMultivariant:
    case layout::Kind::kMediaPlaylist:
      return FileKind::kPlaylist;
    case layout::Kind::kMpd:
      return FileKind::kMpd;
    case layout::Kind::kInit:
      return FileKind::kInit;
    case layout::Kind::kSegment:
      return FileKind::kSegment;
    case layout::Kind::kPart:
      return FileKind::kPart;
    case layout::Kind::kKey:
    case layout::Kind::kLicence:
      return FileKind::kKey;
    case layout::Kind::kOther:
      return FileKind::kOther;
  }
  return FileKind::kOther;
}

size_t At(FileKind kind) { return static_cast<size_t>(kind); }
size_t At(CacheOutcome outcome) { return static_cast<size_t>(outcome); }
size_t At(Traffic::Wait wait) { return static_cast<size_t>(wait); }

}  // namespace

std::string_view NameOf(FileKind kind) {
  constexpr std::array<std::string_view, kFileKinds> kNames = {
      "playlist", "mpd", "init", "segment", "part", "key", "other"};
  return kNames[At(kind)];
}

std::string_view NameOf(CacheOutcome outcome) {
  constexpr std::array<std::string_view, kCacheOutcomes> kNames = {
      "none",     "miss",        "bypass", "expired",  "stale",
      "updating", "revalidated", "hit",    "coalesced"};
  return kNames[At(outcome)];
}

FileKind FileKindOf(std::string_view path) {
  const auto resource = layout::Classify(path);
  return resource ? FileKindOf(resource->kind) : FileKind::kOther;
}

std::optional<uint64_t> SegmentNumberOf(std::string_view path) {
  const std::string_view file = path.substr(path.rfind('/') + 1);
  uint64_t number = 0;
  const auto read =
      std::from_chars(file.data(), file.data() + file.size(), number);
  if (read.ec != std::errc() || read.ptr == file.data() + file.size() ||
      *read.ptr != '.') {
    return std::nullopt;
  }
  return number;
}

void Traffic::StartProcess(unsigned number) {
  // What a worker that was killed in this place left behind.
  for (Number& waiting : waiting_[number % kProcesses]) {
    waiting.store(0, kRelaxed);
  }
}

void Traffic::CountServed(const Served& served) {
  const auto resource = layout::Classify(served.path);
  const FileKind kind =
      resource ? FileKindOf(resource->kind) : FileKind::kOther;
  Flow& flow = flows_[At(kind)][At(served.outcome)];
  Add(flow.requests);
  Add(flow.bytes, served.bytes);
  // Whoever invents names gets refusals, and no place in the table; and what
  // is no file of a presentation, as /metrics, is no event.
  if (kind == FileKind::kOther) return;
  if (served.status < 200 || served.status >= 300) return;
  Event* const event = EventNamed(resource->event, served.now);
  if (event == nullptr) return;
  event->last.store(served.now, kRelaxed);
  Add(event->requests);
  Add(event->bytes, served.bytes);
  if (served.player) NotePlayer(event->players, *served.player);
  if (kind != FileKind::kSegment && kind != FileKind::kPart) return;
  if (const auto number = SegmentNumberOf(served.path)) {
    NoteNewest(*event, *number, served.now);
  }
}

void Traffic::CountFetch(std::string_view path, int status, uint64_t bytes) {
  Origin& origin = origins_[At(FileKindOf(path))];
  Add(origin.fetches);
  if (status >= 500) Add(origin.failures);
  Add(origin.bytes, bytes);
}

void Traffic::CountHopRefusal(hop::Refusal refusal) {
  Add(hop_refusals_[static_cast<size_t>(refusal)]);
}

void Traffic::Park(unsigned process, Wait wait) {
  Add(waiting_[process % kProcesses][At(wait)]);
}

void Traffic::Unpark(unsigned process, Wait wait, uint64_t waited) {
  waiting_[process % kProcesses][At(wait)].fetch_sub(1, kRelaxed);
  Histogram& waits = waits_[At(wait)];
  const auto bucket = std::ranges::lower_bound(kWaitBuckets, waited);
  Add(waits.counts[static_cast<size_t>(bucket - kWaitBuckets.begin())]);
  Add(waits.sum, waited);
}

// Null where the table is full: the rest is counted without a name.
Traffic::Event* Traffic::EventNamed(std::string_view name, uint64_t now) {
  if (name.size() >= kNameSize) return nullptr;
  Event* oldest = nullptr;
  for (Event& event : events_) {
    const uint32_t state = event.state.load(std::memory_order_acquire);
    if (state == 0 && Name(event, state, name)) return &event;
    // Another worker may be naming it, perhaps the same: this request is then
    // not counted. A worker killed meanwhile costs the place.
    if (!IsNamed(state)) continue;
    if (std::string_view(event.name.data()) == name) return &event;
    if (oldest == nullptr || event.last.load(kRelaxed) < oldest->last) {
      oldest = &event;
    }
  }
  if (oldest == nullptr || oldest->last + kForgottenAfterMs > now) {
    return nullptr;
  }
  const uint32_t state = oldest->state.load(std::memory_order_acquire);
  return IsNamed(state) && Name(*oldest, state, name) ? oldest : nullptr;
}

// Gives the place a name, and forgets what was counted there. Whoever counts
// for the old one at this moment counts for the new.
bool Traffic::Name(Event& event, uint32_t state, std::string_view name) {
  if (!event.state.compare_exchange_strong(state, state + 1)) return false;
  for (Number* number :
       {&event.last, &event.requests, &event.bytes, &event.newest,
        &event.newest_since, &event.players.reports, &event.players.starved,
        &event.players.starting}) {
    number->store(0, kRelaxed);
  }
  for (Mean* mean : {&event.players.bitrate, &event.players.throughput,
                     &event.players.start_delay, &event.players.latency}) {
    mean->count.store(0, kRelaxed);
    mean->sum.store(0, kRelaxed);
  }
  event.name.fill(0);
  std::ranges::copy(name, event.name.begin());
  event.state.store(state + 2, std::memory_order_release);
  return true;
}

void Traffic::NotePlayer(Players& players, const PlayerReport& report) {
  Add(players.reports);
  if (report.starved) Add(players.starved);
  if (report.starting) Add(players.starting);
  const auto add = [](Mean& mean, std::optional<uint32_t> number) {
    if (!number) return;
    Add(mean.count);
    Add(mean.sum, *number);
  };
  add(players.bitrate, report.bitrate);
  add(players.throughput, report.throughput);
  add(players.start_delay, report.start_delay);
  add(players.latency, report.latency);
}

void Traffic::NoteNewest(Event& event, uint64_t number, uint64_t now) {
  uint64_t newest = event.newest.load(kRelaxed);
  while (number > newest) {
    if (!event.newest.compare_exchange_weak(newest, number, kRelaxed)) continue;
    event.newest_since.store(now, kRelaxed);
    return;
  }
}

uint64_t Traffic::Requests(FileKind kind, CacheOutcome outcome) const {
  return flows_[At(kind)][At(outcome)].requests.load(kRelaxed);
}

uint64_t Traffic::Bytes(FileKind kind, CacheOutcome outcome) const {
  return flows_[At(kind)][At(outcome)].bytes.load(kRelaxed);
}

uint64_t Traffic::Fetches(FileKind kind) const {
  return origins_[At(kind)].fetches.load(kRelaxed);
}

uint64_t Traffic::FetchFailures(FileKind kind) const {
  return origins_[At(kind)].failures.load(kRelaxed);
}

uint64_t Traffic::FetchedBytes(FileKind kind) const {
  return origins_[At(kind)].bytes.load(kRelaxed);
}

uint64_t Traffic::HopRefusals(hop::Refusal refusal) const {
  return hop_refusals_[static_cast<size_t>(refusal)].load(kRelaxed);
}

uint64_t Traffic::Waiting(Wait wait) const {
  return std::accumulate(waiting_.begin(), waiting_.end(), uint64_t{0},
                         [wait](uint64_t sum, const auto& process) {
                           return sum + process[At(wait)].load(kRelaxed);
                         });
}

}  // namespace usher::engine

// What was served, from where, and how long it was waited for: numbers in
// memory that all workers share, each an atomic, so that counting takes no
// lock. Names of events are the only labels that come from outside, and there
// are at most kEvents of them: in a full table a new one takes the place of an
// event that nobody has watched for an hour. Never a ticket, session or
// address.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "core/hop/hop.h"
#include "ngx_module/engine/player_report.h"

namespace usher::engine {

enum class FileKind : uint8_t {
  kPlaylist,  // multivariant and media
  kMpd,
  kInit,
  kSegment,
  kPart,
  kKey,  // and licences
  kOther,
};
inline constexpr size_t kFileKinds = 7;

// Where an answer came from; the names are nginx's $upstream_cache_status.
enum class CacheOutcome : uint8_t {
  kNone,  // no cache was asked
  kMiss,
  kBypass,
  kExpired,
  kStale,
  kUpdating,
  kRevalidated,
  kHit,
  kCoalesced,  // a HIT after waiting for somebody else's fetch
};
inline constexpr size_t kCacheOutcomes = 9;

std::string_view NameOf(FileKind kind);
std::string_view NameOf(CacheOutcome outcome);

struct Served {
  std::string_view path;  // canonical
  int status = 0;
  CacheOutcome outcome = CacheOutcome::kNone;
  uint64_t bytes = 0;  // sent, heads included
  uint64_t now = 0;    // UNIX milliseconds
  std::optional<PlayerReport> player = {};
};

// Cumulative buckets in milliseconds, as Prometheus has them.
inline constexpr std::array<uint32_t, 11> kWaitBuckets = {
    5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000};

class Traffic {
 public:
  // Zeroes are a Traffic in which nothing happened.
  using Number = std::atomic<uint64_t>;
  static constexpr size_t kEvents = 64;
  static constexpr size_t kNameSize = 64;
  static constexpr uint64_t kForgottenAfterMs = 3'600'000;
  // Workers, old ones during a reload included.
  static constexpr size_t kProcesses = 128;

  enum class Wait : uint8_t { kFollower, kHeld };

  // How many players said a number, and the sum of what they said.
  struct Mean {
    Number count;
    Number sum;
  };
  // Of what players said with their requests.
  struct Players {
    Number reports;
    Number starved;
    Number starting;
    Mean bitrate;      // kbit/s
    Mean throughput;   // kbit/s
    Mean start_delay;  // ms
    Mean latency;      // ms
  };
  struct Event {
    // 0: free, odd: being named; the n-th name: 2 * n.
    std::atomic<uint32_t> state;
    uint32_t unused;
    std::array<char, kNameSize> name;
    Number last;  // request, UNIX milliseconds
    Number requests;
    Number bytes;
    // The newest segment that was served, and since when.
    Number newest;
    Number newest_since;  // UNIX milliseconds
    Players players;
  };
  struct Histogram {
    std::array<Number, kWaitBuckets.size() + 1> counts;
    Number sum;  // milliseconds
  };

  // `number` of the worker's place among the master's processes.
  void StartProcess(unsigned number);
  void CountServed(const Served& served);
  // An answer of the upstream: of how many bytes, where it says so.
  void CountFetch(std::string_view path, int status, uint64_t bytes);
  // A box, or somebody else, that was not let in by usher_hop_secret.
  void CountHopRefusal(hop::Refusal refusal);
  void Park(unsigned process, Wait wait);
  void Unpark(unsigned process, Wait wait, uint64_t waited);

  uint64_t Requests(FileKind kind, CacheOutcome outcome) const;
  uint64_t Bytes(FileKind kind, CacheOutcome outcome) const;
  uint64_t Fetches(FileKind kind) const;
  uint64_t FetchFailures(FileKind kind) const;
  uint64_t FetchedBytes(FileKind kind) const;
  uint64_t HopRefusals(hop::Refusal refusal) const;
  uint64_t Waiting(Wait wait) const;
  const Histogram& Waits(Wait wait) const {
    return waits_[static_cast<size_t>(wait)];
  }
  // Called for each event with its name.
  template <typename Call>
  void ForEachEvent(Call call) const {
    for (const Event& event : events_) {
      const uint32_t state = event.state.load(std::memory_order_acquire);
      if (!IsNamed(state)) continue;
      const std::array<char, kNameSize> name = event.name;
      std::atomic_thread_fence(std::memory_order_acquire);
      // Somebody may have been naming it anew meanwhile.
      if (event.state.load(std::memory_order_relaxed) != state) continue;
      call(event, std::string_view(name.data()));
    }
  }

 private:
  static bool IsNamed(uint32_t state) { return state != 0 && state % 2 == 0; }

  struct Flow {
    Number requests;
    Number bytes;
  };
  struct Origin {
    Number fetches;
    Number failures;
    Number bytes;
  };

  Event* EventNamed(std::string_view name, uint64_t now);
  static bool Name(Event& event, uint32_t state, std::string_view name);
  static void NotePlayer(Players& players, const PlayerReport& report);
  static void NoteNewest(Event& event, uint64_t number, uint64_t now);

  std::array<std::array<Flow, kCacheOutcomes>, kFileKinds> flows_;
  std::array<Origin, kFileKinds> origins_;
  std::array<Number, hop::kRefusals> hop_refusals_;
  std::array<Histogram, 2> waits_;
  std::array<std::array<Number, 2>, kProcesses> waiting_;
  std::array<Event, kEvents> events_;
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);
static_assert(std::is_standard_layout_v<Traffic>);

FileKind FileKindOf(std::string_view path);
// Of "/film/v720/17.m4s" and "/film/v720/17.3.m4s".
std::optional<uint64_t> SegmentNumberOf(std::string_view path);

}  // namespace usher::engine

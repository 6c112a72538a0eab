// Which cache keys are being filled, by whom, and what is known of the rest.
//
// A set-associative table of fixed-size slots in memory that all workers of
// nginx share. It holds no pointer, so a worker that dies in the middle of an
// update leaves at worst one wrong slot, and that one ages out. The caller
// holds the memory's lock during each call; no call blocks or allocates.
//
// A *fill* is one leader's attempt to bring one key into the cache. It has a
// number, so that a late end of an old fill cannot end its successor. Keys are
// digests: two requests of one key want the same object.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace usher::engine {

using FillKey = std::array<uint8_t, 16>;

// What a request is to do.
enum class FillStep : uint8_t {
  kLead,    // go to the upstream; End() the fill whatever happens
  kFollow,  // wait until UnderWay() says no, then ask again
  kFresh,   // the cache has it
  kPass,    // nginx alone: the last answer could not be shared just now
  kBypass,  // as kPass, and nginx's own lock would only make a queue
  kRefuse,  // the origin fails: say so, and leave it in peace for a moment
  kSpare,   // the origin fails, and the cache has an old one: serve that
  kFull,    // no slot: nginx alone
};

struct FillEntry {
  FillStep step = FillStep::kFull;
  uint64_t fill = 0;  // of kLead and kFollow
  // kLead: the leader before died and may still hold nginx's own lock.
  bool lock_left = false;
};

enum class FillOutcome : uint8_t {
  kStored,       // the cache has it
  kFailed,       // the upstream answered 5xx or not at all: the next one tries
  kAbandoned,    // the leader left or the answer was cut: the next one tries
  kUncacheable,  // answers to this key are never stored
  kStale,        // the upstream failed, and an old one was served instead
  kUnshared,     // this answer was not stored, or is being refreshed
};

class FillTable {
 public:
  // A slot is reclaimed from a leader that says nothing for so long.
  static constexpr int64_t kLongestFillMs = 60'000;
  // The cache may drop an object before it expires: ask it now and then.
  static constexpr int64_t kTrustFreshMs = 10'000;
  static constexpr int64_t kUncacheableMs = 4'000;
  static constexpr int64_t kUnsharedMs = 1'000;
  static constexpr int64_t kFailingMs = 1'000;
  // So many leaders in a row may fail until the others are refused, or may
  // leave until all go on their own. Leaving is the clients' doing, and must
  // not be a way to have others refused.
  static constexpr int kFailuresInRow = 3;
  static constexpr int kAbandonedInRow = 16;

  static size_t MinimumSize();
  // Lays an empty table over `memory`, which is 8-byte aligned, at least
  // MinimumSize() long and outlives every FillTable over it.
  static void Format(std::span<std::byte> memory);
  // Whether Format() of this build wrote what lies at `memory`.
  static bool Usable(const void* memory);

  explicit FillTable(void* memory);

  // `missed`: the caller found nothing in the cache, whatever is known here.
  FillEntry Enter(const FillKey& key, int32_t pid, int64_t now_ms,
                  bool missed = false);
  bool UnderWay(const FillKey& key, uint64_t fill, int64_t now_ms) const;
  // `fresh_until_ms` counts for kStored. True where somebody may be waiting.
  bool End(const FillKey& key, uint64_t fill, FillOutcome outcome,
           int64_t fresh_until_ms, int64_t now_ms);
  // Ends the fills of processes that are no more. True as for End().
  bool EndOfDead(bool (*alive)(int32_t pid), int64_t now_ms);

 private:
  struct Header;
  struct Slot;

  std::span<Slot> Bucket(const FillKey& key) const;
  Slot* Find(const FillKey& key) const;
  Slot* Claim(const FillKey& key, int64_t now_ms) const;
  FillEntry Lead(Slot& slot, int32_t pid, int64_t now_ms) const;
  static void Count(Slot& slot, FillOutcome outcome);
  static void Remember(Slot& slot, FillOutcome outcome, int64_t fresh_until_ms,
                       int64_t now_ms);

  Header* header_;
};

}  // namespace usher::engine

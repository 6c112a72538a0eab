// The content keys of a live event, crypto period by crypto period. Each lies
// in the key store, and where the origin reads it, before anything names it.
//
// With --key-rotation the keys of the next period are made as soon as one
// begins, so that there is time to bring them to the origin; it answers them
// from one target duration before (ContentKey::from). Where that cannot be done
// in time the period goes on until it can. Not thread-safe; origins are spoken
// to on a thread of its own, for they may be away.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <future>
#include <optional>
#include <span>
#include <vector>

#include "core/base/error.h"
#include "core/base/random_source.h"
#include "core/keys/rotation_schedule.h"
#include "packager/config/live_settings.h"
#include "packager/encrypt/track_keys.h"
#include "packager/live/event_state.h"
#include "packager/live/live_source.h"
#include "packager/pipeline/key_groups.h"
#include "packager/pipeline/package_keys.h"
#include "packager/track/media_time.h"
#include "packager/track/track.h"

namespace usher::live {

class LiveKeys {
 public:
  // All outlive the object.
  LiveKeys(const config::LiveOptions& options, RandomSource& random, Log log);

  // Makes the keys of the first period and brings them to the origin.
  Status Begin(const std::vector<Track>& tracks);
  // Those of an event that goes on.
  Status Restore(const std::vector<Track>& tracks,
                 std::span<const CryptoPeriodState> periods);

  // To be asked of every segment in order, before any file of it: whether a
  // period begins with it, and it is there to be used then. `start` is in
  // seconds from where the event begins, which was at `began`.
  struct Segment {
    uint64_t number = 0;
    MediaTime at;
    double start = 0;
    uint64_t target_duration = 0;  // seconds
  };
  bool BeginsPeriod(const Segment& segment,
                    std::chrono::system_clock::time_point began);

  const std::vector<CryptoPeriodState>& periods() const { return periods_; }
  // `scheme` is an index into the options', `track` one into the event's.
  TrackKeys Of(size_t scheme, size_t track) const;
  KeyPeriod NewestOf(size_t scheme, size_t track) const;

 private:
  Status Make(uint64_t from);
  Status Deliver(const PackageKeys& keys) const;
  bool IsDelivered();
  void Prepare(const Segment& segment,
               std::chrono::system_clock::time_point began);
  void Adopt(uint64_t number, MediaTime at);
  KeyPeriod PeriodOf(size_t index, size_t scheme, size_t track) const;

  const config::LiveOptions& options_;
  RandomSource& random_;
  Log log_;
  std::vector<KeyGroup> groups_;
  std::deque<PackageKeys> keys_;  // by period, and perhaps the next one's
  std::vector<CryptoPeriodState> periods_;
  keys::RotationSchedule schedule_;
  bool due_ = false;        // a period should have begun
  bool delivered_ = false;  // the next one's are where the origin reads them
  std::optional<Error> problem_;  // why they are not, as far as is known
  bool told_ = false;             // that it waits
  // Ends before anything it reads does.
  std::future<Status> delivery_;
};

}  // namespace usher::live

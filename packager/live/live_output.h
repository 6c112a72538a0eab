// The output half of a live event: what has been cut goes to every scheme, and
// from there to playlists and storage. Knows which segment is next.
//
// Segments are published when every track of the feed has its share; parts at
// once. With a journal nothing is stored before the journal has its number, and
// nothing told before it has that: where it cannot be written everything waits,
// for as long as it takes. What an
// earlier run has published stays as it is: where one was cut off in the middle
// of storing a segment, its number is spent, for somebody may have seen a file
// of that name, and under cenc its IVs are used up. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/base/random_source.h"
#include "packager/config/live_settings.h"
#include "packager/fragment/live_cutter.h"
#include "packager/input/interrupt.h"
#include "packager/live/date_slew.h"
#include "packager/live/event_clock.h"
#include "packager/live/event_journal.h"
#include "packager/live/live_keys.h"
#include "packager/live/live_scheme.h"
#include "packager/live/live_source.h"
#include "packager/storage/storage.h"
#include "packager/track/media_time.h"
#include "packager/track/track.h"

namespace usher::live {

class LiveOutput {
 public:
  // All outlive the object; `journal` may be null.
  LiveOutput(const config::LiveOptions& options, Storage& storage,
             EventJournal* journal, EventClock& clock,
             const Interrupt& interrupt, Log log)
      : options_(options),
        storage_(storage),
        journal_(journal),
        clock_(clock),
        interrupt_(interrupt),
        log_(std::move(log)) {}

  // Makes the keys and brings them to the origin. `began` is when media time
  // zero was.
  Status Begin(const std::vector<Track>& tracks,
               std::chrono::system_clock::time_point began,
               RandomSource& random);
  // Goes on with the event that the journal has found, which has segments.
  // `files` is where they lie; empty: where they cannot be read.
  Status Resume(const std::filesystem::path& files, RandomSource& random);
  bool begun() const { return !schemes_.empty(); }

  // From here on those tracks have media; the others are silent.
  void Expect(std::vector<size_t> tracks);
  // From here on the track has this configuration. `configured` outlives the
  // object.
  Status Configure(size_t track, const Track& configured);
  // The next segment lies behind a discontinuity.
  void BreakAt(MediaTime at);
  // With --epoch: the next segment is `number`, which begins there; what lies
  // between is a gap.
  void GoOnWith(uint64_t number, MediaTime at);
  // Whether the tracks go on with the init segments they have.
  bool Continues(size_t track, const Track& configured) const;
  // Gives up the segment that is open.
  void DropOpen();
  // What every playlist promises. Once they are known they stay.
  void Promise(uint64_t target_duration, const LiveCutter::PartLengths& parts);

  // Cuts of the event's tracks. What cannot be stored is told and given up.
  void Take(std::vector<LiveCutter::Cut> cuts);
  // Nobody publishes any more, for now: nothing is told before it is there.
  void Wait();
  // Of an event that is over.
  Status End();

  uint64_t next_number() const { return number_; }
  uint64_t segments() const { return number_ - first_; }
  // With --epoch, where the first segment begins; else 0.
  double start() const { return start_; }
  double end() const { return end_; }  // seconds on the tracks' line

 private:
  // Where the segments of the first track that has media lie.
  struct Span {
    uint64_t number = 0;
    MediaTime begin;
    MediaTime end;
  };

  void AddSchemes(const std::vector<Track>& tracks,
                  std::chrono::system_clock::time_point began);
  void Restore(const EventState& state, const std::filesystem::path& files);
  void SpendNumber(MediaTime until);
  bool NoteBegun(const LiveCutter::Cut& cut);
  void RotateKeys(const LiveCutter::Cut& cut);
  Status Journal(bool ended);
  void Write(LiveCutter::Cut& cut);
  void NoteSpan(const LiveCutter::Cut& cut);
  bool IsComplete(uint64_t number) const;
  void Complete();
  Status Publish(bool ended);
  Status PublishParts();
  void RemoveOldParts();
  void SlewDates(double end);
  void SetDateShift(uint64_t from, std::chrono::milliseconds by);
  double PartsKeptFrom() const;
  std::optional<std::chrono::microseconds> Window() const;
  bool HasParts() const { return state_.part_target.count() > 0; }

  const config::LiveOptions& options_;
  Storage& storage_;
  EventJournal* journal_;
  EventClock& clock_;
  const Interrupt& interrupt_;
  Log log_;
  std::optional<LiveKeys> keys_;
  std::vector<std::unique_ptr<LiveScheme>> schemes_;
  manifest::LiveState state_;
  LiveCutter::PartLengths parts_;

  DateSlew slew_;
  std::vector<manifest::DateShift> date_shifts_;

  std::vector<size_t> expected_;
  std::vector<uint64_t> last_;  // whole segment of each track
  std::vector<Span> spans_;     // of segments that are not complete
  uint64_t first_ = 1;          // of all segments
  uint64_t number_ = 1;         // of the next segment to be complete
  double start_ = 0;
  double end_ = 0;
  bool spent_ = false;  // the next number, by a run that was cut off
};

}  // namespace usher::live

// What a live event has published, on the disk before anybody is told of it, so
// that the same command goes on after whatever ended the last one.
//
// Each entry tells what is new since the one before; when those have become
// more than what they add up to, one entry with all of it takes their place.
// A failed Note is made up for by the next one. Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "core/base/error.h"
#include "packager/live/event_state.h"
#include "packager/live/journal_file.h"
#include "packager/live/state_codec.h"
#include "packager/live/state_directory.h"
#include "packager/manifest/presentation.h"

namespace usher::live {

class EventJournal {
 public:
  // Takes the directory for this process, and reads what it holds. BadInput
  // where another process has it, or the journal is damaged.
  static Result<EventJournal> Open(const std::filesystem::path& directory);

  // The event that was cut off, or had ended; nothing of a new one.
  const std::optional<EventState>& found() const { return found_; }
  // Once it goes on: a day of it is megabytes.
  void ForgetFound() { found_.reset(); }
  // Begins another event: `head` without anything published.
  Status Begin(const EventState& head);

  // A file of segment `number` is going to be stored, the first.
  Status NoteBegun(uint64_t number);
  // What there is to publish by now, all of it. Presentations by scheme.
  struct Progress {
    uint64_t target_duration = 0;
    LiveCutter::PartLengths parts;
    bool ended = false;
    std::span<const CryptoPeriodState> periods;
    std::span<const manifest::DateShift> date_shifts;
    std::vector<const manifest::Presentation*> schemes;
  };
  Status Note(const Progress& now);

  uint64_t begun() const { return head_.begun; }

 private:
  // How much of a track, a scheme and the event is in the journal.
  struct OfTrack {
    size_t inits = 0;
    size_t segments = 0;
    uint64_t open = 0;  // number
    size_t parts = 0;   // of that
  };
  struct OfScheme {
    std::vector<manifest::Break> breaks;
    std::vector<OfTrack> tracks;
  };
  struct Written {
    uint64_t target_duration = 0;
    LiveCutter::PartLengths parts;
    size_t periods = 0;
    std::vector<manifest::DateShift> date_shifts;
    bool ended = false;
    std::vector<OfScheme> schemes;
  };

  // Items on their way to the file.
  class Items;

  EventJournal(StateDirectory directory, JournalFile file)
      : directory_(std::move(directory)), file_(std::move(file)) {}
  void TakeUp(const EventState& state);
  Status Compact(const Progress& now);
  static Status Write(const Progress& now, Written& written, Items& out);
  static void WriteDateShifts(std::span<const manifest::DateShift> now,
                              std::vector<manifest::DateShift>& written,
                              StateWriter& out);
  static Status Write(size_t scheme, const manifest::Presentation& now,
                      OfScheme& written, Items& out);
  static Status Write(size_t scheme, size_t track,
                      const manifest::TrackRecord& now, OfTrack& written,
                      Items& out);

  StateDirectory directory_;
  JournalFile file_;
  std::optional<EventState> found_;
  EventState head_;  // and how far segments have begun
  Written written_;
  uint64_t compact_size_ = 0;
};

}  // namespace usher::live

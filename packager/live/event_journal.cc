#include "packager/live/event_journal.h"

#include <algorithm>
#include <utility>

namespace usher::live {
namespace {

// Until then it is not worth it.
constexpr uint64_t kSmall = 1 << 20;

// No more of a long event than that is in memory at once.
constexpr size_t kLargeEntry = 64 * 1024;

}  // namespace

class EventJournal::Items : public StateWriter {
 public:
  // All in one entry.
  Items() = default;
  // In several, where they are many.
  explicit Items(const JournalFile::AddEntry& add) : add_(&add) {}

  // Between two items.
  Status MakeRoom() {
    if (add_ == nullptr || entry().size() < kLargeEntry) return {};
    auto added = (*add_)(entry());
    BeginAnother();
    return added;
  }

 private:
  const JournalFile::AddEntry* add_ = nullptr;
};

Result<EventJournal> EventJournal::Open(
    const std::filesystem::path& directory) {
  auto taken = StateDirectory::Take(directory);
  if (!taken) return std::unexpected(taken.error());
  const std::filesystem::path path = taken->journal();
  auto file = JournalFile::Open(path);
  if (!file) return std::unexpected(file.error());
  EventJournal journal(*std::move(taken), *std::move(file));
  EventState state;
  bool any = false;
  for (const Bytes& entry : journal.file_.TakeEntries()) {
    any = true;
    if (ReadEntry(entry, state)) continue;
    return BadInput(path.string(), "is of another version of usher",
                    "begin another event, with another --event and --state");
  }
  if (any) journal.TakeUp(state);
  return journal;
}

void EventJournal::TakeUp(const EventState& state) {
  found_ = state;
  head_.event = state.event;
  head_.settings = state.settings;
  head_.began_at = state.began_at;
  head_.tracks = state.tracks;
  head_.begun = state.begun;
  written_.target_duration = state.target_duration;
  written_.parts = state.parts;
  written_.periods = state.periods.size();
  written_.date_shifts = state.date_shifts;
  written_.ended = state.ended;
  for (const SchemeState& scheme : state.schemes) {
    OfScheme& written = written_.schemes.emplace_back();
    written.breaks = scheme.breaks;
    for (const manifest::TrackRecord& record : scheme.tracks) {
      written.tracks.push_back({record.inits.size(), record.segments.size(),
                                record.open.number, record.open.parts.size()});
    }
  }
}

Status EventJournal::Begin(const EventState& head) {
  found_.reset();
  head_ = head;
  written_ = {};
  written_.schemes.resize(head.schemes.size());
  for (OfScheme& scheme : written_.schemes) {
    scheme.tracks.resize(head.tracks.size());
  }
  StateWriter out;
  out.Head(head, head.schemes.size());
  for (const CryptoPeriodState& period : head.periods) out.Period(period);
  written_.periods = head.periods.size();
  auto replaced = file_.Replace(out.entry());
  compact_size_ = file_.size();
  return replaced;
}

Status EventJournal::NoteBegun(uint64_t number) {
  StateWriter out;
  out.Begun(number);
  auto appended = file_.Append(out.entry());
  if (appended) head_.begun = number;
  return appended;
}

Status EventJournal::Note(const Progress& now) {
  if (file_.size() > 2 * compact_size_ + kSmall) return Compact(now);
  Written written = written_;
  Items out;
  if (auto read = Write(now, written, out); !read) return read;
  if (out.entry().empty()) return {};
  auto appended = file_.Append(out.entry());
  if (appended) written_ = std::move(written);
  return appended;
}

Status EventJournal::Compact(const Progress& now) {
  Written written;
  for (const OfScheme& scheme : written_.schemes) {
    written.schemes.emplace_back().tracks.resize(scheme.tracks.size());
  }
  const auto replaced = file_.ReplaceAll([&](const auto& add) -> Status {
    Items out(add);
    out.Head(head_, written.schemes.size());
    out.Begun(head_.begun);
    if (auto read = Write(now, written, out); !read) return read;
    return add(out.entry());
  });
  if (!replaced) return replaced;
  written_ = std::move(written);
  compact_size_ = file_.size();
  return {};
}

Status EventJournal::Write(const Progress& now, Written& written, Items& out) {
  if (now.target_duration != written.target_duration ||
      now.parts.target != written.parts.target) {
    out.Promise(now.target_duration, now.parts);
    written.target_duration = now.target_duration;
    written.parts = now.parts;
  }
  for (; written.periods < now.periods.size(); ++written.periods) {
    out.Period(now.periods[written.periods]);
  }
  WriteDateShifts(now.date_shifts, written.date_shifts, out);
  for (size_t i = 0; i < now.schemes.size(); ++i) {
    auto done = Write(i, *now.schemes[i], written.schemes[i], out);
    if (!done) return done;
  }
  if (now.ended && !std::exchange(written.ended, true)) out.Ended();
  return {};
}

// The last one stands for all behind it, too, which are none.
void EventJournal::WriteDateShifts(std::span<const manifest::DateShift> now,
                                   std::vector<manifest::DateShift>& written,
                                   StateWriter& out) {
  const auto differ = std::ranges::mismatch(now, written);
  auto first = static_cast<size_t>(differ.in1 - now.begin());
  if (now.size() < written.size() && first > 0) {
    first = std::min(first, now.size() - 1);
  }
  for (size_t i = first; i < now.size(); ++i) out.DateShift(i, now[i]);
  written.assign(now.begin(), now.end());
}

Status EventJournal::Write(size_t scheme, const manifest::Presentation& now,
                           OfScheme& written, Items& out) {
  const auto differ = std::ranges::mismatch(now.breaks, written.breaks);
  for (auto each = differ.in1; each != now.breaks.end(); ++each) {
    out.Break(scheme, static_cast<size_t>(each - now.breaks.begin()), *each);
  }
  written.breaks = now.breaks;
  for (size_t i = 0; i < now.tracks.size(); ++i) {
    auto done = Write(scheme, i, now.tracks[i], written.tracks[i], out);
    if (!done) return done;
  }
  return {};
}

Status EventJournal::Write(size_t scheme, size_t track,
                           const manifest::TrackRecord& now, OfTrack& written,
                           Items& out) {
  for (; written.inits < now.inits.size(); ++written.inits) {
    out.Init(scheme, track, now.inits[written.inits]);
  }
  Status done;
  const auto write = [&](const manifest::SegmentRecord& segment) {
    if (done) done = out.MakeRoom();
    out.Segment(scheme, track, segment);
    ++written.segments;
  };
  auto read = now.past.ForEach(written.segments, write);
  if (!read) return read;
  while (written.segments < now.SegmentCount()) {
    write(now.segments[written.segments - now.past.size()]);
  }
  if (!done) return done;
  if (now.open.parts.empty()) return {};
  if (now.open.number != written.open) written.parts = 0;
  written.open = now.open.number;
  for (; written.parts < now.open.parts.size(); ++written.parts) {
    out.Part(scheme, track, now.open, now.open.parts[written.parts]);
  }
  return {};
}

}  // namespace usher::live

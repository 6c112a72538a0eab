// How an EventState lies in a journal: items, each a byte that tells its kind
// and then its fields, integers as LEB128, strings and bytes behind their
// length. An entry of the journal is some items.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/bytes.h"
#include "packager/live/event_state.h"

namespace usher::live {

// Appends items to an entry.
class StateWriter {
 public:
  // What stays as it is, in front of everything else: the event, its settings
  // and tracks.
  void Head(const EventState& state, size_t schemes);
  void Promise(uint64_t target_duration, const LiveCutter::PartLengths& parts);
  void Begun(uint64_t number);
  void Ended();
  void Period(const CryptoPeriodState& period);
  void Break(size_t scheme, size_t index, const manifest::Break& each);
  // The last one so far, in the place of those from `index` on.
  void DateShift(size_t index, const manifest::DateShift& each);
  void Init(size_t scheme, size_t track, const manifest::InitRecord& init);
  void Segment(size_t scheme, size_t track,
               const manifest::SegmentRecord& segment);
  // The newest part of the segment that is open.
  void Part(size_t scheme, size_t track, const manifest::SegmentRecord& open,
            const manifest::PartRecord& part);

  const Bytes& entry() const { return entry_; }
  // The next item begins another entry.
  void BeginAnother() { entry_.clear(); }

 private:
  void Number(uint64_t value);
  void Signed(int64_t value);
  void Blob(ByteView bytes);
  void Text(std::string_view text) { Blob(AsBytes(text)); }
  void Kid(const keys::KeyId& kid);
  void Time(const MediaTime& time);
  void TrackFields(const Track& track);
  void SegmentFields(const manifest::SegmentRecord& segment);
  void PartFields(const manifest::PartRecord& part);

  Bytes entry_;
};

// Adds an entry's items to `state`. False where it makes no sense; `state` is
// of no use then.
bool ReadEntry(ByteView entry, EventState& state);

}  // namespace usher::live

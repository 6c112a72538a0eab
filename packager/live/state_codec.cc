#include "packager/live/state_codec.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace usher::live {
namespace {

using manifest::SegmentRecord;
using std::chrono::milliseconds;

enum Item : uint8_t {
  kHead = 1,
  kPromise,
  kBegun,
  kEnded,
  kPeriod,
  kBreak,
  kInit,
  kSegment,
  kPart,
  kDateShift,
};

// What an optional field is preceded by, as bits.
constexpr uint64_t kHasKid = 1;
constexpr uint64_t kHasIv = 2;
constexpr uint64_t kIsGap = 4;
constexpr uint64_t kHasTrack = 8;
constexpr uint64_t kIsIndependent = 16;
constexpr uint64_t kHasCaptions = 32;

}  // namespace

void StateWriter::Number(uint64_t value) {
  for (; value >= 0x80; value >>= 7) {
    entry_.push_back(static_cast<uint8_t>(value | 0x80));
  }
  entry_.push_back(static_cast<uint8_t>(value));
}

// Zigzag: small ones of either sign are short.
void StateWriter::Signed(int64_t value) {
  Number(static_cast<uint64_t>(value) << 1 ^
         static_cast<uint64_t>(value >> 63));
}

void StateWriter::Blob(ByteView bytes) {
  Number(bytes.size());
  entry_.insert(entry_.end(), bytes.begin(), bytes.end());
}

void StateWriter::Kid(const keys::KeyId& kid) {
  entry_.insert(entry_.end(), kid.bytes.begin(), kid.bytes.end());
}

void StateWriter::Time(const MediaTime& time) {
  Signed(time.ticks);
  Number(time.timescale);
}

void StateWriter::Head(const EventState& state, size_t schemes) {
  entry_.push_back(kHead);
  Text(state.event);
  Text(state.settings);
  Signed(state.began_at.time_since_epoch().count());
  Number(schemes);
  Number(state.tracks.size());
  for (const Track& track : state.tracks) TrackFields(track);
}

void StateWriter::TrackFields(const Track& track) {
  entry_.push_back(static_cast<uint8_t>(track.kind));
  entry_.push_back(static_cast<uint8_t>(track.codec));
  Text(track.name);
  Text(track.language);
  Text(track.role);
  Text(track.codecs);
  Blob(track.decoder_config);
  Blob(track.picture_boxes.mastering_display);
  Blob(track.picture_boxes.content_light);
  Blob(track.picture_boxes.dolby_vision);
  for (const uint64_t field : std::initializer_list<uint64_t>{
           track.timescale, track.presentation_time_offset, track.width,
           track.height, track.sar_num, track.sar_den, track.rotation,
           track.colour.primaries, track.colour.transfer, track.colour.matrix,
           track.colour.full_range, track.frame_rate_num, track.frame_rate_den,
           track.decode_delay, track.sample_rate, track.channels,
           track.speaker_locations, track.objects}) {
    Number(field);
  }
}

void StateWriter::Promise(uint64_t target_duration,
                          const LiveCutter::PartLengths& parts) {
  entry_.push_back(kPromise);
  Number(target_duration);
  Number(static_cast<uint64_t>(parts.target.count()));
  Number(static_cast<uint64_t>(parts.lead.count()));
}

void StateWriter::Begun(uint64_t number) {
  entry_.push_back(kBegun);
  Number(number);
}

void StateWriter::Ended() { entry_.push_back(kEnded); }

void StateWriter::Period(const CryptoPeriodState& period) {
  entry_.push_back(kPeriod);
  Number(period.first_number);
  Time(period.at);
  Number(period.kids.size());
  for (const auto& of_scheme : period.kids) {
    Number(of_scheme.size());
    for (const keys::KeyId& kid : of_scheme) Kid(kid);
  }
}

void StateWriter::Break(size_t scheme, size_t index,
                        const manifest::Break& each) {
  entry_.push_back(kBreak);
  Number(scheme);
  Number(index);
  entry_.push_back(static_cast<uint8_t>(each.kind));
  Number(each.number);
  Time(each.at);
}

void StateWriter::DateShift(size_t index, const manifest::DateShift& each) {
  entry_.push_back(kDateShift);
  Number(index);
  Number(each.first_number);
  Signed(each.by.count());
}

void StateWriter::Init(size_t scheme, size_t track,
                       const manifest::InitRecord& init) {
  entry_.push_back(kInit);
  Number(scheme);
  Number(track);
  Text(init.file);
  Number(init.first_number);
  Number((init.protection ? kHasKid : 0) | (init.track ? kHasTrack : 0));
  if (init.protection) Kid(init.protection->default_kid);
  if (init.track) TrackFields(*init.track);
}

void StateWriter::Segment(size_t scheme, size_t track,
                          const SegmentRecord& segment) {
  entry_.push_back(kSegment);
  Number(scheme);
  Number(track);
  SegmentFields(segment);
  Number(segment.parts.size());
  for (const manifest::PartRecord& part : segment.parts) PartFields(part);
}

void StateWriter::Part(size_t scheme, size_t track, const SegmentRecord& open,
                       const manifest::PartRecord& part) {
  entry_.push_back(kPart);
  Number(scheme);
  Number(track);
  SegmentFields(open);
  PartFields(part);
}

void StateWriter::SegmentFields(const SegmentRecord& segment) {
  for (const uint64_t field : std::initializer_list<uint64_t>{
           segment.number, segment.start, segment.duration, segment.bytes,
           segment.sap_type, segment.key_picture_bytes,
           segment.key_picture_delay, segment.init}) {
    Number(field);
  }
  Number((segment.kid ? kHasKid : 0) | (segment.iv ? kHasIv : 0) |
         (segment.gap ? kIsGap : 0) | (segment.captions ? kHasCaptions : 0));
  if (segment.kid) Kid(*segment.kid);
  if (segment.iv) {
    entry_.insert(entry_.end(), segment.iv->begin(), segment.iv->end());
  }
}

void StateWriter::PartFields(const manifest::PartRecord& part) {
  Number(part.duration);
  Number((part.independent ? kIsIndependent : 0) | (part.gap ? kIsGap : 0));
}

namespace {

// What is not there reads as zero, and is remembered.
class StateReader {
 public:
  StateReader(ByteView entry, EventState& state)
      : rest_(entry), state_(state) {}

  bool Read() {
    while (ok_ && !rest_.empty()) ReadItem(Byte());
    return ok_;
  }

 private:
  void ReadItem(uint8_t item);
  void ReadHead();
  void ReadPeriod();
  void ReadBreak();
  void ReadDateShift();
  void ReadInit();
  void ReadSegment(bool part);

  bool Refuse() { return ok_ = false; }
  uint8_t Byte() {
    if (rest_.empty()) return Refuse();
    const uint8_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    return byte;
  }
  uint64_t Number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return Refuse();
  }
  template <typename T>
  void Number(T& field) {
    const uint64_t value = Number();
    field = static_cast<T>(value);
    if (static_cast<uint64_t>(field) != value) Refuse();
  }
  int64_t Signed() {
    const uint64_t value = Number();
    return static_cast<int64_t>(value >> 1 ^ (~(value & 1) + 1));
  }
  // How many things follow, each of a byte at least.
  size_t Count() {
    const uint64_t count = Number();
    if (count > rest_.size()) Refuse();
    return ok_ ? count : 0;
  }
  ByteView Take(size_t size) {
    if (size > rest_.size()) Refuse();
    const ByteView taken = rest_.first(ok_ ? size : 0);
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  Bytes Blob() {
    const ByteView bytes = Take(Count());
    return {bytes.begin(), bytes.end()};
  }
  std::string Text() { return std::string(AsText(Take(Count()))); }
  template <size_t kSize>
  std::array<uint8_t, kSize> Array() {
    std::array<uint8_t, kSize> array{};
    std::ranges::copy(Take(kSize), array.begin());
    return array;
  }
  keys::KeyId Kid() { return {Array<16>()}; }
  MediaTime Time() {
    MediaTime time;
    time.ticks = Signed();
    Number(time.timescale);
    if (time.timescale == 0) Refuse();
    return time;
  }
  Track ReadTrack();
  SegmentRecord ReadFields();
  manifest::PartRecord ReadPart() {
    manifest::PartRecord part;
    part.duration = Number();
    const uint64_t has = Number();
    part.independent = (has & kIsIndependent) != 0;
    part.gap = (has & kIsGap) != 0;
    return part;
  }
  SchemeState* ReadScheme() {
    const uint64_t index = Number();
    if (index >= state_.schemes.size()) Refuse();
    return ok_ ? &state_.schemes[index] : nullptr;
  }
  manifest::TrackRecord* ReadRecord() {
    SchemeState* scheme = ReadScheme();
    const uint64_t index = Number();
    if (scheme == nullptr || index >= scheme->tracks.size()) Refuse();
    return ok_ ? &scheme->tracks[index] : nullptr;
  }

  ByteView rest_;
  EventState& state_;
  bool ok_ = true;
};

void StateReader::ReadItem(uint8_t item) {
  if (item == kHead) return ReadHead();
  switch (item) {
    case kPromise:
      Number(state_.target_duration);
      state_.parts.target = milliseconds(Number() & UINT32_MAX);
      state_.parts.lead = milliseconds(Number() & UINT32_MAX);
      return;
    case kBegun:
      state_.begun = Number();
      return;
    case kEnded:
      state_.ended = true;
      return;
    case kPeriod:
      return ReadPeriod();
    case kBreak:
      return ReadBreak();
    case kInit:
      return ReadInit();
    case kSegment:
      return ReadSegment(false);
    case kPart:
      return ReadSegment(true);
    case kDateShift:
      return ReadDateShift();
    default:
      Refuse();
  }
}

void StateReader::ReadHead() {
  state_ = {};
  state_.event = Text();
  state_.settings = Text();
  state_.began_at = std::chrono::sys_time<milliseconds>(milliseconds(Signed()));
  const size_t schemes = Count();
  const size_t tracks = Count();
  constexpr size_t kMost = 64;
  if (schemes > kMost || tracks > kMost) Refuse();
  for (size_t i = 0; ok_ && i < tracks; ++i) {
    state_.tracks.push_back(ReadTrack());
  }
  if (!ok_) return;
  state_.schemes.resize(schemes);
  for (SchemeState& scheme : state_.schemes) scheme.tracks.resize(tracks);
}

Track StateReader::ReadTrack() {
  Track track;
  track.kind = static_cast<TrackKind>(Byte());
  track.codec = static_cast<Codec>(Byte());
  if (track.kind > TrackKind::kText || track.codec > Codec::kFlac) Refuse();
  track.name = Text();
  track.language = Text();
  track.role = Text();
  track.codecs = Text();
  track.decoder_config = Blob();
  track.picture_boxes.mastering_display = Blob();
  track.picture_boxes.content_light = Blob();
  track.picture_boxes.dolby_vision = Blob();
  Number(track.timescale);
  Number(track.presentation_time_offset);
  Number(track.width);
  Number(track.height);
  Number(track.sar_num);
  Number(track.sar_den);
  Number(track.rotation);
  Number(track.colour.primaries);
  Number(track.colour.transfer);
  Number(track.colour.matrix);
  Number(track.colour.full_range);
  Number(track.frame_rate_num);
  Number(track.frame_rate_den);
  Number(track.decode_delay);
  Number(track.sample_rate);
  Number(track.channels);
  Number(track.speaker_locations);
  Number(track.objects);
  if (track.timescale == 0) Refuse();
  return track;
}

void StateReader::ReadPeriod() {
  CryptoPeriodState period;
  period.first_number = Number();
  period.at = Time();
  period.kids.resize(Count());
  for (auto& of_scheme : period.kids) {
    const size_t count = Count();
    for (size_t i = 0; ok_ && i < count; ++i) of_scheme.push_back(Kid());
  }
  if (period.kids.size() != state_.schemes.size()) Refuse();
  state_.periods.push_back(std::move(period));
}

// A crypto period's break may become a discontinuity.
void StateReader::ReadBreak() {
  SchemeState* scheme = ReadScheme();
  const uint64_t index = Number();
  if (scheme == nullptr || index > scheme->breaks.size()) {
    Refuse();
    return;
  }
  scheme->breaks.resize(index);
  manifest::Break each;
  const uint8_t kind = Byte();
  each.kind = static_cast<manifest::Break::Kind>(kind);
  if (kind > static_cast<uint8_t>(manifest::Break::Kind::kGap)) {
    Refuse();
  }
  each.number = Number();
  each.at = Time();
  scheme->breaks.push_back(each);
}

void StateReader::ReadDateShift() {
  const uint64_t index = Number();
  if (index > state_.date_shifts.size()) {
    Refuse();
    return;
  }
  state_.date_shifts.resize(index);
  manifest::DateShift each;
  each.first_number = Number();
  each.by = milliseconds(Signed());
  state_.date_shifts.push_back(each);
}

void StateReader::ReadInit() {
  manifest::TrackRecord* record = ReadRecord();
  manifest::InitRecord init;
  init.file = Text();
  init.first_number = Number();
  const uint64_t has = Number();
  if (has & kHasKid) init.protection.emplace().default_kid = Kid();
  if (has & kHasTrack) init.track = ReadTrack();
  if (record != nullptr) record->inits.push_back(std::move(init));
}

void StateReader::ReadSegment(bool part) {
  manifest::TrackRecord* record = ReadRecord();
  SegmentRecord segment = ReadFields();
  const size_t parts = part ? 1 : Count();
  for (size_t i = 0; ok_ && i < parts; ++i) segment.parts.push_back(ReadPart());
  if (record == nullptr || segment.init >= record->inits.size()) {
    // A gap in front of a track's first init segment has none.
    if (record == nullptr || !segment.gap || segment.init != 0) Refuse();
  }
  if (!ok_) return;
  const uint64_t last =
      record->segments.empty() ? 0 : record->segments.back().number;
  if (segment.number <= last) {
    Refuse();
  } else if (!part) {
    if (record->open.number == segment.number) record->open = {};
    record->Add(std::move(segment));
  } else if (record->open.number == segment.number) {
    segment.parts.insert(segment.parts.begin(), record->open.parts.begin(),
                         record->open.parts.end());
    record->open = std::move(segment);
  } else {
    record->open = std::move(segment);
  }
}

SegmentRecord StateReader::ReadFields() {
  SegmentRecord segment;
  segment.number = Number();
  segment.start = Number();
  segment.duration = Number();
  segment.bytes = Number();
  Number(segment.sap_type);
  segment.key_picture_bytes = Number();
  segment.key_picture_delay = Number();
  segment.init = Number();
  const uint64_t has = Number();
  segment.gap = (has & kIsGap) != 0;
  segment.captions = (has & kHasCaptions) != 0;
  if (has & kHasKid) segment.kid = Kid();
  if (has & kHasIv) segment.iv = Array<16>();
  return segment;
}

}  // namespace

bool ReadEntry(ByteView entry, EventState& state) {
  return StateReader(entry, state).Read();
}

}  // namespace usher::live

#include "packager/ts/media_segment.h"

#include <utility>

#include "core/base/byte_writer.h"
#include "packager/track/media_time.h"
#include "packager/ts/packet_writer.h"
#include "packager/ts/program_tables.h"

namespace usher::ts {
namespace {

constexpr uint32_t kClock = 90'000;
constexpr uint8_t kAvcStream = 0x1B;
constexpr uint8_t kAdtsStream = 0x0F;

// Of the one elementary stream.
struct StreamKind {
  uint16_t pid;
  uint8_t stream_type;
  uint8_t stream_id;
  size_t gather;  // samples up to so many bytes share a PES packet
};
constexpr StreamKind kVideo = {0x100, kAvcStream, 0xE0, 0};
// Fifteen packets: a PES packet for each frame would cost more than it holds.
constexpr StreamKind kSound = {0x101, kAdtsStream, 0xC0, 2700};

// PTS or DTS behind its four marker bits (2.4.3.7).
void WriteTime(ByteWriter& out, uint8_t marker, uint64_t time) {
  out.U8(static_cast<uint8_t>(marker << 4 | (time >> 29 & 0x0E) | 1));
  out.U16(static_cast<uint16_t>((time >> 14 & 0xFFFE) | 1));
  out.U16(static_cast<uint16_t>((time << 1 & 0xFFFE) | 1));
}

// Writes one segment; lives for one call of SegmentWriter::Write.
class Muxer {
 public:
  Muxer(const StreamKind& kind, uint32_t timescale,
        const AccessUnitWriter& units)
      : kind_(kind),
        timescale_(timescale),
        units_(units),
        packets_(segment_.bytes) {}

  Result<Segment> Write(const Fragment& fragment) {
    packets_.Section(kPatPid, fragment.number, ProgramAssociation());
    packets_.Section(kPmtPid, fragment.number,
                     ProgramMap(kind_.pid, kind_.stream_type));
    ByteView data = fragment.data;
    uint64_t time = fragment.decode_time;
    for (size_t i = 0; i < fragment.samples.size(); ++i) {
      const Sample& sample = fragment.samples[i];
      if (payload_.size() >= kind_.gather) Flush();
      if (payload_.empty()) Begin(sample, time);
      auto appended =
          units_.Append(data.first(sample.size), sample.key, payload_);
      if (!appended) return std::unexpected(appended.error());
      data = data.subspan(sample.size);
      time += sample.duration;
    }
    const Bytes pes = TakePes();
    packets_.LastPes(kind_.pid, start_, pes);
    NoteFirst();
    return std::move(segment_);
  }

 private:
  void Begin(const Sample& sample, uint64_t decode_time) {
    decode_ = At90kHz(static_cast<int64_t>(decode_time));
    shown_ =
        At90kHz(static_cast<int64_t>(decode_time) + sample.composition_offset);
    start_ = {decode_, sample.key};
  }

  uint64_t At90kHz(int64_t time) const {
    return static_cast<uint64_t>(Rescale({time, timescale_}, kClock));
  }

  void Flush() {
    if (payload_.empty()) return;
    const Bytes pes = TakePes();
    packets_.Pes(kind_.pid, start_, pes);
    NoteFirst();
  }

  void NoteFirst() {
    if (segment_.first_sample_end != 0) return;
    segment_.first_sample_end = segment_.bytes.size();
  }

  // The payload behind its header.
  Bytes TakePes() {
    constexpr size_t kLongest = 0xFFFF;
    const bool both = decode_ != shown_;
    const size_t size = 3 + (both ? 10 : 5) + payload_.size();
    Bytes pes;
    ByteWriter out(pes);
    out.U24(1);
    out.U8(kind_.stream_id);
    // Only video may leave its length open, and it is video that needs to.
    out.U16(size <= kLongest ? static_cast<uint16_t>(size) : 0);
    out.U8(0x84);  // aligned to access units
    out.U8(both ? 0xC0 : 0x80);
    out.U8(both ? 10 : 5);
    WriteTime(out, both ? 3 : 2, shown_);
    if (both) WriteTime(out, 1, decode_);
    out.Append(payload_);
    payload_.clear();
    return pes;
  }

  const StreamKind& kind_;
  uint32_t timescale_;
  const AccessUnitWriter& units_;
  Segment segment_;
  PacketWriter packets_;
  Bytes payload_;  // of the PES packet being gathered
  PesStart start_;
  uint64_t decode_ = 0;
  uint64_t shown_ = 0;
};

}  // namespace

Result<SegmentWriter> SegmentWriter::Make(const Track& track) {
  auto units = MakeAccessUnitWriter(track);
  if (!units) return std::unexpected(units.error());
  return SegmentWriter(track, *std::move(units));
}

SegmentWriter::SegmentWriter(const Track& track,
                             std::unique_ptr<AccessUnitWriter> units)
    : video_(track.kind == TrackKind::kVideo),
      timescale_(track.timescale),
      units_(std::move(units)) {}

Result<Segment> SegmentWriter::Write(const Fragment& fragment) const {
  return Muxer(video_ ? kVideo : kSound, timescale_, *units_).Write(fragment);
}

}  // namespace usher::ts

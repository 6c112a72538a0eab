#include "packager/inspect/ts_segment.h"

#include <algorithm>

#include "packager/inspect/codec_name.h"
#include "packager/mp4/box_reader.h"

namespace usher::inspect {
namespace {

using mp4::FieldReader;

constexpr size_t kPacket = 188;
constexpr uint8_t kSync = 0x47;
constexpr uint32_t kClock = 90'000;
constexpr int64_t kWrap = int64_t{1} << 33;  // of a PTS
constexpr size_t kKept = 64 * 1024;          // of the first picture, to look at

constexpr uint8_t kH264Stream = 0x1B;
constexpr uint8_t kHevcStream = 0x24;
constexpr uint8_t kAdtsStream = 0x0F;
constexpr uint8_t kMpegAudio = 3;
constexpr uint8_t kMpeg2Audio = 4;
constexpr uint8_t kAc3Stream = 0x81;
constexpr uint8_t kEac3Stream = 0x87;

MediaKind KindOf(uint8_t stream_type) {
  switch (stream_type) {
    case kH264Stream:
    case kHevcStream:
    case 1:
    case 2:
      return MediaKind::kVideo;
    case kAdtsStream:
    case kMpegAudio:
    case kMpeg2Audio:
    case kAc3Stream:
    case kEac3Stream:
    case 0x11:
      return MediaKind::kAudio;
    default:
      return MediaKind::kOther;
  }
}

struct Stream {
  uint16_t pid = 0;
  uint8_t type = 0;
  std::vector<int64_t> times;  // PTS of each PES packet, unwrapped
  int64_t last_size = 0;
  Bytes first;  // the beginning of the first PES packet's payload
  Bytes last;   // the same of the last one
  int first_counter = -1;
  int last_counter = -1;
  size_t header_left = 0;  // of the PES packet, in packets to come
};

// Looks at one segment; lives for one call of JudgeTsSegment.
class TsReader {
 public:
  TsReader(const std::string& place, Findings& findings)
      : place_(place), findings_(findings) {}

  std::vector<Stream> Read(ByteView bytes) {
    for (size_t at = 0; at + kPacket <= bytes.size(); at += kPacket) {
      const ByteView packet = bytes.subspan(at, kPacket);
      if (packet[0] != kSync) {
        findings_.Error("ts-sync", place_,
                        "no sync byte at " + std::to_string(at),
                        "ISO/IEC 13818-1 2.4.3.2");
        break;
      }
      Packet(packet);
    }
    return std::move(streams_);
  }

  bool has_programs() const { return has_pat_ && has_pmt_; }

 private:
  void Packet(ByteView packet) {
    const bool start = (packet[1] & 0x40) != 0;
    const auto pid = static_cast<uint16_t>((packet[1] & 0x1F) << 8 | packet[2]);
    const bool has_field = (packet[3] & 0x20) != 0;
    const bool has_payload = (packet[3] & 0x10) != 0;
    size_t header = 4;
    if (has_field) header += 1 + size_t{packet[4]};
    if (!has_payload || header >= kPacket) return;
    const ByteView payload = packet.subspan(header);
    if (pid == 0 && start) return Pat(payload);
    if (pid == pmt_pid_ && start) return Pmt(payload);
    const auto stream = std::ranges::find(streams_, pid, &Stream::pid);
    if (stream == streams_.end()) return;
    Continuity(packet, has_field, *stream);
    if (start)
      Pes(payload, *stream);
    else
      Continue(payload, *stream);
  }

  void Pat(ByteView payload) {
    FieldReader fields(payload);
    fields.Skip(fields.U8());
    fields.Skip(8);
    while (fields.rest().size() >= 4) {
      const uint16_t program = fields.U16();
      const uint16_t pid = fields.U16() & 0x1FFF;
      if (program == 0) continue;
      pmt_pid_ = pid;
      has_pat_ = true;
      return;
    }
  }

  void Pmt(ByteView payload) {
    if (has_pmt_) return;
    FieldReader fields(payload);
    fields.Skip(fields.U8());
    fields.Skip(1);
    const size_t length = fields.U16() & 0xFFF;
    if (length < 13 || length > fields.rest().size()) return;
    FieldReader section(fields.Take(length - 4));  // without its CRC
    section.Skip(7);
    section.Skip(section.U16() & 0xFFF);
    while (section.rest().size() >= 5) {
      Stream stream;
      stream.type = section.U8();
      stream.pid = section.U16() & 0x1FFF;
      section.Skip(section.U16() & 0xFFF);
      streams_.push_back(std::move(stream));
    }
    has_pmt_ = true;
  }

  void Continuity(ByteView packet, bool has_field, Stream& stream) {
    const int counter = packet[3] & 15;
    const bool announced =
        has_field && packet[4] > 0 && (packet[5] & 0x80) != 0;
    const bool expected = stream.last_counter < 0 || announced ||
                          counter == (stream.last_counter + 1) % 16 ||
                          counter == stream.last_counter;
    if (!expected && !lost_said_) {
      lost_said_ = true;
      findings_.Error("ts-continuity", place_,
                      "a continuity counter jumps: packets are missing",
                      "ISO/IEC 13818-1 2.4.3.3");
    }
    if (stream.first_counter < 0) stream.first_counter = counter;
    stream.last_counter = counter;
  }

  static void Pes(ByteView payload, Stream& stream) {
    FieldReader fields(payload);
    if (fields.U24() != 1) return;
    fields.Skip(4);
    const bool has_time = (fields.U8() & 0x80) != 0;
    // A header may be stuffed, and go on in the next packets.
    const size_t length = fields.U8();
    const size_t here = std::min(length, fields.rest().size());
    stream.header_left = length - here;
    FieldReader header(fields.Take(here));
    if (has_time) {
      const auto high = static_cast<int64_t>(header.U8() >> 1 & 7);
      const auto middle = static_cast<int64_t>(header.U16() >> 1);
      const auto low = static_cast<int64_t>(header.U16() >> 1);
      if (header.ok()) Time(high << 30 | middle << 15 | low, stream);
    }
    stream.last.clear();
    Keep(fields.rest(), stream);
  }

  static void Time(int64_t time, Stream& stream) {
    if (!stream.times.empty()) {
      const int64_t last = stream.times.back();
      while (time < last - kWrap / 2) time += kWrap;
      while (time > last + kWrap / 2) time -= kWrap;
    }
    stream.times.push_back(time);
  }

  static void Continue(ByteView payload, Stream& stream) {
    const size_t header = std::min(stream.header_left, payload.size());
    stream.header_left -= header;
    Keep(payload.subspan(header), stream);
  }

  static void Keep(ByteView payload, Stream& stream) {
    Bytes& kept = stream.times.size() <= 1 ? stream.first : stream.last;
    if (kept.size() < kKept) {
      kept.insert(kept.end(), payload.begin(), payload.end());
    }
  }

  const std::string& place_;
  Findings& findings_;
  std::vector<Stream> streams_;
  uint16_t pmt_pid_ = 0x1FFF;
  bool has_pat_ = false;
  bool has_pmt_ = false;
  bool lost_said_ = false;
};

// Calls `see` with each NAL unit behind a start code.
template <typename See>
void ForEachNal(ByteView data, See see) {
  size_t start = 0;
  for (size_t i = 0; i + 3 <= data.size(); ++i) {
    if (data[i] != 0 || data[i + 1] != 0 || data[i + 2] != 1) continue;
    if (start != 0 && i > start) see(data.subspan(start, i - start));
    start = i + 3;
    i += 2;
  }
  if (start != 0 && start < data.size()) see(data.subspan(start));
}

bool StartsWithKey(const Stream& stream) {
  bool key = false;
  ForEachNal(stream.first, [&](ByteView unit) {
    if (stream.type == kH264Stream && (unit[0] & 31) == 5) key = true;
    const int hevc = unit[0] >> 1 & 63;
    if (stream.type == kHevcStream && hevc >= 16 && hevc <= 23) key = true;
  });
  return key || (stream.type != kH264Stream && stream.type != kHevcStream);
}

std::string CodecOf(const Stream& stream) {
  std::string name;
  if (stream.type == kH264Stream) {
    ForEachNal(stream.first, [&](ByteView unit) {
      if ((unit[0] & 31) == 7 && unit.size() > 4 && name.empty()) {
        name = AvcName("avc1", unit.subspan(1, 3));
      }
    });
  } else if (stream.type == kAdtsStream && stream.first.size() > 2) {
    name = "mp4a.40." + std::to_string((stream.first[2] >> 6) + 1);
  }
  return name;
}

// ADTS frames in a PES packet and how long they last (ISO/IEC 13818-7 6.2).
struct AdtsRun {
  uint64_t frames = 0;
  double seconds = 0;
};

AdtsRun CountAdts(ByteView data) {
  constexpr double kRates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                               22050, 16000, 12000, 11025, 8000,  7350};
  AdtsRun run;
  while (data.size() >= 7 && data[0] == 0xFF && (data[1] & 0xF0) == 0xF0) {
    const size_t size = static_cast<size_t>(data[3] & 3) << 11 |
                        static_cast<size_t>(data[4]) << 3 | data[5] >> 5;
    const size_t rate = data[2] >> 2 & 15;
    if (size < 7 || rate >= std::size(kRates)) break;
    ++run.frames;
    run.seconds += 1024 / kRates[rate];
    if (size > data.size()) break;
    data = data.subspan(size);
  }
  return run;
}

MeasuredTrack Measure(Stream& stream) {
  MeasuredTrack track;
  track.kind = KindOf(stream.type);
  track.id = stream.pid;
  track.timescale = kClock;
  track.starts_with_key = StartsWithKey(stream);
  track.codecs = CodecOf(stream);
  track.first_counter = stream.first_counter;
  track.last_counter = stream.last_counter;
  const Bytes& last = stream.times.size() > 1 ? stream.last : stream.first;
  std::ranges::sort(stream.times);
  track.samples = stream.times.size();
  track.start = stream.times.front();
  track.decode_start = track.start;
  for (size_t i = 1; i < stream.times.size(); ++i) {
    if (stream.times[i] - stream.times[i - 1] < kClock / 1000) ++track.brief;
  }
  const int64_t span = stream.times.back() - stream.times.front();
  const auto gaps = static_cast<int64_t>(stream.times.size()) - 1;
  int64_t tail = gaps > 0 ? span / gaps : 0;
  // A PES packet of sound holds several frames, and the last may hold fewer.
  if (stream.type == kAdtsStream) {
    const AdtsRun run = CountAdts(last);
    if (run.frames > 0) tail = static_cast<int64_t>(run.seconds * kClock);
  }
  track.duration = span + tail;
  return track;
}

}  // namespace

bool LooksLikeTs(ByteView bytes) {
  return bytes.size() >= kPacket && bytes[0] == kSync &&
         (bytes.size() < 2 * kPacket || bytes[kPacket] == kSync);
}

MeasuredSegment JudgeTsSegment(ByteView bytes, const std::string& place,
                               bool cut_short, Findings& findings) {
  MeasuredSegment measured;
  measured.bytes = bytes.size();
  if (bytes.size() % kPacket != 0 && !cut_short) {
    findings.Error("ts-size", place, "not a whole number of 188-byte packets",
                   "ISO/IEC 13818-1 2.4.3");
  }
  TsReader reader(place, findings);
  std::vector<Stream> streams = reader.Read(bytes);
  if (!reader.has_programs()) {
    findings.Error("ts-tables", place, "there is no PAT and PMT",
                   "RFC 8216bis 3.1.1");
    return measured;
  }
  for (Stream& stream : streams) {
    if (stream.times.empty() || KindOf(stream.type) == MediaKind::kOther) {
      continue;
    }
    measured.tracks.push_back(Measure(stream));
  }
  measured.readable = !measured.tracks.empty();
  if (!measured.readable) {
    findings.Error("ts-no-samples", place, "no timestamp of sound or video",
                   "RFC 8216bis 3.1.1");
  }
  return measured;
}

}  // namespace usher::inspect

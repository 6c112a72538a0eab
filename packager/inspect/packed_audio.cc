#include "packager/inspect/packed_audio.h"

#include <algorithm>

#include "packager/mp4/box_reader.h"

namespace usher::inspect {
namespace {

using mp4::FieldReader;

constexpr uint32_t kClock = 90'000;
constexpr std::string_view kOwner =
    "com.apple.streaming.transportStreamTimestamp";

uint32_t Syncsafe(uint32_t value) {
  return (value & 0x7F) | (value >> 1 & 0x3F80) | (value >> 2 & 0x1FC000) |
         (value >> 3 & 0xFE00000);
}

// The tag's size, 0 where there is none (ID3v2.4 3.1).
size_t Id3Size(ByteView bytes) {
  if (bytes.size() < 10 || AsText(bytes.first(3)) != "ID3") return 0;
  FieldReader fields(bytes.subspan(6));
  return std::min(bytes.size(), size_t{10} + Syncsafe(fields.U32()));
}

std::optional<int64_t> Timestamp(ByteView id3) {
  const std::string_view text = AsText(id3);
  const size_t owner = text.find(kOwner);
  if (owner == std::string_view::npos) return std::nullopt;
  FieldReader fields(id3.subspan(owner + kOwner.size()));
  fields.Skip(1);
  const uint64_t time = fields.U64();
  if (!fields.ok()) return std::nullopt;
  return static_cast<int64_t>(time & ((uint64_t{1} << 33) - 1));
}

struct AdtsRun {
  uint64_t frames = 0;
  double seconds = 0;
  bool whole = false;
};

AdtsRun ReadAdts(ByteView data) {
  constexpr double kRates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                               22050, 16000, 12000, 11025, 8000,  7350};
  AdtsRun run;
  while (data.size() >= 7 && data[0] == 0xFF && (data[1] & 0xF6) == 0xF0) {
    const size_t size = static_cast<size_t>(data[3] & 3) << 11 |
                        static_cast<size_t>(data[4]) << 3 | data[5] >> 5;
    const size_t rate = data[2] >> 2 & 15;
    if (size < 7 || size > data.size() || rate >= std::size(kRates)) return run;
    ++run.frames;
    run.seconds += 1024 / kRates[rate];
    data = data.subspan(size);
  }
  run.whole = data.empty();
  return run;
}

}  // namespace

bool LooksLikePackedAudio(ByteView bytes) {
  if (Id3Size(bytes) > 0) return true;
  return bytes.size() >= 7 && bytes[0] == 0xFF && (bytes[1] & 0xF6) == 0xF0;
}

MeasuredSegment JudgePackedAudio(ByteView bytes, const std::string& place,
                                 Findings& findings) {
  MeasuredSegment measured;
  measured.bytes = bytes.size();
  const size_t id3 = Id3Size(bytes);
  const auto time = Timestamp(bytes.first(id3));
  if (!time) {
    findings.Error("packed-timestamp", place,
                   "packed audio without its ID3 timestamp",
                   "RFC 8216bis 3.1.3");
  }
  const ByteView audio = bytes.subspan(id3);
  const AdtsRun run = ReadAdts(audio);
  if (run.frames == 0) return measured;  // AC-3 and MP3 are not measured
  if (!run.whole) {
    findings.Error("packed-frames", place, "the ADTS frames are not whole",
                   "ISO/IEC 13818-7 6.2");
  }
  MeasuredTrack track;
  track.kind = MediaKind::kAudio;
  track.timescale = kClock;
  track.start = time.value_or(0);
  track.decode_start = track.start;
  track.duration = static_cast<int64_t>(run.seconds * kClock);
  track.samples = run.frames;
  track.codecs = "mp4a.40." + std::to_string((audio[2] >> 6) + 1);
  measured.tracks.push_back(track);
  measured.readable = time.has_value();
  return measured;
}

}  // namespace usher::inspect

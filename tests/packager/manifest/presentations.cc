#include "tests/packager/manifest/presentations.h"

#include <string>

namespace usher::manifest {

void AddSegment(uint64_t duration, uint64_t bytes, TrackRecord& record) {
  SegmentRecord segment;
  segment.number = record.segments.size() + 1;
  segment.start = record.track.presentation_time_offset;
  if (!record.segments.empty()) {
    segment.start =
        record.segments.back().start + record.segments.back().duration;
    segment.kid = record.segments.back().kid;
    segment.init = record.segments.back().init;
  }
  segment.duration = duration;
  segment.bytes = bytes;
  if (record.track.kind == TrackKind::kVideo) {
    segment.key_picture_bytes = bytes / 10;
  }
  record.segments.push_back(segment);
}

TrackRecord VideoRecord(uint32_t width, uint32_t height, uint64_t byte_rate) {
  TrackRecord record;
  Track& track = record.track;
  track.kind = TrackKind::kVideo;
  track.name = "v" + std::to_string(height);
  track.language = "und";
  track.timescale = 12800;
  track.codecs = height > 400 ? "avc1.64001f" : "avc1.4d401e";
  track.width = width;
  track.height = height;
  track.frame_rate_num = 25;
  record.directory = track.name;
  record.extension = "m4s";
  record.inits = {{"init.mp4", std::nullopt}};
  AddSegment(76800, byte_rate * 6, record);
  AddSegment(76800, byte_rate * 7, record);
  AddSegment(25600, byte_rate * 4, record);
  return record;
}

TrackRecord AudioRecord(const char* name, const char* language) {
  TrackRecord record;
  Track& track = record.track;
  track.kind = TrackKind::kAudio;
  track.codec = Codec::kAac;
  track.name = name;
  track.language = language;
  track.timescale = 48000;
  track.codecs = "mp4a.40.2";
  track.sample_rate = 48000;
  track.channels = 2;
  record.directory = name;
  record.extension = "m4s";
  record.inits = {{"init.mp4", std::nullopt}};
  AddSegment(281 * 1024, 96000, record);
  AddSegment(281 * 1024, 96000, record);
  AddSegment(95 * 1024, 32000, record);
  return record;
}

void Protect(Scheme scheme, Presentation& presentation) {
  presentation.scheme = scheme;
  const auto kid = *keys::KeyId::Parse("0123456789abcdef0123456789abcdef");
  for (TrackRecord& record : presentation.tracks) {
    for (SegmentRecord& segment : record.segments) segment.kid = kid;
    if (scheme == Scheme::kAes128) {
      for (SegmentRecord& segment : record.segments) {
        crypto::AesBlock iv{};
        iv[0] = record.track.kind == TrackKind::kVideo ? 0xf0 : 0x0f;
        iv[15] = static_cast<uint8_t>(segment.number);
        segment.iv = iv;
      }
      continue;
    }
    record.inits[0].protection.emplace();
    record.inits[0].protection->scheme = scheme;
    record.inits[0].protection->default_kid = kid;
  }
}

void Rotate(uint64_t number, Presentation& presentation) {
  const auto kid = *keys::KeyId::Parse("fedcba9876543210fedcba9876543210");
  for (TrackRecord& record : presentation.tracks) {
    const bool new_init = record.inits[0].protection.has_value();
    if (new_init) {
      record.inits.push_back({"init-2.mp4", record.inits[0].protection});
      record.inits[1].protection->default_kid = kid;
    }
    for (SegmentRecord& segment : record.segments) {
      if (segment.number < number) continue;
      segment.kid = kid;
      segment.init = new_init ? 1 : 0;
    }
  }
}

void BreakAt(uint64_t number, Break::Kind kind, Presentation& presentation) {
  const TrackRecord& video = presentation.tracks[0];
  const MediaTime at{static_cast<int64_t>(video.segments[number - 1].start),
                     video.track.timescale};
  presentation.breaks.push_back({kind, number, at});
}

Presentation Ladder() {
  Presentation presentation;
  presentation.event = "fight-night";
  presentation.tracks = {
      VideoRecord(1280, 720, 250'000), VideoRecord(640, 360, 80'000),
      AudioRecord("a-eng", "en"), AudioRecord("a-deu", "de")};
  Protect(Scheme::kAes128, presentation);
  return presentation;
}

Presentation NestedCbcs() {
  Presentation presentation = Ladder();
  for (TrackRecord& record : presentation.tracks) {
    for (SegmentRecord& segment : record.segments) segment.iv.reset();
  }
  presentation.depth = 1;
  Protect(Scheme::kCbcs, presentation);
  return presentation;
}

Presentation SecondRevision() {
  Presentation presentation;
  presentation.event = "film";
  TrackRecord record = VideoRecord(1920, 1080, 500'000);
  record.track.frame_rate_num = 30000;
  record.track.frame_rate_den = 1001;
  record.track.timescale = 30000;
  record.track.presentation_time_offset = 2002;
  record.directory = "v1080.2";
  record.segments.clear();
  for (int i = 0; i < 3; ++i) AddSegment(180180, 3'000'000, record);
  presentation.tracks = {record};
  Protect(Scheme::kCenc, presentation);
  return presentation;
}

Presentation RotatedCenc() {
  Presentation presentation = Ladder();
  for (TrackRecord& record : presentation.tracks) {
    for (SegmentRecord& segment : record.segments) segment.iv.reset();
  }
  Protect(Scheme::kCenc, presentation);
  Rotate(3, presentation);
  BreakAt(3, Break::Kind::kCryptoPeriod, presentation);
  return presentation;
}

Presentation Jump() {
  Presentation presentation = Ladder();
  presentation.scheme = Scheme::kNone;
  for (TrackRecord& record : presentation.tracks) {
    for (SegmentRecord& segment : record.segments) {
      segment.kid.reset();
      segment.iv.reset();
    }
  }
  BreakAt(2, Break::Kind::kDiscontinuity, presentation);
  return presentation;
}

Presentation Radio() {
  Presentation presentation;
  presentation.event = "radio";
  presentation.scheme = Scheme::kNone;
  presentation.tracks = {AudioRecord("a-und", "und"),
                         AudioRecord("a-eng", "en")};
  presentation.tracks[1].track.role = "commentary";
  return presentation;
}

TextRecord Text(const char* name, const char* language, const char* role) {
  TextRecord text;
  Track& track = text.hls.track;
  track.kind = TrackKind::kText;
  track.name = name;
  track.language = language;
  track.role = role;
  track.timescale = 90'000;
  track.codecs = "wvtt";
  text.hls.directory = name;
  text.hls.extension = "vtt";
  for (const uint64_t seconds : {6, 6, 2}) {
    AddSegment(seconds * 90'000, 500, text.hls);
  }
  text.dash = text.hls;
  text.dash.extension = "m4s";
  text.dash.inits = {{"init.mp4", {}}};
  return text;
}

Presentation Subtitled() {
  Presentation presentation = Ladder();
  Protect(Scheme::kNone, presentation);
  for (TrackRecord& record : presentation.tracks) {
    for (InitRecord& init : record.inits) init.protection.reset();
    for (SegmentRecord& segment : record.segments) {
      segment.kid.reset();
      segment.iv.reset();
    }
  }
  presentation.texts = {Text("s-eng", "en", "subtitle"),
                        Text("s-eng-2", "en", "caption"),
                        Text("s-deu", "de", "forced-subtitle")};
  presentation.texts[0].is_default = true;
  presentation.texts[2].forced = true;
  presentation.texts[2].label = "Deutsch \"<&\"";
  ThumbnailRecord& thumbnails = presentation.thumbnails.emplace();
  thumbnails.directory = "thumbnails";
  thumbnails.tile_width = 192;
  thumbnails.tile_height = 108;
  thumbnails.columns = 5;
  thumbnails.rows = 5;
  thumbnails.interval = std::chrono::milliseconds(400);
  thumbnails.film = std::chrono::seconds(14);
  thumbnails.sheets = {50'000, 20'000};
  return presentation;
}

}  // namespace usher::manifest

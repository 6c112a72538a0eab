#include "core/playlist/media_playlist.h"

#include <algorithm>
#include <cstdio>

#include "core/playlist/date_time.h"
#include "core/playlist/hls_text.h"

namespace usher::playlist {
namespace {

std::string Seconds(std::chrono::microseconds duration) {
  char text[64];
  std::snprintf(text, sizeof text, "%lld.%06lld",
                static_cast<long long>(duration.count() / 1'000'000),
                static_cast<long long>(duration.count() % 1'000'000));
  return text;
}

std::string RangeText(const ByteRange& range) {
  return std::to_string(range.length) + "@" + std::to_string(range.offset);
}

uint64_t VersionOf(const HlsSegment& segment, bool i_frames_only) {
  constexpr uint64_t kFractionalDurations = 3;
  constexpr uint64_t kRanges = 4;
  constexpr uint64_t kKeyFormats = 5;
  constexpr uint64_t kMapOfIFrames = 5;
  constexpr uint64_t kMap = 6;
  constexpr uint64_t kGap = 8;
  uint64_t version = kFractionalDurations;
  if (segment.range || i_frames_only) version = kRanges;
  if (std::ranges::any_of(segment.keys, HasKeyFormat)) version = kKeyFormats;
  if (segment.gap) return kGap;
  if (!segment.map_uri.empty()) {
    version = std::max(version, i_frames_only ? kMapOfIFrames : kMap);
  }
  return version;
}

// What a server promises in front of the playlist, and its packager keeps:
// rfc8216bis 4.4.3.8 wants a hold back of three part targets, and that six
// target durations stay in an update.
void WriteServerControl(const MediaPlaylist& playlist,
                        const HlsLowLatency& low_latency, HlsText& text) {
  constexpr int kPartsHeldBack = 3;
  constexpr double kTargetsKept = 6;
  const auto part_target = low_latency.part_target;
  AttributeList control;
  control.YesNo("CAN-BLOCK-RELOAD", true)
      .Token("PART-HOLD-BACK", Seconds(kPartsHeldBack * part_target))
      .Float("CAN-SKIP-UNTIL",
             kTargetsKept * static_cast<double>(playlist.target_duration));
  text.Tag("EXT-X-SERVER-CONTROL", control);
  text.Tag("EXT-X-PART-INF",
           AttributeList().Token("PART-TARGET", Seconds(part_target)));
}

// What stands in front of a segment's duration, or of its first part.
void WriteHead(const HlsSegment& segment, InForce& in_force, HlsText& text) {
  if (segment.discontinuity) text.Tag("EXT-X-DISCONTINUITY");
  in_force.Change(segment, text);
  if (segment.date) {
    text.Tag("EXT-X-PROGRAM-DATE-TIME", DateTime(*segment.date));
  }
  for (const HlsPart& part : segment.parts) {
    AttributeList attributes;
    attributes.Token("DURATION", Seconds(part.duration))
        .Quoted("URI", part.uri);
    if (part.independent) attributes.YesNo("INDEPENDENT", true);
    if (part.gap) attributes.YesNo("GAP", true);
    text.Tag("EXT-X-PART", attributes);
  }
}

void WriteSegment(const HlsSegment& segment, InForce& in_force, HlsText& text) {
  WriteHead(segment, in_force, text);
  if (segment.gap) text.Tag("EXT-X-GAP");
  text.Tag("EXTINF", Seconds(segment.duration) + ",");
  if (segment.range) text.Tag("EXT-X-BYTERANGE", RangeText(*segment.range));
  text.Uri(segment.uri);
}

// What nobody waits for once the playlist has ended.
void WriteOutlook(const HlsLowLatency& low_latency, HlsText& text) {
  text.Tag("EXT-X-PRELOAD-HINT", AttributeList()
                                     .Token("TYPE", "PART")
                                     .Quoted("URI", low_latency.preload_hint));
  for (const RenditionReport& report : low_latency.reports) {
    AttributeList attributes;
    attributes.Quoted("URI", report.uri)
        .Integer("LAST-MSN", report.last_number);
    if (report.last_part) attributes.Integer("LAST-PART", *report.last_part);
    text.Tag("EXT-X-RENDITION-REPORT", attributes);
  }
}

}  // namespace

void InForce::Change(const HlsSegment& segment, HlsText& text) {
  if (segment.map_uri != map_uri_) {
    SetKeys({}, text);
    AttributeList attributes;
    attributes.Quoted("URI", segment.map_uri);
    if (segment.map_range) {
      attributes.Quoted("BYTERANGE", RangeText(*segment.map_range));
    }
    text.Tag("EXT-X-MAP", attributes);
    map_uri_ = segment.map_uri;
  }
  SetKeys(segment.keys, text);
}

// A key ends that of its own format only, so others are ended for it.
void InForce::SetKeys(const std::vector<HlsKey>& keys, HlsText& text) {
  if (keys == keys_) return;
  const bool replaces_all = std::ranges::equal(
      keys, keys_, {}, &HlsKey::key_format, &HlsKey::key_format);
  if (!keys_.empty() && !replaces_all) {
    text.Tag("EXT-X-KEY", AttributeList().Token("METHOD", "NONE"));
  }
  for (const HlsKey& key : keys) text.Tag("EXT-X-KEY", Attributes(key));
  keys_ = keys;
}

std::string WrittenSegments::Write(const HlsSegment& segment) {
  constexpr bool kIFramesOnly = false;
  HlsText text = HlsText::Excerpt();
  WriteSegment(segment, in_force_, text);
  version_ = std::max(version_, VersionOf(segment, kIFramesOnly));
  return text.Take();
}

namespace {

HlsText WriteHeadOf(const MediaPlaylist& playlist) {
  HlsText text;
  text.Tag("EXT-X-VERSION", VersionOf(playlist));
  text.Tag("EXT-X-TARGETDURATION", playlist.target_duration);
  if (playlist.low_latency) {
    WriteServerControl(playlist, *playlist.low_latency, text);
  }
  text.Tag("EXT-X-MEDIA-SEQUENCE", playlist.first_number);
  if (playlist.discontinuity_sequence != 0) {
    text.Tag("EXT-X-DISCONTINUITY-SEQUENCE", playlist.discontinuity_sequence);
  }
  if (playlist.type != PlaylistType::kSliding) {
    const bool vod = playlist.type == PlaylistType::kVod;
    text.Tag("EXT-X-PLAYLIST-TYPE", vod ? "VOD" : "EVENT");
  }
  if (playlist.i_frames_only) text.Tag("EXT-X-I-FRAMES-ONLY");
  return text;
}

void WriteTail(const MediaPlaylist& playlist, HlsText& text) {
  InForce in_force;
  if (playlist.written != nullptr) in_force = playlist.written->in_force();
  for (const HlsSegment& segment : playlist.segments) {
    WriteSegment(segment, in_force, text);
  }
  if (playlist.low_latency && !playlist.ended) {
    const HlsSegment& open = playlist.low_latency->open;
    if (open.parts.empty()) {
      // The part that is hinted at has this key.
      in_force.Change(open, text);
    } else {
      WriteHead(open, in_force, text);
    }
    WriteOutlook(*playlist.low_latency, text);
  }
  if (playlist.ended) text.Tag("EXT-X-ENDLIST");
}

}  // namespace

PlaylistText WriteAround(const MediaPlaylist& playlist) {
  HlsText tail = HlsText::Excerpt();
  WriteTail(playlist, tail);
  return {WriteHeadOf(playlist).Take(), tail.Take()};
}

std::string Write(const MediaPlaylist& playlist) {
  HlsText text = WriteHeadOf(playlist);
  WriteTail(playlist, text);
  return text.Take();
}

uint64_t VersionOf(const MediaPlaylist& playlist) {
  uint64_t version =
      playlist.written == nullptr ? 1 : playlist.written->version();
  for (const HlsSegment& segment : playlist.segments) {
    version = std::max(version, VersionOf(segment, playlist.i_frames_only));
  }
  return version;
}

uint64_t TargetDuration(std::chrono::microseconds longest) {
  const auto rounded = (longest.count() + 500'000) / 1'000'000;
  return std::max<uint64_t>(1, static_cast<uint64_t>(rounded));
}

}  // namespace usher::playlist

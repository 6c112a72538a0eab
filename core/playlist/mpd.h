// A DASH manifest as data, and its text (ISO/IEC 23009-1).
//
// Segments are addressed by number and timed by a SegmentTimeline, so uneven
// segments are told as they are.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/playlist/byte_range.h"

namespace usher::playlist {

// `count` segments of one duration in a row (S@d, S@r).
struct TimelineRun {
  uint64_t start = 0;
  uint64_t duration = 0;
  uint64_t count = 1;
  // Each is a sequence of so many, about equally long (S@k, 5.3.9.6.5); 0: it
  // is one file.
  uint64_t parts = 0;
};

// Times in `timescale`. Joins what can be joined.
void AppendToTimeline(uint64_t start, uint64_t duration,
                      std::vector<TimelineRun>& timeline, uint64_t parts = 0);

struct SegmentTemplate {
  uint32_t timescale = 1;
  uint64_t presentation_time_offset = 0;
  uint64_t start_number = 1;
  std::string initialization;
  std::string media;  // with $Number$, and $SubNumber$ where there are parts
  // How long before its end a segment can be asked for; zero: not at all.
  std::chrono::microseconds availability_offset{};
  std::vector<TimelineRun> timeline;
  uint64_t duration = 0;  // of each segment, where there is no timeline
};

// One file with an index of its segments (SegmentBase, 5.3.9.2).
struct SingleFile {
  std::string url;
  uint32_t timescale = 1;
  uint64_t presentation_time_offset = 0;
  ByteRange initialization;
  ByteRange index;
};

// Clear Key (DASH-IF IOP).
struct ClearKey {
  Bytes pssh;  // the W3C common system's box
  std::string licence_url;
};

// What a player of one DRM system is told.
struct DrmDescriptor {
  std::string system_id;    // a UUID
  std::string value;        // @value; empty: none
  Bytes pssh;               // the system's box; empty: none
  Bytes playready_object;   // mspr:pro; empty: none
  std::string licence_url;  // dashif:Laurl; empty: the page knows it
};

// Common Encryption (ISO/IEC 23001-7 section 11).
struct CommonEncryption {
  std::string scheme;       // "cenc", "cbcs"
  std::string default_kid;  // as a UUID
  std::optional<ClearKey> clear_key;
  std::vector<DrmDescriptor> drm;
};

// A scheme and a value: EssentialProperty, AudioChannelConfiguration and so on
// (ISO/IEC 23009-1 5.8.2).
struct Descriptor {
  std::string scheme;
  std::string value;
};

struct Representation {
  std::string id;
  uint64_t bandwidth = 0;
  std::string codecs;
  uint32_t width = 0;  // 0: no video
  uint32_t height = 0;
  std::string frame_rate;  // "30000/1001"; empty where unknown
  // Each picture decodes alone: @codingDependency="false".
  bool all_intra = false;
  unsigned max_playout_rate = 0;  // how fast it may be shown; 0: not said
  std::string sar;                // "1:1"
  uint32_t sample_rate = 0;       // 0: no audio
  std::optional<Descriptor> channels;
  std::vector<Descriptor> supplemental;
  std::string tiles;  // "5x5": images of so many pictures; empty: none
  SegmentTemplate segments;
  std::optional<SingleFile> single_file;  // then `segments` is not used
};

struct AdaptationSet {
  uint64_t id = 1;           // unique in its period
  std::string content_type;  // "video", "audio"
  bool aligned = true;       // segments of one number begin at one time
  std::string mime_type;
  std::string language;   // empty where unknown
  std::string label;      // empty: none
  std::string role;       // of urn:mpeg:dash:role:2011; empty: none
  unsigned sap_type = 1;  // @startWithSAP: the worst of all segments
  std::optional<CommonEncryption> encryption;
  // What a player must know to show it, and what it may know.
  std::vector<Descriptor> essential = {};
  std::vector<Descriptor> supplemental = {};
  // The period whose set of this id goes on in this one without a seam: the
  // same time line, the same decoder (5.3.2.4). Empty: none.
  std::string continues_period;
  std::vector<Representation> representations;
};

// Lasts until the next one starts, or as long as it says.
struct Period {
  std::string id;
  std::chrono::microseconds start{};
  std::optional<std::chrono::microseconds> duration = std::nullopt;
  std::vector<AdaptationSet> sets;
};

// What a dynamic MPD says besides (5.3.1.2).
struct LiveTiming {
  using Time = std::chrono::sys_time<std::chrono::milliseconds>;

  Time availability_start;
  Time published;
  std::chrono::microseconds update_period{};
  std::chrono::microseconds suggested_delay{};
  std::optional<std::chrono::microseconds> window;  // none: everything stays
  // Relative to the MPD (urn:mpeg:dash:utc:http-xsdate:2014); empty: none.
  std::string clock_uri;
  // How far behind live players are to be, and may be (ServiceDescription,
  // annex K). Zero: they choose.
  std::chrono::milliseconds target_latency{};
};

struct Mpd {
  std::optional<LiveTiming> live;  // none: the MPD is static
  std::chrono::microseconds duration{};
  std::chrono::microseconds longest_segment{};
  std::chrono::microseconds min_buffer{};  // zero: the longest segment
  std::vector<Period> periods;

  // Every representation is a single file: the on-demand profile (8.3).
  bool IsOnDemand() const;
};

std::string Write(const Mpd& mpd);

}  // namespace usher::playlist

// Reads a DASH manifest, anyone's, as data (ISO/IEC 23009-1 5).
//
// Forgiving, as hls_reader.h: it keeps what it understands and lists what
// breaks a rule of the schema. What a representation inherits from its
// adaptation set and period is resolved here, so each one stands alone. The
// writer's model (mpd.h) is what we write; this is what others may have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/playlist/hls_reader.h"

namespace usher::playlist {

struct MpdProblem {
  std::string element;  // "Period[1]/AdaptationSet[2]"; empty: the MPD
  std::string what;
  std::string section;  // of ISO/IEC 23009-1
};

// ContentProtection (5.8.4.1, ISO/IEC 23001-7 11.2).
struct ReadProtection {
  std::string scheme;  // schemeIdUri in lower case
  std::string value;   // "cenc", "cbcs"
  std::string default_kid;
  std::vector<Bytes> pssh;
  std::vector<Bytes> playready_objects;  // mspr:pro
};

// S (5.3.9.6).
struct ReadTimelineEntry {
  std::optional<uint64_t> start;
  uint64_t duration = 0;
  int64_t repeat = 0;  // -1: to the next entry or the end
  // @k: so many files of about the same length are the segment (5.3.9.6.5).
  uint64_t sequence = 1;
};

struct ReadSegmentUrl {
  std::string media;
  std::optional<ByteRange> range;
};

// The CICP properties, essential or supplemental (ISO/IEC 23091-2); 0: unsaid.
struct ReadColour {
  uint64_t primaries = 0;
  uint64_t transfer = 0;
  uint64_t matrix = 0;
};

// SegmentBase, SegmentList or SegmentTemplate (5.3.9), levels merged.
struct ReadAddressing {
  enum class Kind { kNone, kBase, kList, kTemplate };
  Kind kind = Kind::kNone;
  uint64_t timescale = 1;
  uint64_t presentation_time_offset = 0;
  uint64_t start_number = 1;
  std::optional<uint64_t> duration;  // @duration
  std::string initialization;        // URL or template; empty: none
  std::optional<ByteRange> initialization_range;
  std::optional<ByteRange> index_range;
  std::string media;  // template
  bool has_timeline = false;
  std::vector<ReadTimelineEntry> timeline;
  std::vector<ReadSegmentUrl> urls;
};

struct ReadRepresentation {
  std::string place;  // "Period[1]/AdaptationSet[2]/Representation[v720]"
  std::string id;
  std::optional<uint64_t> bandwidth;
  std::string mime_type;
  std::string codecs;
  uint32_t width = 0;  // 0: not said
  uint32_t height = 0;
  double frame_rate = 0;
  ReadColour colour;
  uint32_t sample_rate = 0;
  unsigned start_with_sap = 0;
  bool all_intra = false;              // @codingDependency="false"
  std::vector<std::string> base_urls;  // outermost first
  ReadAddressing addressing;
  std::vector<ReadProtection> protections;
};

struct ReadAdaptationSet {
  std::string place;
  std::string id;
  // The value of a period-continuity descriptor (5.3.2.4); empty: none.
  std::string continues_period;
  // The id of the set that it is the trick play of (DASH-IF IOP 3.2.9).
  std::optional<std::string> trick_play_of;
  std::string content_type;  // from @contentType or @mimeType
  bool segment_alignment = false;
  std::vector<ReadRepresentation> representations;
};

struct ReadPeriod {
  std::string place;
  std::string id;
  std::optional<double> start;     // seconds
  std::optional<double> duration;  // seconds
  std::vector<ReadAdaptationSet> sets;
};

// How a player learns what time it is (5.8.4.11).
struct ReadClock {
  std::string scheme;
  std::string value;
};

struct MpdDocument {
  bool readable = false;  // XML whose root is an MPD
  bool dynamic = false;
  std::optional<double> duration;         // mediaPresentationDuration, s
  std::optional<double> min_buffer_time;  // s
  std::optional<int64_t> available;       // availabilityStartTime, Unix, ms
  std::optional<int64_t> published;       // publishTime, the same
  std::vector<ReadClock> clocks;          // UTCTiming, the preferred one first
  std::vector<ReadPeriod> periods;
  std::vector<MpdProblem> problems;
};

MpdDocument ReadMpd(std::string_view text);

// "PT1H2M3.4S" in seconds (XML Schema duration; years and months by 365 and
// 30 days).
std::optional<double> ParseXmlDuration(std::string_view text);

// Fills in $RepresentationID$, $Number%05d$, $SubNumber$, $Bandwidth$, $Time$
// and $$ (5.3.9.4.4). Nothing where an identifier is none of these.
struct TemplateValues {
  std::string_view id;
  uint64_t bandwidth = 0;
  uint64_t number = 0;
  uint64_t time = 0;
  uint64_t sub_number = 0;
};
std::optional<std::string> FillTemplate(std::string_view text,
                                        const TemplateValues& values);

}  // namespace usher::playlist

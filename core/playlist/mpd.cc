#include "core/playlist/mpd.h"

#include <cstdio>

#include "core/base/base64url.h"
#include "core/playlist/date_time.h"
#include "core/playlist/xml_writer.h"

namespace usher::playlist {
namespace {

constexpr char kMp4Protection[] = "urn:mpeg:dash:mp4protection:2011";
constexpr char kClearKey[] = "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e";
constexpr char kCommonSystem[] =
    "urn:uuid:1077efec-c0b2-4d02-ace3-3c1e52e2fb4b";
constexpr char kPeriodContinuity[] = "urn:mpeg:dash:period-continuity:2015";
constexpr char kThumbnailTile[] = "http://dashif.org/guidelines/thumbnail_tile";
constexpr char kRole[] = "urn:mpeg:dash:role:2011";

// An xs:duration in seconds.
std::string Duration(std::chrono::microseconds duration) {
  char text[64];
  std::snprintf(text, sizeof text, "PT%lld.%06lldS",
                static_cast<long long>(duration.count() / 1'000'000),
                static_cast<long long>(duration.count() % 1'000'000));
  return text;
}

// A decimal number of seconds.
std::string Seconds(std::chrono::microseconds time) {
  const std::string duration = Duration(time);
  return duration.substr(2, duration.size() - 3);
}

void AttributeIfAny(const char* name, const std::string& value,
                    XmlWriter& xml) {
  if (!value.empty()) xml.Attribute(name, value);
}

void WriteTimeline(const std::vector<TimelineRun>& timeline, XmlWriter& xml) {
  xml.Open("SegmentTimeline");
  uint64_t expected = ~uint64_t{0};
  for (const TimelineRun& run : timeline) {
    xml.Open("S");
    if (run.start != expected) xml.Attribute("t", run.start);
    xml.Attribute("d", run.duration);
    if (run.count > 1) xml.Attribute("r", run.count - 1);
    if (run.parts > 0) xml.Attribute("k", run.parts);
    xml.Close();
    expected = run.start + run.duration * run.count;
  }
  xml.Close();
}

void WriteTemplate(const SegmentTemplate& segments, XmlWriter& xml) {
  xml.Open("SegmentTemplate").Attribute("timescale", segments.timescale);
  if (segments.presentation_time_offset != 0) {
    xml.Attribute("presentationTimeOffset", segments.presentation_time_offset);
  }
  if (segments.availability_offset.count() > 0) {
    xml.Attribute("availabilityTimeOffset",
                  Seconds(segments.availability_offset));
  }
  if (segments.timeline.empty()) xml.Attribute("duration", segments.duration);
  xml.Attribute("startNumber", segments.start_number);
  AttributeIfAny("initialization", segments.initialization, xml);
  xml.Attribute("media", segments.media);
  if (!segments.timeline.empty()) WriteTimeline(segments.timeline, xml);
  xml.Close();
}

// "720-1123": both ends belong to it (5.3.9.2.2).
std::string RangeText(const ByteRange& range) {
  return std::to_string(range.offset) + "-" +
         std::to_string(range.offset + range.length - 1);
}

void WriteSingleFile(const SingleFile& file, XmlWriter& xml) {
  xml.Open("BaseURL").Text(file.url).Close();
  xml.Open("SegmentBase").Attribute("timescale", file.timescale);
  if (file.presentation_time_offset != 0) {
    xml.Attribute("presentationTimeOffset", file.presentation_time_offset);
  }
  xml.Attribute("indexRange", RangeText(file.index))
      .Attribute("indexRangeExact", "true");
  xml.Open("Initialization")
      .Attribute("range", RangeText(file.initialization))
      .Close();
  xml.Close();
}

void WriteClearKey(const ClearKey& clear_key, XmlWriter& xml) {
  xml.Open("ContentProtection")
      .Attribute("schemeIdUri", kClearKey)
      .Attribute("value", "ClearKey1.0");
  xml.Open("ck:Laurl")
      .Attribute("Lic_type", "EME-1.0")
      .Text(clear_key.licence_url)
      .Close();
  xml.Close();
  xml.Open("ContentProtection").Attribute("schemeIdUri", kCommonSystem);
  xml.Open("cenc:pssh").Text(ToBase64(clear_key.pssh)).Close();
  xml.Close();
}

void WriteDrm(const DrmDescriptor& drm, XmlWriter& xml) {
  xml.Open("ContentProtection")
      .Attribute("schemeIdUri", "urn:uuid:" + drm.system_id);
  AttributeIfAny("value", drm.value, xml);
  if (!drm.pssh.empty()) {
    xml.Open("cenc:pssh").Text(ToBase64(drm.pssh)).Close();
  }
  if (!drm.playready_object.empty()) {
    xml.Open("mspr:pro").Text(ToBase64(drm.playready_object)).Close();
  }
  if (!drm.licence_url.empty()) {
    xml.Open("dashif:Laurl")
        .Attribute("licenseType", "license-1.0")
        .Text(drm.licence_url)
        .Close();
  }
  xml.Close();
}

void WriteEncryption(const CommonEncryption& encryption, XmlWriter& xml) {
  xml.Open("ContentProtection")
      .Attribute("schemeIdUri", kMp4Protection)
      .Attribute("value", encryption.scheme)
      .Attribute("cenc:default_KID", encryption.default_kid)
      .Close();
  if (encryption.clear_key) WriteClearKey(*encryption.clear_key, xml);
  for (const DrmDescriptor& drm : encryption.drm) WriteDrm(drm, xml);
}

bool HasDrm(const Mpd& mpd) {
  for (const Period& period : mpd.periods) {
    for (const AdaptationSet& set : period.sets) {
      if (set.encryption && !set.encryption->drm.empty()) return true;
    }
  }
  return false;
}

void WriteDescriptor(const char* element, const Descriptor& descriptor,
                     XmlWriter& xml) {
  xml.Open(element)
      .Attribute("schemeIdUri", descriptor.scheme)
      .Attribute("value", descriptor.value)
      .Close();
}

void WriteRepresentation(const Representation& representation, XmlWriter& xml) {
  xml.Open("Representation")
      .Attribute("id", representation.id)
      .Attribute("bandwidth", representation.bandwidth);
  AttributeIfAny("codecs", representation.codecs, xml);
  if (representation.width != 0) {
    xml.Attribute("width", representation.width)
        .Attribute("height", representation.height);
    AttributeIfAny("frameRate", representation.frame_rate, xml);
    AttributeIfAny("sar", representation.sar, xml);
  }
  if (representation.max_playout_rate != 0) {
    xml.Attribute("maxPlayoutRate", representation.max_playout_rate);
  }
  if (representation.all_intra) xml.Attribute("codingDependency", "false");
  if (representation.sample_rate != 0) {
    xml.Attribute("audioSamplingRate", representation.sample_rate);
  }
  // The order of children is the schema's (ISO/IEC 23009-1 5.3.7.3).
  if (representation.channels) {
    WriteDescriptor("AudioChannelConfiguration", *representation.channels, xml);
  }
  for (const Descriptor& property : representation.supplemental) {
    WriteDescriptor("SupplementalProperty", property, xml);
  }
  if (!representation.tiles.empty()) {
    xml.Open("EssentialProperty")
        .Attribute("schemeIdUri", kThumbnailTile)
        .Attribute("value", representation.tiles)
        .Close();
  }
  if (representation.single_file) {
    WriteSingleFile(*representation.single_file, xml);
  } else {
    WriteTemplate(representation.segments, xml);
  }
  xml.Close();
}

void WriteLiveAttributes(const LiveTiming& live, XmlWriter& xml) {
  xml.Attribute("type", "dynamic")
      .Attribute("availabilityStartTime", DateTime(live.availability_start))
      .Attribute("publishTime", DateTime(live.published))
      .Attribute("minimumUpdatePeriod", Duration(live.update_period))
      .Attribute("suggestedPresentationDelay", Duration(live.suggested_delay));
  if (live.window) {
    xml.Attribute("timeShiftBufferDepth", Duration(*live.window));
  }
}

// A player may speed up or slow down by so much that nobody hears it.
void WriteLatency(const LiveTiming& live, XmlWriter& xml) {
  const auto target = static_cast<uint64_t>(live.target_latency.count());
  xml.Open("ServiceDescription").Attribute("id", "0");
  xml.Open("Latency")
      .Attribute("target", target)
      .Attribute("max", 4 * target)
      .Attribute("min", target / 2)
      .Close();
  xml.Open("PlaybackRate")
      .Attribute("max", "1.04")
      .Attribute("min", "0.96")
      .Close();
  xml.Close();
}

void WriteSet(const AdaptationSet& set, XmlWriter& xml) {
  xml.Open("AdaptationSet")
      .Attribute("id", set.id)
      .Attribute("contentType", set.content_type)
      .Attribute("mimeType", set.mime_type);
  AttributeIfAny("lang", set.language, xml);
  // In a single file segments are subsegments (5.3.3.2).
  const bool single = !set.representations.empty() &&
                      set.representations.front().single_file.has_value();
  if (set.content_type != "image") {
    xml.Attribute(single ? "subsegmentAlignment" : "segmentAlignment",
                  set.aligned ? "true" : "false")
        .Attribute(single ? "subsegmentStartsWithSAP" : "startWithSAP",
                   set.sap_type);
  }
  // The order of children is the schema's (ISO/IEC 23009-1 5.3.3.3).
  if (set.encryption) WriteEncryption(*set.encryption, xml);
  for (const Descriptor& property : set.essential) {
    WriteDescriptor("EssentialProperty", property, xml);
  }
  for (const Descriptor& property : set.supplemental) {
    WriteDescriptor("SupplementalProperty", property, xml);
  }
  if (!set.continues_period.empty()) {
    xml.Open("SupplementalProperty")
        .Attribute("schemeIdUri", kPeriodContinuity)
        .Attribute("value", set.continues_period)
        .Close();
  }
  if (!set.label.empty()) xml.Open("Label").Text(set.label).Close();
  if (!set.role.empty()) {
    xml.Open("Role")
        .Attribute("schemeIdUri", kRole)
        .Attribute("value", set.role)
        .Close();
  }
  for (const Representation& representation : set.representations) {
    WriteRepresentation(representation, xml);
  }
  xml.Close();
}

}  // namespace

void AppendToTimeline(uint64_t start, uint64_t duration,
                      std::vector<TimelineRun>& timeline, uint64_t parts) {
  if (!timeline.empty()) {
    TimelineRun& last = timeline.back();
    const uint64_t end = last.start + last.duration * last.count;
    if (last.duration == duration && end == start && last.parts == parts) {
      ++last.count;
      return;
    }
  }
  timeline.push_back({start, duration, 1, parts});
}

bool Mpd::IsOnDemand() const {
  for (const Period& period : periods) {
    for (const AdaptationSet& set : period.sets) {
      for (const Representation& representation : set.representations) {
        if (!representation.single_file) return false;
      }
    }
  }
  return !periods.empty();
}

std::string Write(const Mpd& mpd) {
  XmlWriter xml;
  xml.Open("MPD")
      .Attribute("xmlns", "urn:mpeg:dash:schema:mpd:2011")
      .Attribute("xmlns:cenc", "urn:mpeg:cenc:2013")
      .Attribute("xmlns:ck", "http://dashif.org/guidelines/clearKey");
  if (HasDrm(mpd)) {
    xml.Attribute("xmlns:mspr", "urn:microsoft:playready")
        .Attribute("xmlns:dashif", "https://dashif.org/CPS");
  }
  xml.Attribute("profiles", mpd.IsOnDemand()
                                ? "urn:mpeg:dash:profile:isoff-on-demand:2011"
                                : "urn:mpeg:dash:profile:isoff-live:2011");
  if (mpd.live) {
    WriteLiveAttributes(*mpd.live, xml);
  } else {
    xml.Attribute("type", "static")
        .Attribute("mediaPresentationDuration", Duration(mpd.duration));
  }
  xml.Attribute("maxSegmentDuration", Duration(mpd.longest_segment))
      .Attribute("minBufferTime",
                 Duration(mpd.min_buffer.count() > 0 ? mpd.min_buffer
                                                     : mpd.longest_segment));
  if (mpd.live && mpd.live->target_latency.count() > 0) {
    WriteLatency(*mpd.live, xml);
  }
  for (const Period& period : mpd.periods) {
    xml.Open("Period")
        .Attribute("id", period.id)
        .Attribute("start", Duration(period.start));
    if (period.duration) xml.Attribute("duration", Duration(*period.duration));
    for (const AdaptationSet& set : period.sets) WriteSet(set, xml);
    xml.Close();
  }
  if (mpd.live && !mpd.live->clock_uri.empty()) {
    xml.Open("UTCTiming")
        .Attribute("schemeIdUri", "urn:mpeg:dash:utc:http-xsdate:2014")
        .Attribute("value", mpd.live->clock_uri)
        .Close();
  }
  xml.Close();
  return xml.Take();
}

}  // namespace usher::playlist

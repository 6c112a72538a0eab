#include "packager/inspect/dash_rendition.h"

#include <algorithm>
#include <cmath>

#include "packager/inspect/location.h"
#include "packager/inspect/segment_index.h"

namespace usher::inspect {
namespace {

using playlist::ByteRange;
using playlist::ReadAddressing;
using playlist::ReadRepresentation;
using playlist::ReadTimelineEntry;

// A day and more of two-second segments; what claims more is damaged.
constexpr size_t kMaxSegments = 100'000;

// Makes one rendition; lives for one call of MakeRendition.
class Maker {
 public:
  Maker(const ReadRepresentation& representation, const PeriodSource& source,
        const Surroundings& around)
      : representation_(representation),
        addressing_(representation.addressing),
        source_(source),
        around_(around),
        place_(source.mpd_place + " " + representation.place),
        base_(source.mpd_location),
        timescale_(static_cast<double>(addressing_.timescale)) {}

  Rendition Make() {
    rendition_.protocol = Protocol::kDash;
    rendition_.place = place_;
    rendition_.key_frames_claimed = representation_.start_with_sap == 1 ||
                                    representation_.start_with_sap == 2;
    for (const std::string& url : representation_.base_urls) {
      base_ = Resolve(base_, url).value_or(base_);
    }
    switch (addressing_.kind) {
      case ReadAddressing::Kind::kTemplate:
        Header(addressing_.initialization);
        addressing_.has_timeline ? Timeline() : Numbers();
        break;
      case ReadAddressing::Kind::kList:
        Header(addressing_.initialization);
        List();
        break;
      case ReadAddressing::Kind::kBase:
      case ReadAddressing::Kind::kNone:
        SingleFile();
        break;
    }
    return std::move(rendition_);
  }

 private:
  void Header(const std::string& url) {
    if (url.empty() && !addressing_.initialization_range) return;
    const auto filled = Fill(url, {});
    if (!filled) return;
    ResourceEntry entry = Resource(filled->empty() ? std::string() : *filled);
    entry.range = addressing_.initialization_range;
    rendition_.headers.push_back(std::move(entry));
  }

  // SegmentTimeline (5.3.9.6): entries unrolled, order and gaps judged.
  void Timeline() {
    if (!IsSequence() && std::ranges::any_of(addressing_.timeline, [](auto& s) {
          return s.sequence > 1;
        })) {
      around_.findings.Error("dash-template", place_,
                             "S@k tells of sequences, and @media has no "
                             "$SubNumber$",
                             "ISO/IEC 23009-1 5.3.9.6.5");
      return;
    }
    uint64_t time = 0;
    uint64_t number = addressing_.start_number;
    const auto& entries = addressing_.timeline;
    for (size_t i = 0; i < entries.size(); ++i) {
      const ReadTimelineEntry& entry = entries[i];
      if (entry.start && i > 0) Order(time, *entry.start);
      time = entry.start.value_or(time);
      const int64_t repeats = Repeats(i, time);
      for (int64_t r = 0; r <= repeats; ++r) {
        const bool added = IsSequence()
                               ? AddSequence(number, time, entry)
                               : AddNumbered(number, time, entry.duration);
        if (!added) return;
        ++number;
        time += entry.duration;
      }
    }
  }

  void Order(uint64_t end, uint64_t start) {
    if (start < end) {
      around_.findings.Error("dash-timeline-order", place_,
                             "S@t " + std::to_string(start) +
                                 " lies before the end of the segment in "
                                 "front of it, " +
                                 std::to_string(end) +
                                 "; a jump needs a new Period",
                             "ISO/IEC 23009-1 5.3.9.6");
    } else if (start > end) {
      around_.findings.Warning(
          "dash-timeline-gap", place_,
          "SegmentTimeline leaves a gap of " +
              InSeconds(static_cast<double>(start - end) / timescale_),
          "ISO/IEC 23009-1 5.3.9.6");
    }
  }

  // A negative @r goes on to the next S@t or the end of the period.
  int64_t Repeats(size_t i, uint64_t time) const {
    const ReadTimelineEntry& entry = addressing_.timeline[i];
    if (entry.repeat >= 0) return entry.repeat;
    std::optional<uint64_t> end;
    if (i + 1 < addressing_.timeline.size()) {
      end = addressing_.timeline[i + 1].start;
    } else if (source_.duration) {
      end = static_cast<uint64_t>(*source_.duration * timescale_) +
            addressing_.presentation_time_offset;
    }
    if (!end || *end <= time) return 0;
    return static_cast<int64_t>((*end - time - 1) / entry.duration);
  }

  bool AddNumbered(uint64_t number, uint64_t time, uint64_t duration) {
    if (IsFull()) return false;
    const auto filled = Fill(addressing_.media, {{}, 0, number, time});
    if (!filled) return false;
    SegmentEntry entry;
    entry.resource = Resource(*filled);
    entry.number = number;
    SetTimes(static_cast<double>(time), static_cast<double>(duration), entry);
    Add(std::move(entry));
    return true;
  }

  bool IsFull() {
    if (rendition_.segments.size() < kMaxSegments) return false;
    around_.findings.Error("dash-timeline-size", place_,
                           "more than 100000 segments",
                           "ISO/IEC 23009-1 5.3.9.6");
    return true;
  }

  // Segment sequences (5.3.9.6.5).
  bool IsSequence() const { return addressing_.media.contains("$SubNumber"); }

  bool AddSequence(uint64_t number, uint64_t time,
                   const ReadTimelineEntry& told) {
    parts_ += told.sequence;
    if (parts_ > kMaxSegments) {
      around_.findings.Error("dash-timeline-size", place_,
                             "more than 100000 parts",
                             "ISO/IEC 23009-1 5.3.9.6");
      return false;
    }
    SegmentEntry entry;
    for (uint64_t part = 0; part < told.sequence; ++part) {
      const auto filled = Fill(addressing_.media, {{}, 0, number, time, part});
      if (!filled) return false;
      entry.sequence.push_back(Resource(*filled));
    }
    const double end =
        (static_cast<double>(time + told.duration) -
         static_cast<double>(addressing_.presentation_time_offset)) /
        timescale_;
    // A live one tells of them before they are there.
    if (source_.published && end > *source_.published &&
        !std::ranges::all_of(entry.sequence, [&](const ResourceEntry& part) {
          return around_.loader.Load(part.location, {}).has_value();
        })) {
      return false;
    }
    entry.resource = entry.sequence.front();
    if (told.sequence > 1) {
      entry.resource.place += " to " + entry.sequence.back().place;
    }
    entry.number = number;
    SetTimes(static_cast<double>(time), static_cast<double>(told.duration),
             entry);
    Add(std::move(entry));
    return true;
  }

  void SetTimes(double time, double duration, SegmentEntry& entry) const {
    entry.start = time / timescale_;
    entry.duration = duration / timescale_;
    entry.precision = 1 / timescale_;
  }

  // @duration: nominal; the media may be up to half a segment off it.
  void Numbers() {
    if (!addressing_.duration || *addressing_.duration == 0) {
      around_.findings.Error("dash-addressing", place_,
                             "SegmentTemplate without SegmentTimeline or "
                             "@duration",
                             "ISO/IEC 23009-1 5.3.9.4");
      return;
    }
    if (source_.dynamic || !source_.duration) {
      return around_.findings.Note(
          "dash-not-enumerated", place_,
          "segments by @duration of a live presentation were not read");
    }
    const auto duration = static_cast<double>(*addressing_.duration);
    const double count =
        std::ceil(*source_.duration * timescale_ / duration - 1e-6);
    for (uint64_t i = 0; static_cast<double>(i) < count; ++i) {
      if (!AddNumbered(
              addressing_.start_number + i,
              i * *addressing_.duration + addressing_.presentation_time_offset,
              *addressing_.duration)) {
        return;
      }
      Loosen(rendition_.segments.back());
    }
    // The last one is as long as the period leaves it.
    if (!rendition_.segments.empty()) {
      SegmentEntry& last = rendition_.segments.back();
      last.duration = *source_.duration - (count - 1) * duration / timescale_;
    }
  }

  static void Loosen(SegmentEntry& entry) {
    entry.precision = entry.duration / 2;
    entry.nominal = true;
  }

  void List() {
    const auto duration = static_cast<double>(addressing_.duration.value_or(0));
    double time = static_cast<double>(addressing_.presentation_time_offset);
    uint64_t number = addressing_.start_number;
    for (const playlist::ReadSegmentUrl& url : addressing_.urls) {
      SegmentEntry entry;
      entry.resource = Resource(url.media);
      entry.resource.range = url.range;
      entry.number = number++;
      SetTimes(time, duration, entry);
      Loosen(entry);
      if (addressing_.has_timeline) entry.start.reset();
      time += duration;
      Add(std::move(entry));
    }
  }

  // SegmentBase: the index says where the subsegments lie.
  void SingleFile() {
    Header({});
    if (!addressing_.index_range) {
      return around_.findings.Note("dash-not-enumerated", place_,
                                   "a single file without @indexRange was "
                                   "not read");
    }
    const ResourceEntry file = Resource({});
    const ByteRange range = *addressing_.index_range;
    auto loaded = around_.loader.Load(file.location, range);
    if (!loaded) {
      return around_.findings.Error("file-missing", file.place,
                                    "the index: " + loaded.error().what,
                                    "ISO/IEC 23009-1 5.3.9.2");
    }
    const auto index = ReadSegmentIndex(loaded->bytes);
    if (!index) {
      return around_.findings.Error("dash-index", place_,
                                    "@indexRange holds no sidx box that lists "
                                    "media",
                                    "ISO/IEC 23009-1 5.3.9.2");
    }
    AddIndexed(*index, file, range.offset + range.length);
  }

  void AddIndexed(const SegmentIndex& index, const ResourceEntry& file,
                  uint64_t first_byte) {
    const auto timescale = static_cast<double>(index.timescale);
    uint64_t number = 1;
    for (const IndexedSubsegment& subsegment : index.subsegments) {
      SegmentEntry entry;
      entry.resource = file;
      entry.resource.range =
          ByteRange{first_byte + subsegment.offset, subsegment.size};
      entry.resource.place += " subsegment " + std::to_string(number);
      entry.number = number++;
      entry.start = static_cast<double>(subsegment.start) / timescale;
      entry.duration = subsegment.duration / timescale;
      entry.precision = 1 / timescale;
      Add(std::move(entry));
    }
  }

  void Add(SegmentEntry entry) {
    if (entry.resource.location.empty()) return;
    if (!rendition_.headers.empty()) entry.header = 0;
    rendition_.segments.push_back(std::move(entry));
  }

  // Empty: the base URL itself.
  ResourceEntry Resource(const std::string& url) {
    ResourceEntry entry;
    entry.written_at = place_;
    const std::optional<std::string> location =
        url.empty() ? base_ : Resolve(base_, url);
    if (!location) {
      entry.place = place_;
      around_.findings.Error("uri", place_, "a URL leads nowhere",
                             "ISO/IEC 23009-1 5.6");
      return entry;
    }
    entry.location = *location;
    entry.place = Shown(around_.root, *location);
    return entry;
  }

  std::optional<std::string> Fill(const std::string& text,
                                  playlist::TemplateValues values) {
    values.id = representation_.id;
    values.bandwidth = representation_.bandwidth.value_or(0);
    auto filled = playlist::FillTemplate(text, values);
    if (!filled) {
      around_.findings.Error("dash-template", place_,
                             "a template has an identifier that is none of "
                             "the standard's",
                             "ISO/IEC 23009-1 5.3.9.4.4");
    }
    return filled;
  }

  const ReadRepresentation& representation_;
  const ReadAddressing& addressing_;
  const PeriodSource& source_;
  const Surroundings& around_;
  std::string place_;
  std::string base_;
  double timescale_;
  uint64_t parts_ = 0;  // of all sequences
  Rendition rendition_;
};

}  // namespace

Rendition MakeRendition(const ReadRepresentation& representation,
                        const PeriodSource& source,
                        const Surroundings& around) {
  return Maker(representation, source, around).Make();
}

}  // namespace usher::inspect

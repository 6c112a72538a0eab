#include "packager/pipeline/text_writer.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "core/layout/layout.h"
#include "packager/mp4/init_segment.h"
#include "packager/mp4/media_segment.h"
#include "packager/mp4/wvtt.h"
#include "packager/text/text_cutter.h"
#include "packager/text/webvtt_segment.h"
#include "packager/track/media_time.h"

namespace usher {
namespace {

using manifest::SegmentRecord;
using manifest::TextRecord;
using manifest::TrackRecord;
using text::Interval;

int64_t OnTextClock(uint64_t ticks, uint32_t timescale) {
  return Rescale({static_cast<int64_t>(ticks), timescale}, text::kTimescale);
}

// Where the film starts on the media's own timeline.
int64_t OriginOf(const manifest::Presentation& presentation) {
  const Track& first = presentation.tracks.front().track;
  return OnTextClock(first.presentation_time_offset, first.timescale);
}

// Number n is the same interval in every track: it begins where the first track
// that has it says, pictures before sound, and lasts to the next.
std::vector<Interval> IntervalsOf(const manifest::Presentation& presentation) {
  const int64_t origin = OriginOf(presentation);
  std::map<uint64_t, Interval> by_number;
  for (const TrackRecord& record : presentation.tracks) {
    const uint32_t timescale = record.track.timescale;
    for (const SegmentRecord& segment : record.segments) {
      const int64_t start = OnTextClock(segment.start, timescale) - origin;
      const int64_t end =
          OnTextClock(segment.start + segment.duration, timescale) - origin;
      Interval& interval =
          by_number.try_emplace(segment.number, Interval{segment.number, start})
              .first->second;
      interval.end = std::max(interval.end, end);
    }
  }
  std::vector<Interval> intervals;
  for (auto& [number, interval] : by_number) {
    // Sound may begin a frame early; what was said before was said.
    interval.start = intervals.empty() ? 0 : interval.start;
    if (!intervals.empty()) intervals.back().end = interval.start;
    intervals.push_back(interval);
  }
  return intervals;
}

Track DescribeTrack(const PlannedText& planned, int64_t origin) {
  Track track;
  track.kind = TrackKind::kText;
  track.name = planned.name;
  track.language = planned.language;
  track.role = planned.role;
  track.timescale = text::kTimescale;
  track.presentation_time_offset = static_cast<uint64_t>(origin);
  track.codecs = "wvtt";
  const std::string header = text::WebVttHeader(planned.subtitles.styles);
  track.decoder_config.assign(header.begin(), header.end());
  return track;
}

// Writes one track; lives for one call of WriteTexts.
class Writer {
 public:
  Writer(const PlannedText& planned, int64_t origin, std::string directory,
         const std::string& path, Storage& storage)
      : planned_(planned),
        origin_(origin),
        path_(path),
        storage_(storage),
        cutter_(planned.subtitles) {
    record_.label = planned.label;
    record_.is_default = planned.is_default;
    record_.forced = planned.role == "forced-subtitle";
    record_.hls.track = DescribeTrack(planned, origin);
    record_.hls.directory = std::move(directory);
    record_.hls.extension = "vtt";
    record_.dash = record_.hls;
    record_.dash.extension = "m4s";
    record_.dash.inits = {{std::string(layout::kInit), {}}};
  }

  Result<TextRecord> Run(std::span<const Interval> intervals, bool with_dash) {
    if (with_dash) {
      const Bytes init = mp4::WriteInitSegment(record_.dash.track, {});
      if (auto put = Put(layout::kInit, init, {}); !put) {
        return std::unexpected(std::move(put).error());
      }
    }
    for (const Interval& interval : intervals) {
      const auto cues = cutter_.Next(interval);
      if (!cues) return Refuse(cues.error());
      Status written = WriteHls(interval, *cues);
      if (written && with_dash) written = WriteDash(interval, *cues);
      if (!written) return std::unexpected(std::move(written).error());
    }
    return std::move(record_);
  }

 private:
  using Cues = std::vector<const text::Cue*>;

  std::unexpected<Error> Refuse(Error error) const {
    error.where = "subtitles " + planned_.name;
    return std::unexpected(std::move(error));
  }

  Status WriteHls(const Interval& interval, const Cues& cues) {
    const std::string segment = text::WriteWebVttSegment(
        planned_.subtitles.styles, cues, static_cast<uint64_t>(origin_));
    Note(interval, segment.size(), record_.hls);
    return Put(layout::SegmentName(interval.number, "vtt"), AsBytes(segment),
               {});
  }

  Status WriteDash(const Interval& interval, const Cues& cues) {
    const auto fragment = mp4::MakeWvttFragment(interval, cues, origin_);
    if (!fragment) return Refuse(fragment.error());
    const Bytes header = mp4::WriteSegmentHeader(*fragment, Scheme::kNone, {});
    Note(interval, header.size() + fragment->data.size(), record_.dash);
    return Put(layout::SegmentName(interval.number, "m4s"), header,
               fragment->data);
  }

  void Note(const Interval& interval, uint64_t bytes, TrackRecord& record) {
    SegmentRecord segment;
    segment.number = interval.number;
    segment.start = static_cast<uint64_t>(interval.start + origin_);
    segment.duration = static_cast<uint64_t>(interval.end - interval.start);
    segment.bytes = bytes;
    record.segments.push_back(segment);
  }

  Status Put(std::string_view file, ByteView head, ByteView body) {
    const std::array<ByteView, 2> pieces = {head, body};
    return storage_.Put(path_ + "/" + std::string(file), pieces);
  }

  const PlannedText& planned_;
  int64_t origin_;
  std::string path_;
  Storage& storage_;
  text::TextCutter cutter_;
  TextRecord record_;
};

}  // namespace

std::vector<std::string> TextDirectories(std::span<const PlannedText> texts,
                                         unsigned revision) {
  std::vector<std::string> directories;
  directories.reserve(texts.size());
  for (const PlannedText& text : texts) {
    directories.push_back(layout::TrackDirectory(text.name, revision));
  }
  return directories;
}

Result<std::vector<TextRecord>> WriteTexts(
    std::span<const PlannedText> texts,
    const manifest::Presentation& presentation, const TextPlace& place,
    Storage& storage) {
  std::vector<TextRecord> records;
  if (texts.empty()) return records;
  const std::vector<Interval> intervals = IntervalsOf(presentation);
  const int64_t origin = OriginOf(presentation);
  const bool with_dash = presentation.HasMpd();
  const auto directories = TextDirectories(texts, place.revision);
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string path = place.directory.empty()
                                 ? directories[i]
                                 : place.directory + "/" + directories[i];
    Writer writer(texts[i], origin, directories[i], path, storage);
    auto record = writer.Run(intervals, with_dash);
    if (!record) return std::unexpected(std::move(record).error());
    records.push_back(*std::move(record));
  }
  return records;
}

}  // namespace usher

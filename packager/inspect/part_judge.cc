#include "packager/inspect/part_judge.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace usher::inspect {
namespace {

using playlist::ReadPart;
using playlist::ReadSegment;

constexpr char kClause[] = "RFC 8216bis 4.4.4.9";

// A document whose segments are those parts, so that what is known of keys,
// maps and ranges holds for them.
playlist::HlsDocument AsSegments(const playlist::HlsDocument& document,
                                 const ReadSegment& segment) {
  playlist::HlsDocument parts = document;
  parts.media.segments.clear();
  for (const ReadPart& part : segment.parts) {
    ReadSegment& entry = parts.media.segments.emplace_back();
    entry.line = part.line;
    entry.uri = part.uri;
    entry.range = part.range;
    entry.duration = part.duration;
    entry.fractional = true;
    entry.number = segment.number;
    entry.gap = part.gap;
    entry.keys = part.keys;
    entry.map = part.map;
  }
  return parts;
}

// Judges the parts of one segment; lives for one call of JudgePartFiles.
class Judge {
 public:
  Judge(const Rendition& rendition, const ReadSegment& segment,
        MediaStore& store, Findings& findings)
      : rendition_(rendition),
        segment_(segment),
        store_(store),
        findings_(findings) {}

  // The bytes of all of them, decrypted; nothing where some are not there.
  std::optional<Bytes> Run() {
    std::optional<Bytes> all(std::in_place);
    for (size_t i = 0; i < segment_.parts.size(); ++i) {
      const SegmentEntry& entry = rendition_.segments[i];
      std::optional<Bytes> bytes;
      if (!entry.gap) bytes = store_.PlainText(entry.resource);
      if (!bytes) {
        all.reset();
        continue;
      }
      if (all) all->insert(all->end(), bytes->begin(), bytes->end());
      const MeasuredSegment measured =
          store_.Part(rendition_, entry, *std::move(bytes));
      if (const MeasuredTrack* main = measured.Main()) {
        One(segment_.parts[i], entry, *main);
      }
    }
    return all;
  }

 private:
  void One(const ReadPart& part, const SegmentEntry& entry,
           const MeasuredTrack& main) {
    const double allowed = entry.precision + 1.0 / main.timescale;
    if (std::abs(main.DurationSeconds() - part.duration) > allowed) {
      findings_.Error("part-duration", entry.resource.written_at,
                      "a part told to last " + InSeconds(part.duration) +
                          ", its samples last " +
                          InSeconds(main.DurationSeconds()),
                      kClause);
    }
    if (part.independent && !main.starts_with_key) {
      findings_.Error("part-independent", entry.resource.written_at,
                      "INDEPENDENT=YES, but it does not begin with a key frame",
                      kClause);
    }
  }

  const Rendition& rendition_;
  const ReadSegment& segment_;
  MediaStore& store_;
  Findings& findings_;
};

}  // namespace

void JudgePartFiles(const playlist::HlsDocument& document,
                    const HlsPlaylistSource& source, MediaStore& store,
                    Findings& findings) {
  const auto judge = [&](const ReadSegment& segment) {
    const Rendition rendition =
        MakeRendition(AsSegments(document, segment), source, findings);
    return Judge(rendition, segment, store, findings).Run();
  };
  const Rendition whole = MakeRendition(document, source, findings);
  for (size_t i = 0; i < whole.segments.size(); ++i) {
    const ReadSegment& segment = document.media.segments[i];
    if (segment.parts.empty()) continue;
    const auto parts = judge(segment);
    if (!parts || whole.segments[i].gap) continue;
    const ResourceEntry& resource = whole.segments[i].resource;
    const auto bytes = store.PlainText(resource);
    if (!bytes || std::ranges::equal(*parts, *bytes)) continue;
    findings.Error("part-bytes", resource.place,
                   "is not what its parts are together", kClause);
  }
  judge(document.media.open);
}

}  // namespace usher::inspect

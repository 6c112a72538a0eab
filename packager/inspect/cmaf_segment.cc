#include "packager/inspect/cmaf_segment.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "packager/inspect/fragment_samples.h"
#include "packager/inspect/movie_fragment.h"
#include "packager/mp4/box_reader.h"

namespace usher::inspect {
namespace {

using mp4::BoxReader;
using mp4::BoxView;

// An edit list moves the presentation and hides what lies in front of it:
// encoder delay, for one.
void ApplyEdit(int64_t edit_start, MeasuredTrack& measured) {
  if (edit_start == 0) return;
  measured.start -= edit_start;
  if (measured.start >= 0 || edit_start < 0) return;
  measured.hidden = std::min(-measured.start, measured.duration);
  measured.start += measured.hidden;
}

// The shorter of two durations, of which 0 is none.
int64_t Shorter(int64_t a, int64_t b) {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

MeasuredTrack Measure(const TrackFragment& fragment) {
  MeasuredTrack measured;
  measured.kind = fragment.track->kind;
  measured.id = fragment.track->id;
  measured.timescale = fragment.track->timescale;
  measured.decode_start =
      static_cast<int64_t>(fragment.decode_time.value_or(0));
  measured.samples = fragment.samples.size();
  measured.starts_with_key = fragment.samples.front().sync;
  int64_t time = measured.decode_start;
  measured.start = std::numeric_limits<int64_t>::max();
  for (const SampleView& sample : fragment.samples) {
    measured.start = std::min(measured.start, time + sample.composition_offset);
    time += sample.duration;
    if (sample.sync) ++measured.sync_samples;
    if (uint64_t{sample.duration} * 1000 < measured.timescale) {
      ++measured.brief;
    } else {
      measured.shortest = Shorter(measured.shortest, int64_t{sample.duration});
    }
  }
  measured.duration = time - measured.decode_start;
  ApplyEdit(fragment.track->edit_start, measured);
  return measured;
}

// Fragments of one segment follow each other: one measurement for them all.
void Join(const MeasuredTrack& next, std::vector<MeasuredTrack>& tracks) {
  const auto track = std::ranges::find(tracks, next.id, &MeasuredTrack::id);
  if (track == tracks.end()) {
    tracks.push_back(next);
    return;
  }
  track->start = std::min(track->start, next.start);
  track->duration += next.duration;
  track->samples += next.samples;
  track->sync_samples += next.sync_samples;
  track->kids.insert(next.kids.begin(), next.kids.end());
  track->brief += next.brief;
  track->shortest = Shorter(track->shortest, next.shortest);
}

// Judges one segment; lives for one call of CmafJudge::Judge.
class SegmentJudge {
 public:
  SegmentJudge(const CmafSource& source, const MediaHeader& header,
               SampleJudge& samples, Findings& findings)
      : source_(source),
        header_(header),
        samples_(samples),
        findings_(findings) {}

  MeasuredSegment Judge(Bytes& bytes) {
    measured_.bytes = bytes.size();
    BoxReader boxes(bytes);
    while (const auto box = boxes.Next()) Box(*box, bytes);
    if (boxes.damaged() && !(source_.cut_short && InMediaData(boxes, bytes))) {
      findings_.Error("cmaf-box", source_.place,
                      "a box leads out of the segment at byte " +
                          std::to_string(boxes.position()),
                      "ISO/IEC 14496-12 4.2");
    }
    FinishFragment(bytes);
    if (measured_.tracks.empty()) {
      findings_.Error("cmaf-no-samples", source_.place,
                      "no movie fragment with samples",
                      "ISO/IEC 23000-19 7.3.2.3");
    }
    measured_.readable = !measured_.tracks.empty();
    return std::move(measured_);
  }

 private:
  void Box(const BoxView& box, Bytes& bytes) {
    if (box.type == "moof") {
      FinishFragment(bytes);
      pending_ = box;
    } else if (box.type == "mdat") {
      if (!pending_) {
        return findings_.Warning("cmaf-mdat", source_.place,
                                 "mdat without a moof in front of it",
                                 "ISO/IEC 23000-19 7.3.2.2");
      }
      FinishFragment(bytes);
    } else if (box.type == "moov") {
      findings_.Note("cmaf-moov", source_.place,
                     "a media segment with a moov of its own",
                     "ISO/IEC 23000-19 7.3.3.1");
    }
  }

  // An I-frame's range ends inside mdat.
  static bool InMediaData(const BoxReader& boxes, ByteView bytes) {
    const ByteView rest = bytes.subspan(boxes.position());
    return rest.size() >= 8 && AsText(rest.subspan(4, 4)) == "mdat";
  }

  void FinishFragment(Bytes& bytes) {
    const auto moof = std::exchange(pending_, std::nullopt);
    if (moof) Fragment(*moof, bytes);
  }

  void Fragment(const BoxView& moof, Bytes& bytes) {
    const FragmentSource source{bytes, moof, header_, source_.place,
                                source_.cut_short};
    const auto fragment = ReadMovieFragment(source, findings_);
    if (!fragment) return;
    Sequence(fragment->sequence);
    for (const TrackFragment& track : fragment->tracks) {
      MeasuredTrack measured = Measure(track);
      samples_.Judge(track, bytes, measured);
      Follows(measured);
      Join(measured, measured_.tracks);
    }
  }

  void Sequence(uint32_t sequence) {
    if (last_sequence_ && sequence <= *last_sequence_) {
      findings_.Warning("cmaf-sequence", source_.place,
                        "mfhd sequence numbers do not go up",
                        "ISO/IEC 14496-12 8.8.5");
    }
    last_sequence_ = sequence;
  }

  void Follows(const MeasuredTrack& next) {
    const auto track =
        std::ranges::find(measured_.tracks, next.id, &MeasuredTrack::id);
    if (track == measured_.tracks.end()) return;
    if (track->decode_start + track->duration != next.decode_start) {
      findings_.Error("cmaf-tfdt-gap", source_.place,
                      "a fragment inside the segment does not begin where the "
                      "one before it ends",
                      "ISO/IEC 23000-19 7.3.2.3");
    }
  }

  const CmafSource& source_;
  const MediaHeader& header_;
  SampleJudge& samples_;
  Findings& findings_;
  MeasuredSegment measured_;
  std::optional<BoxView> pending_;  // a moof whose mdat is still to come
  std::optional<uint32_t> last_sequence_;
};

void JudgeScheme(const MediaTrack& track, const Protection& protection,
                 const std::string& place, Findings& findings) {
  const bool counter =
      protection.scheme == "cenc" || protection.scheme == "cens";
  const bool chain = protection.scheme == "cbcs" || protection.scheme == "cbc1";
  if (!counter && !chain) {
    findings.Error("cenc-scheme", place, "schm names no scheme we know",
                   "ISO/IEC 23001-7 10");
  }
  if (!protection.is_protected) return;
  if (protection.iv_size == 0 && protection.constant_iv.size() != 16 &&
      protection.constant_iv.size() != 8) {
    findings.Error("cenc-tenc-iv", place,
                   "tenc has neither an IV size nor a constant IV",
                   "ISO/IEC 23001-7 8.2");
  }
  if (protection.iv_size != 0 && protection.iv_size != 8 &&
      protection.iv_size != 16) {
    findings.Error("cenc-tenc-iv", place, "tenc: an IV is 0, 8 or 16 bytes",
                   "ISO/IEC 23001-7 8.2");
  }
  if (protection.scheme == "cenc" &&
      (protection.iv_size == 0 || protection.crypt_byte_block != 0)) {
    findings.Error("cenc-tenc-scheme", place,
                   "cenc with a constant IV or a pattern",
                   "ISO/IEC 23001-7 10.1");
  }
  if (protection.scheme == "cbcs" &&
      (protection.iv_size != 0 || protection.constant_iv.size() != 16)) {
    findings.Error("cenc-tenc-scheme", place,
                   "cbcs without a constant IV of 16 bytes",
                   "ISO/IEC 23001-7 10.4");
  }
  const bool pattern =
      protection.crypt_byte_block == 1 && protection.skip_byte_block == 9;
  if (protection.scheme == "cbcs" && track.kind == MediaKind::kVideo &&
      !pattern) {
    findings.Warning("cenc-pattern", place,
                     "cbcs video without the pattern 1:9, which Apple's and "
                     "other devices want",
                     "ISO/IEC 23001-7 10.4.2");
  }
}

void JudgeTrack(const MediaTrack& track, const std::string& place,
                Findings& findings) {
  if (track.encrypted_entry && !track.protection) {
    findings.Error("cenc-tenc-missing", place,
                   "a protected sample entry without tenc",
                   "ISO/IEC 23001-7 8.2");
  }
  if (track.protection) {
    JudgeScheme(track, *track.protection, place, findings);
  }
  if (!track.has_trex) {
    findings.Error("cmaf-trex", place,
                   "no trex for track " + std::to_string(track.id),
                   "ISO/IEC 14496-12 8.8.3");
  }
  if (track.has_samples) {
    findings.Error("cmaf-header-samples", place,
                   "the init segment lists samples of its own",
                   "ISO/IEC 23000-19 7.3.2.1");
  }
  if (track.format == "hev1") {
    findings.Warning("hevc-hev1", place,
                     "HEVC as hev1: Apple's players want hvc1",
                     "HLS Authoring Specification 1.10");
  }
}

}  // namespace

MeasuredSegment CmafJudge::Judge(const CmafSource& source,
                                 const MediaHeader& header, Bytes& bytes) {
  SampleJudge samples(source, keys_, ledger_, findings_);
  return SegmentJudge(source, header, samples, findings_).Judge(bytes);
}

void JudgeMediaHeader(const MediaHeader& header, const std::string& place,
                      Findings& findings) {
  if (header.tracks.empty()) {
    findings.Error("cmaf-no-track", place, "the init segment has no track",
                   "ISO/IEC 23000-19 7.3.2.1");
  }
  if (header.tracks.size() > 1) {
    findings.Note("cmaf-multiplexed", place,
                  "more than one track: this is no CMAF",
                  "ISO/IEC 23000-19 7.3.2.1");
  }
  for (const MediaTrack& track : header.tracks) {
    JudgeTrack(track, place, findings);
  }
  for (const Pssh& pssh : header.pssh) {
    if (pssh.kids.empty()) continue;
    const bool known =
        std::ranges::any_of(header.tracks, [&](const MediaTrack& track) {
          return track.protection &&
                 std::ranges::find(pssh.kids, track.protection->kid) !=
                     pssh.kids.end();
        });
    if (!known) {
      findings.Error("cenc-pssh", place,
                     "pssh lists KIDs, but not the one of tenc",
                     "ISO/IEC 23001-7 8.1");
    }
  }
}

}  // namespace usher::inspect

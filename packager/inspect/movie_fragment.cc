#include "packager/inspect/movie_fragment.h"

#include <algorithm>

#include "packager/inspect/sample_auxiliary.h"

namespace usher::inspect {
namespace {

using mp4::BoxReader;
using mp4::BoxView;
using mp4::FieldReader;
using mp4::FindBox;

// A trun without per-sample fields may claim 2^32 samples in 16 bytes.
constexpr size_t kMaxSamples = 1'000'000;
constexpr uint32_t kNonSync = 0x10000;  // sample_is_non_sync_sample

struct RunDefaults {
  uint32_t duration = 0;
  uint32_t size = 0;
  uint32_t flags = 0;
};

// Reads one traf; lives for one call of Read.
class TrackFragmentReader {
 public:
  TrackFragmentReader(const FragmentSource& source, Findings& findings)
      : source_(source), findings_(findings), base_(source.moof.offset) {}

  std::optional<TrackFragment> Read(ByteView traf) {
    const auto tfhd = FindBox(traf, "tfhd");
    if (!tfhd || !ReadTrackHeader(tfhd->body)) return std::nullopt;
    ReadDecodeTime(traf);
    BoxReader boxes(traf);
    while (const auto box = boxes.Next()) {
      if (box->type == "trun" && !ReadRun(box->body)) return std::nullopt;
    }
    if (boxes.damaged()) {
      Error("cmaf-box", "a box leads out of traf", "ISO/IEC 14496-12 4.2");
    }
    ReadAuxiliary({source_, traf, base_}, fragment_, findings_);
    return std::move(fragment_);
  }

 private:
  bool ReadTrackHeader(ByteView body) {
    FieldReader fields(body);
    const uint32_t flags = fields.U32() & 0xFFFFFF;
    const uint32_t id = fields.U32();
    const auto& tracks = source_.header.tracks;
    const auto track = std::ranges::find(tracks, id, &MediaTrack::id);
    if (track == tracks.end()) {
      Error("cmaf-track-id",
            "tfhd names track " + std::to_string(id) +
                ", which the init segment does not have",
            "ISO/IEC 14496-12 8.8.7");
      return false;
    }
    fragment_.track = &*track;
    ReadBase(flags, fields);
    defaults_ = {track->default_duration, track->default_size,
                 track->default_flags};
    if ((flags & 2) != 0) fields.Skip(4);
    if ((flags & 8) != 0) defaults_.duration = fields.U32();
    if ((flags & 0x10) != 0) defaults_.size = fields.U32();
    if ((flags & 0x20) != 0) defaults_.flags = fields.U32();
    return fields.ok();
  }

  void ReadBase(uint32_t flags, FieldReader& fields) {
    if ((flags & 1) != 0) {
      base_ = fields.U64();
      Warning("cmaf-base-offset", "tfhd has a base-data-offset",
              "ISO/IEC 23000-19 7.5.16");
    } else if ((flags & 0x20000) == 0) {
      Warning("cmaf-base-offset", "tfhd lacks default-base-is-moof",
              "ISO/IEC 23000-19 7.5.16");
    }
  }

  void ReadDecodeTime(ByteView traf) {
    const auto tfdt = FindBox(traf, "tfdt");
    if (!tfdt) {
      return Error("cmaf-tfdt-missing", "there is no tfdt box",
                   "ISO/IEC 14496-12 8.8.12");
    }
    FieldReader fields(tfdt->body);
    const uint8_t version = fields.U8();
    fields.Skip(3);
    const uint64_t time = version == 1 ? fields.U64() : fields.U32();
    if (fields.ok() && time < uint64_t{1} << 62) fragment_.decode_time = time;
  }

  bool ReadRun(ByteView body) {
    FieldReader fields(body);
    const uint8_t version = fields.U8();
    const uint32_t flags = fields.U24();
    const uint32_t count = fields.U32();
    if (count > kMaxSamples - fragment_.samples.size()) {
      Error("cmaf-trun", "trun claims " + std::to_string(count) + " samples",
            "ISO/IEC 14496-12 8.8.8");
      return false;
    }
    // Without an offset a run goes on where the last one ended.
    if ((flags & 1) != 0) {
      next_ = base_ + static_cast<uint64_t>(static_cast<int64_t>(
                          static_cast<int32_t>(fields.U32())));
    } else if (!next_) {
      next_ = base_;
    }
    std::optional<uint32_t> first_flags;
    if ((flags & 4) != 0) first_flags = fields.U32();
    for (uint32_t i = 0; i < count; ++i) {
      ReadSample(fields, flags, version, i == 0 ? first_flags : std::nullopt);
      if (!fields.ok()) {
        Error("cmaf-trun", "trun is shorter than its sample_count",
              "ISO/IEC 14496-12 8.8.8");
        return false;
      }
      if (!Inside(fragment_.samples.back())) return false;
    }
    return true;
  }

  void ReadSample(FieldReader& fields, uint32_t flags, uint8_t version,
                  std::optional<uint32_t> first_flags) {
    SampleView sample;
    sample.duration = (flags & 0x100) != 0 ? fields.U32() : defaults_.duration;
    sample.size = (flags & 0x200) != 0 ? fields.U32() : defaults_.size;
    const uint32_t own = (flags & 0x400) != 0 ? fields.U32() : defaults_.flags;
    sample.sync = (first_flags.value_or(own) & kNonSync) == 0;
    if ((flags & 0x800) != 0) {
      const uint32_t offset = fields.U32();
      sample.composition_offset = version == 0
                                      ? int64_t{offset}
                                      : int64_t{static_cast<int32_t>(offset)};
    }
    sample.offset = *next_;
    *next_ += sample.size;
    fragment_.samples.push_back(sample);
  }

  // A range cut behind its I-frame ends there: the rest is dropped.
  bool Inside(const SampleView& sample) {
    const uint64_t end = source_.size;
    if (sample.offset <= end && sample.size <= end - sample.offset) {
      return true;
    }
    const bool usable = source_.cut_short && fragment_.samples.size() > 1;
    fragment_.samples.pop_back();
    *next_ = UINT64_MAX / 2;  // nothing behind it is inside either
    if (usable) return true;
    Error("cmaf-sample-range", "a sample lies outside of the segment",
          "ISO/IEC 14496-12 8.8.8");
    return false;
  }

  void Error(std::string check, std::string what, std::string clause) {
    findings_.Error(std::move(check), source_.place, std::move(what),
                    std::move(clause));
  }
  void Warning(std::string check, std::string what, std::string clause) {
    findings_.Warning(std::move(check), source_.place, std::move(what),
                      std::move(clause));
  }

  const FragmentSource& source_;
  Findings& findings_;
  uint64_t base_;
  RunDefaults defaults_;
  std::optional<uint64_t> next_;  // where the next sample lies
  TrackFragment fragment_;
};

}  // namespace

std::optional<MovieFragment> ReadMovieFragment(const FragmentSource& source,
                                               Findings& findings) {
  MovieFragment fragment;
  if (const auto mfhd = FindBox(source.moof.body, "mfhd")) {
    FieldReader fields(mfhd->body);
    fields.Skip(4);
    fragment.sequence = fields.U32();
  }
  BoxReader boxes(source.moof.body);
  while (const auto box = boxes.Next()) {
    if (box->type != "traf") continue;
    auto track = TrackFragmentReader(source, findings).Read(box->body);
    if (track && !track->samples.empty()) {
      fragment.tracks.push_back(std::move(*track));
    }
  }
  if (boxes.damaged()) {
    findings.Error("cmaf-box", source.place, "a box leads out of moof",
                   "ISO/IEC 14496-12 4.2");
  }
  if (fragment.tracks.empty()) return std::nullopt;
  return fragment;
}

}  // namespace usher::inspect

#include "packager/inspect/hls_inspector.h"

#include <algorithm>
#include <cmath>
#include <list>
#include <map>
#include <set>

#include "packager/inspect/hls_keys.h"
#include "packager/inspect/hls_playlist_checks.h"
#include "packager/inspect/hls_rendition.h"
#include "packager/inspect/image_judge.h"
#include "packager/inspect/ladder_judge.h"
#include "packager/inspect/location.h"
#include "packager/inspect/part_judge.h"
#include "packager/inspect/webvtt_judge.h"

namespace usher::inspect {
namespace {

using playlist::HlsDocument;
using playlist::HlsLine;
using playlist::ReadVariant;

struct MediaPlaylistFile {
  std::string place;
  HlsDocument document;
  Rendition rendition;
  MeasuredRendition measured;
};

std::vector<std::string> SplitCodecs(std::string_view text) {
  std::vector<std::string> codecs;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view codec = text.substr(0, comma);
    while (codec.starts_with(' ')) codec.remove_prefix(1);
    while (codec.ends_with(' ')) codec.remove_suffix(1);
    if (!codec.empty()) codecs.emplace_back(codec);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return codecs;
}

// Judges one presentation; lives for one call of InspectHls.
class HlsInspector {
 public:
  HlsInspector(const LoadedFile& file, const Surroundings& around)
      : file_(file),
        around_(around),
        findings_(around.findings),
        place_(Shown(around.root, file.location)) {}

  size_t Inspect() {
    document_ = playlist::ReadHls(AsText(file_.bytes));
    if (!document_.multivariant) {
      Take(file_.location, place_, std::move(document_));
      return playlists_.size();
    }
    JudgeSyntax(document_, place_, findings_);
    const auto& presentation = document_.presentation;
    JudgeMultivariantPlaylist(presentation, place_, findings_);
    for (const ReadVariant& variant : presentation.variants) {
      Media(variant.uri, variant.tag.line);
    }
    for (const HlsLine& tag : presentation.renditions) {
      if (tag.Find("URI") != nullptr) {
        const auto* media = Media(std::string(tag.Get("URI")), tag.line);
        if (media != nullptr) Channels(tag, media->measured);
      }
    }
    for (const HlsLine& tag : presentation.i_frame_variants) IFrames(tag);
    for (const HlsLine& tag : presentation.image_variants) Images(tag);
    for (const ReadVariant& variant : presentation.variants) Variant(variant);
    Ladder();
    Reports();
    return playlists_.size();
  }

 private:
  // Loads and judges a media playlist, once. Null where it is not there.
  MediaPlaylistFile* Media(const std::string& uri, size_t line) {
    const std::string at = place_ + ":" + std::to_string(line);
    const auto location = Resolve(file_.location, uri);
    if (!location) {
      findings_.Error("uri", at, "the URI leads nowhere", "RFC 8216bis 4.1");
      return nullptr;
    }
    const auto known = by_location_.find(*location);
    if (known != by_location_.end()) return known->second;
    MediaPlaylistFile* media = LoadMedia(*location, at);
    by_location_[*location] = media;
    return media;
  }

  MediaPlaylistFile* LoadMedia(const std::string& location,
                               const std::string& at) {
    const std::string place = Shown(around_.root, location);
    auto loaded = around_.loader.Load(location, std::nullopt);
    if (!loaded) {
      findings_.Error("file-missing", place,
                      loaded.error().what + ", and " + at + " names it",
                      "RFC 8216bis 6.2.1");
      return nullptr;
    }
    HlsDocument document = playlist::ReadHls(AsText(loaded->bytes));
    if (document.multivariant) {
      JudgeSyntax(document, place, findings_);
      findings_.Error("hls-nested", place,
                      "a multivariant playlist inside of one",
                      "RFC 8216bis 4.4.6.2");
      return nullptr;
    }
    return Take(loaded->location, place, std::move(document));
  }

  MediaPlaylistFile* Take(const std::string& location, const std::string& place,
                          HlsDocument document) {
    MediaPlaylistFile& file = playlists_.emplace_back();
    file.place = place;
    file.document = std::move(document);
    JudgeSyntax(file.document, place, findings_);
    JudgeMediaPlaylist(file.document.media, place, findings_);
    file.rendition = MakeRendition(
        file.document,
        {around_.root, location, place, document_.independent_segments},
        findings_);
    file.measured = Measure(file.rendition, around_.store, around_.every);
    JudgeRendition(file.measured, findings_);
    JudgeSampleKeys(file.document.media, file.measured, around_.store.keys(),
                    findings_);
    JudgePartFiles(file.document, {around_.root, location, place, false},
                   around_.store, findings_);
    return &file;
  }

  // CHANNELS of a rendition against its codec's configuration. Of mono AAC
  // parametric stereo makes two, and need not say so.
  void Channels(const HlsLine& tag, const MeasuredRendition& sound) {
    const std::string_view value = tag.Get("CHANNELS");
    const auto told = playlist::ParseInteger(value.substr(0, value.find('/')));
    const MediaTrack* track = sound.FirstTrack(MediaKind::kAudio);
    if (!told || value.find("JOC") != std::string_view::npos) return;
    if (track == nullptr || track->coded_channels == 0) return;
    const uint64_t coded = track->coded_channels;
    const bool stereo_of_mono = coded == 1 && track->format == "mp4a";
    if (*told == coded || (*told == 2 && stereo_of_mono)) return;
    findings_.Error("channels", At(tag),
                    "CHANNELS is " + std::to_string(*told) +
                        ", the sound has " + std::to_string(coded),
                    "RFC 8216bis 4.4.6.1");
  }

  void IFrames(const HlsLine& tag) {
    MediaPlaylistFile* media = Media(std::string(tag.Get("URI")), tag.line);
    if (media == nullptr) return;
    if (!media->document.media.i_frames_only) {
      findings_.Error("hls-i-frames", media->place,
                      "named by EXT-X-I-FRAME-STREAM-INF, but without "
                      "EXT-X-I-FRAMES-ONLY",
                      "RFC 8216bis 4.4.6.3");
    }
    const MeasuredRendition* const alone[] = {&media->measured};
    JudgePromise(PromiseOf(tag), alone, findings_);
    Bandwidth(tag, "BANDWIDTH", Peak(*media), "4.4.6.3");
  }

  // Sprite sheets: a media playlist in form only.
  void Images(const HlsLine& tag) {
    const auto location = Resolve(file_.location, std::string(tag.Get("URI")));
    if (!location) return;
    const std::string place = Shown(around_.root, *location);
    const auto loaded = around_.loader.Load(*location, std::nullopt);
    if (!loaded) {
      findings_.Error("file-missing", place,
                      loaded.error().what + ", and " + At(tag) + " names it",
                      "RFC 8216bis 6.2.1");
      return;
    }
    const HlsDocument document = playlist::ReadHls(AsText(loaded->bytes));
    JudgeSyntax(document, place, findings_);
    JudgeMediaPlaylist(document.media, place, findings_);
    JudgeImages(MakeRendition(document, {around_.root, *location, place, false},
                              findings_),
                {}, around_);
  }

  void Variant(const ReadVariant& variant) {
    MediaPlaylistFile* media = Media(variant.uri, variant.tag.line);
    if (media == nullptr) return;
    std::vector<MediaPlaylistFile*> together = {media};
    double peak = Peak(*media);
    double average = AverageBitrate(media->measured);
    const bool complete = peak > 0;
    for (const char* type : {"AUDIO", "SUBTITLES"}) {
      const auto group = Group(type, variant.tag.Get(type));
      double group_peak = 0;
      double group_average = 0;
      for (MediaPlaylistFile* member : group) {
        if (member == media) continue;
        together.push_back(member);
        group_peak = std::max(group_peak, Peak(*member));
        group_average =
            std::max(group_average, AverageBitrate(member->measured));
      }
      // Text is loaded beside, and many leave it out.
      if (std::string_view(type) == "SUBTITLES") continue;
      peak += group_peak;
      average += group_average;
    }
    if (complete) {
      Bandwidth(variant.tag, "BANDWIDTH", peak, "4.4.6.2");
      Bandwidth(variant.tag, "AVERAGE-BANDWIDTH", average, "4.4.6.2");
    }
    std::vector<const MeasuredRendition*> measured;
    measured.reserve(together.size());
    for (const MediaPlaylistFile* file : together) {
      measured.push_back(&file->measured);
    }
    JudgePromise(PromiseOf(variant.tag), measured, findings_);
    for (MediaPlaylistFile* text :
         Group("SUBTITLES", variant.tag.Get("SUBTITLES"))) {
      if (!judged_text_.insert(text).second) continue;
      JudgeCueTimes(media->measured, text->measured, findings_);
    }
    VariantExtras(variant, media->measured);
    for (size_t i = 1; i < together.size(); ++i) {
      if (!media->measured.Has(MediaKind::kVideo)) break;
      JudgeTogether(media->measured, together[i]->measured, findings_);
    }
  }

  void VariantExtras(const ReadVariant& variant,
                     const MeasuredRendition& measured) {
    if (!measured.Has(MediaKind::kVideo)) return;
    const std::string at = At(variant.tag);
    if (variant.tag.Find("RESOLUTION") == nullptr) {
      findings_.Warning("hls-attribute", at,
                        "a variant with video without "
                        "RESOLUTION",
                        "RFC 8216bis 4.4.6.2");
    }
    constexpr double kFast = 30.5;
    if (variant.tag.Find("FRAME-RATE") == nullptr &&
        measured.FrameRate() > kFast) {
      findings_.Warning("hls-attribute", at,
                        "more than 30 frames a second without FRAME-RATE",
                        "RFC 8216bis 4.4.6.2");
    }
  }

  std::vector<MediaPlaylistFile*> Group(std::string_view type,
                                        std::string_view name) {
    std::vector<MediaPlaylistFile*> members;
    for (const HlsLine& tag : document_.presentation.renditions) {
      if (name.empty() || tag.Get("TYPE") != type ||
          tag.Get("GROUP-ID") != name || tag.Find("URI") == nullptr) {
        continue;
      }
      if (auto* media = Media(std::string(tag.Get("URI")), tag.line)) {
        members.push_back(media);
      }
    }
    return members;
  }

  static double Peak(const MediaPlaylistFile& media) {
    return PeakBitrate(
        media.measured,
        static_cast<double>(media.document.media.target_duration.value_or(1)));
  }

  // Half a percent is left for how durations were rounded.
  void Bandwidth(const HlsLine& tag, const char* name, double measured,
                 const std::string& section) {
    const auto told = playlist::ParseInteger(tag.Get(name));
    if (!told || measured == 0) return;
    const auto promised = static_cast<double>(*told);
    if (promised < measured * 0.995) {
      findings_.Error("bandwidth", At(tag),
                      std::string(name) + " tells " + InBitrate(promised) +
                          ", measured are " + InBitrate(measured),
                      "RFC 8216bis " + section);
    } else if (promised > measured * 1.5 && promised - measured > 10'000) {
      findings_.Warning("bandwidth", At(tag),
                        std::string(name) + " tells " + InBitrate(promised) +
                            ", measured are only " + InBitrate(measured),
                        "RFC 8216bis " + section);
    }
  }

  Promise PromiseOf(const HlsLine& tag) const {
    Promise promise;
    promise.place = At(tag);
    promise.codecs = SplitCodecs(tag.Get("CODECS"));
    if (const auto size = playlist::ParseResolution(tag.Get("RESOLUTION"))) {
      promise.width = size->width;
      promise.height = size->height;
    }
    promise.frame_rate =
        playlist::ParseDecimal(tag.Get("FRAME-RATE")).value_or(0);
    promise.video_range = tag.Get("VIDEO-RANGE");
    if (promise.video_range.empty()) promise.video_range = "SDR";
    promise.codecs_clause = "RFC 8216bis 4.4.6.2; RFC 6381";
    promise.picture_clause = "RFC 8216bis 4.4.6.2";
    return promise;
  }

  // A player that changes rendition learns from one where another is.
  void Reports() {
    for (const auto& [location, file] : by_location_) {
      if (file == nullptr || !TellsParts(*file)) continue;
      for (const auto& [other_location, other] : by_location_) {
        if (other == nullptr || other == file || !TellsParts(*other) ||
            IsReported(*file, location, other_location)) {
          continue;
        }
        findings_.Warning("hls-rendition-report", file->place,
                          "no EXT-X-RENDITION-REPORT tells of " + other->place,
                          "RFC 8216bis 4.4.5.4");
      }
    }
  }

  static bool TellsParts(const MediaPlaylistFile& file) {
    const auto& media = file.document.media;
    return media.low_latency.part_target && !media.end_list;
  }

  static bool IsReported(const MediaPlaylistFile& file,
                         const std::string& location,
                         const std::string& other) {
    return std::ranges::any_of(file.document.media.reports,
                               [&](const playlist::ReadReport& report) {
                                 return Resolve(location, report.uri) == other;
                               });
  }

  // What all media playlists of a presentation have in common (6.2.4).
  void Ladder() {
    std::vector<const MeasuredRendition*> videos;
    bool ended = true;
    const MediaPlaylistFile* first = nullptr;
    for (const MediaPlaylistFile& file : playlists_) {
      if (file.document.media.i_frames_only) continue;
      if (file.measured.Has(MediaKind::kVideo)) {
        videos.push_back(&file.measured);
        ended = ended && file.document.media.end_list;
      }
      if (first == nullptr) first = &file;
      Compare(*first, file);
    }
    // HLS asks for matching times, not for matching boundaries.
    JudgeAlignment(videos, false, "RFC 8216bis 6.2.4", findings_);
    if (!ended || first == nullptr) return;
    JudgeEnds(
        videos,
        static_cast<double>(first->document.media.target_duration.value_or(1)),
        "RFC 8216bis 6.2.4", findings_);
  }

  void Compare(const MediaPlaylistFile& first, const MediaPlaylistFile& file) {
    const auto& a = first.document.media;
    const auto& b = file.document.media;
    const bool is_text = !file.measured.Has(MediaKind::kVideo) &&
                         !file.measured.Has(MediaKind::kAudio);
    if (a.target_duration != b.target_duration &&
        !(is_text && b.type == "VOD")) {
      findings_.Error("hls-ladder-target", file.place,
                      "its EXT-X-TARGETDURATION is not that of " + first.place,
                      "RFC 8216bis 6.2.4");
    }
    if (a.type != b.type) {
      findings_.Error("hls-ladder-type", file.place,
                      "its EXT-X-PLAYLIST-TYPE is not that of " + first.place,
                      "RFC 8216bis 6.2.4");
    }
    if (!is_text && a.low_latency.part_target != b.low_latency.part_target) {
      findings_.Error("hls-ladder-parts", file.place,
                      "its PART-TARGET is not that of " + first.place +
                          ": players that wait for parts wait for all",
                      "RFC 8216bis 4.4.3.7, 6.2.4");
    }
    if (Discontinuities(a) != Discontinuities(b)) {
      findings_.Error("hls-ladder-discontinuity", file.place,
                      "its discontinuities are not those of " + first.place,
                      "RFC 8216bis 6.2.4");
    }
  }

  static uint64_t Discontinuities(const playlist::ReadMediaPlaylist& media) {
    return media.segments.empty() ? media.discontinuity_sequence
                                  : media.segments.back().discontinuities;
  }

  std::string At(const HlsLine& tag) const {
    return place_ + ":" + std::to_string(tag.line);
  }

  const LoadedFile& file_;
  const Surroundings& around_;
  Findings& findings_;
  std::string place_;
  HlsDocument document_;
  std::list<MediaPlaylistFile> playlists_;  // addresses stay
  std::map<std::string, MediaPlaylistFile*> by_location_;
  std::set<const MediaPlaylistFile*> judged_text_;
};

}  // namespace

size_t InspectHls(const LoadedFile& file, const Surroundings& around) {
  return HlsInspector(file, around).Inspect();
}

}  // namespace usher::inspect

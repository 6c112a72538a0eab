#include "packager/inspect/hls_playlist_checks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace usher::inspect {
namespace {

using playlist::HlsAttribute;
using playlist::HlsLine;
using playlist::ReadKey;
using playlist::ReadMediaPlaylist;
using playlist::ReadSegment;

std::string Clause(const std::string& section) {
  return "RFC 8216bis " + section;
}

std::string At(const std::string& place, size_t line) {
  return place + ":" + std::to_string(line);
}

void JudgeTargetDuration(const ReadMediaPlaylist& media,
                         const std::string& place, Findings& findings) {
  if (!media.target_duration) {
    return findings.Error("hls-target-duration", place,
                          "there is no EXT-X-TARGETDURATION",
                          Clause("4.4.3.1"));
  }
  for (const ReadSegment& segment : media.segments) {
    if (std::round(segment.duration) <=
        static_cast<double>(*media.target_duration)) {
      continue;
    }
    findings.Error("hls-target-duration", At(place, segment.line),
                   "EXTINF " + InSeconds(segment.duration) +
                       " rounds to more than EXT-X-TARGETDURATION " +
                       std::to_string(*media.target_duration),
                   Clause("4.4.3.1"));
  }
}

// 8216bis wants HOLD-BACK at three target durations, PART-HOLD-BACK at twice
// the part target at least and thrice if possible.
void JudgeLowLatency(const ReadMediaPlaylist& media, const std::string& place,
                     Findings& findings) {
  const playlist::LowLatency& control = media.low_latency;
  const auto target = static_cast<double>(media.target_duration.value_or(0));
  if (control.hold_back && *control.hold_back < 3 * target) {
    findings.Error("hls-hold-back", place,
                   "HOLD-BACK is less than three target durations",
                   Clause("4.4.3.8"));
  }
  if (control.can_skip_until && *control.can_skip_until < 6 * target) {
    findings.Error("hls-skip-until", place,
                   "CAN-SKIP-UNTIL is less than six target durations",
                   Clause("4.4.3.8"));
  }
  const bool has_parts = std::ranges::any_of(
      media.segments, [](auto& segment) { return !segment.parts.empty(); });
  if (!control.part_target) {
    if (has_parts) {
      findings.Error("hls-part-target", place,
                     "EXT-X-PART without EXT-X-PART-INF", Clause("4.4.3.7"));
    }
    return;
  }
  constexpr double kRounding = 1e-6;  // of decimals
  if (!control.part_hold_back) {
    findings.Error("hls-part-hold-back", place,
                   "EXT-X-PART-INF without PART-HOLD-BACK", Clause("4.4.3.8"));
  } else if (*control.part_hold_back + kRounding < 2 * *control.part_target) {
    findings.Error("hls-part-hold-back", place,
                   "PART-HOLD-BACK is less than two part targets",
                   Clause("4.4.3.8"));
  } else if (*control.part_hold_back + kRounding < 3 * *control.part_target) {
    findings.Warning("hls-part-hold-back", place,
                     "PART-HOLD-BACK is less than three part targets",
                     Clause("4.4.3.8"));
  }
}

// What a player needs to be told of a part before it is there (4.4.5.3,
// 6.2.5.2).
void JudgeOutlook(const ReadMediaPlaylist& media, const std::string& place,
                  Findings& findings) {
  if (!media.low_latency.part_target || media.end_list) return;
  if (!media.low_latency.can_block_reload) {
    findings.Warning("hls-block-reload", place,
                     "parts without CAN-BLOCK-RELOAD: players find them late",
                     Clause("4.4.3.8"));
  }
  const auto hint =
      std::ranges::find(media.hints, "PART", &playlist::ReadHint::type);
  if (hint == media.hints.end()) {
    findings.Warning("hls-preload-hint", place,
                     "parts without EXT-X-PRELOAD-HINT", Clause("4.4.5.3"));
    return;
  }
  const auto names_it = [&](const ReadSegment& segment) {
    return std::ranges::count(segment.parts, hint->uri,
                              &playlist::ReadPart::uri) != 0;
  };
  if (names_it(media.open) || std::ranges::any_of(media.segments, names_it)) {
    findings.Error("hls-preload-hint", At(place, hint->line),
                   "the hint is of a part that is there already",
                   Clause("4.4.5.3"));
  }
}

void JudgeParts(const ReadMediaPlaylist& media, const ReadSegment& segment,
                const std::string& place, Findings& findings) {
  if (segment.parts.empty()) return;
  const double target = media.low_latency.part_target.value_or(0);
  double sum = 0;
  for (size_t i = 0; i < segment.parts.size(); ++i) {
    const playlist::ReadPart& part = segment.parts[i];
    sum += part.duration;
    if (target > 0 && part.duration > target) {
      findings.Error("hls-part-duration", At(place, part.line),
                     "a part of " + InSeconds(part.duration) +
                         " is longer than PART-TARGET " + InSeconds(target),
                     Clause("4.4.3.7"));
    }
    const bool last = i + 1 == segment.parts.size();
    if (part.duration < 0.85 * target && !last && !part.gap &&
        !segment.parts[i + 1].independent) {
      findings.Error("hls-part-duration", At(place, part.line),
                     "a part of " + InSeconds(part.duration) +
                         " is shorter than 85 % of PART-TARGET " +
                         InSeconds(target),
                     Clause("4.4.4.9"));
    }
  }
  const bool open = segment.uri.empty();
  if (!open && std::abs(sum - segment.duration) > 0.01 + 0.001 * sum) {
    findings.Error("hls-part-sum", At(place, segment.line),
                   "its parts last " + InSeconds(sum) + ", EXTINF says " +
                       InSeconds(segment.duration),
                   Clause("4.4.4.9"));
  }
}

// Dates may follow another clock than the media's, little by little.
void JudgeDates(const ReadMediaPlaylist& media, const std::string& place,
                Findings& findings) {
  for (size_t i = 1; i < media.segments.size(); ++i) {
    const ReadSegment& before = media.segments[i - 1];
    const ReadSegment& segment = media.segments[i];
    if (!before.date || !segment.date || segment.discontinuity) continue;
    const double step =
        static_cast<double>(*segment.date - *before.date) / 1000;
    constexpr double kSlew = 0.0005;
    const double allowed = 0.0025 + kSlew * before.duration;
    if (std::abs(step - before.duration) <= allowed) continue;
    findings.Warning("hls-date", At(place, segment.line),
                     "EXT-X-PROGRAM-DATE-TIME steps by " + InSeconds(step) +
                         ", EXTINF by " + InSeconds(before.duration),
                     Clause("4.4.4.6"));
  }
}

void JudgeKey(const ReadKey& key, const std::string& place,
              Findings& findings) {
  static const std::set<std::string_view> kMethods = {
      "NONE", "AES-128", "SAMPLE-AES", "SAMPLE-AES-CTR"};
  const std::string at = At(place, key.line);
  if (!key.method.empty() && !kMethods.contains(key.method)) {
    findings.Error("hls-key-method", at, "METHOD is none of the standard's",
                   Clause("4.4.4.4"));
  }
  if (key.method == "AES-128" && key.key_format == "identity" && !key.iv) {
    findings.Warning("hls-implicit-iv", at,
                     "AES-128 without IV: it breaks when numbering restarts, "
                     "and renditions under one key share IVs",
                     Clause("5.2"));
  }
}

void JudgeEnd(const ReadMediaPlaylist& media, const std::string& place,
              Findings& findings) {
  if (media.type == "VOD" && !media.end_list) {
    findings.Error("hls-endlist", place,
                   "EXT-X-PLAYLIST-TYPE:VOD without EXT-X-ENDLIST",
                   Clause("6.2.1"));
  }
  if (media.segments.empty()) {
    findings.Error("hls-empty", place, "the playlist lists no segment",
                   Clause("4.1"));
  }
}

// Attributes that must be there and what their absence is called.
bool Requires(const HlsLine& tag, std::string_view attribute,
              const std::string& place, const std::string& section,
              Findings& findings) {
  if (tag.Find(attribute) != nullptr) return true;
  findings.Error("hls-attribute", At(place, tag.line),
                 tag.name + " without " + std::string(attribute),
                 Clause(section));
  return false;
}

void JudgeRenditionTag(const HlsLine& tag, const std::string& place,
                       Findings& findings) {
  constexpr const char* kSection = "4.4.6.1";
  for (const char* name : {"TYPE", "GROUP-ID", "NAME"}) {
    Requires(tag, name, place, kSection, findings);
  }
  const std::string at = At(place, tag.line);
  const std::string_view type = tag.Get("TYPE");
  if (tag.Get("DEFAULT") == "YES" && tag.Get("AUTOSELECT") == "NO") {
    findings.Error("hls-media", at, "DEFAULT=YES with AUTOSELECT=NO",
                   Clause(kSection));
  }
  if (tag.Find("FORCED") != nullptr && type != "SUBTITLES") {
    findings.Error("hls-media", at, "FORCED on what is no subtitle",
                   Clause(kSection));
  }
  if (type == "CLOSED-CAPTIONS") {
    if (tag.Find("URI") != nullptr) {
      findings.Error("hls-media", at, "CLOSED-CAPTIONS with a URI",
                     Clause(kSection));
    }
    Requires(tag, "INSTREAM-ID", place, kSection, findings);
  }
  if (type == "SUBTITLES") Requires(tag, "URI", place, kSection, findings);
}

void JudgeGroups(const std::vector<HlsLine>& renditions,
                 const std::string& place, Findings& findings) {
  std::set<std::tuple<std::string, std::string, std::string>> names;
  std::map<std::pair<std::string, std::string>, size_t> defaults;
  for (const HlsLine& tag : renditions) {
    JudgeRenditionTag(tag, place, findings);
    const std::pair group{std::string(tag.Get("TYPE")),
                          std::string(tag.Get("GROUP-ID"))};
    if (!names.emplace(group.first, group.second, tag.Get("NAME")).second) {
      findings.Error("hls-media", At(place, tag.line),
                     "NAME is there twice in its group", Clause("4.4.6.1.1"));
    }
    if (tag.Get("DEFAULT") == "YES" && ++defaults[group] == 2) {
      findings.Error("hls-media", At(place, tag.line),
                     "a group with two renditions of DEFAULT=YES",
                     Clause("4.4.6.1.1"));
    }
  }
}

void JudgeVariantTag(const HlsLine& tag, const std::vector<HlsLine>& renditions,
                     const std::string& place, Findings& findings) {
  const std::string at = At(place, tag.line);
  Requires(tag, "BANDWIDTH", place, "4.4.6.2", findings);
  if (tag.Find("CODECS") == nullptr) {
    findings.Warning("hls-attribute", at, tag.name + " without CODECS",
                     Clause("4.4.6.2"));
  }
  constexpr std::string_view kTypes[] = {"AUDIO", "VIDEO", "SUBTITLES",
                                         "CLOSED-CAPTIONS"};
  for (const std::string_view type : kTypes) {
    const HlsAttribute* group = tag.Find(type);
    if (group == nullptr || !group->quoted) continue;
    const bool there =
        std::ranges::any_of(renditions, [&](const HlsLine& rendition) {
          return rendition.Get("TYPE") == type &&
                 rendition.Get("GROUP-ID") == group->value;
        });
    if (!there) {
      findings.Error("hls-group", at,
                     std::string(type) + " names a group that is not there",
                     Clause("4.4.6.2"));
    }
  }
  const std::string_view range = tag.Get("VIDEO-RANGE");
  if (!range.empty() && range != "SDR" && range != "HLG" && range != "PQ") {
    findings.Error("hls-attribute", at, "VIDEO-RANGE is none of SDR, HLG, PQ",
                   Clause("4.4.6.2"));
  }
  if (tag.Find("RESOLUTION") != nullptr &&
      !playlist::ParseResolution(tag.Get("RESOLUTION"))) {
    findings.Error("hls-attribute", at, "RESOLUTION is not WxH", Clause("4.2"));
  }
}

// A player that is told of none does not look for any, in no variant.
void JudgeCaptions(const std::vector<playlist::ReadVariant>& variants,
                   const std::string& place, Findings& findings) {
  const auto denies = [](const playlist::ReadVariant& variant) {
    const HlsAttribute* captions = variant.tag.Find("CLOSED-CAPTIONS");
    return captions != nullptr && !captions->quoted &&
           captions->value == "NONE";
  };
  const auto other = std::ranges::find_if_not(variants, denies);
  if (other == variants.end() || std::ranges::none_of(variants, denies)) return;
  findings.Error("hls-attribute", At(place, other->tag.line),
                 "CLOSED-CAPTIONS=NONE is said of other variants only",
                 Clause("4.4.6.2"));
}

}  // namespace

void JudgeSyntax(const playlist::HlsDocument& document,
                 const std::string& place, Findings& findings) {
  for (const playlist::ReadProblem& problem : document.problems) {
    findings.Error("hls-syntax", At(place, problem.line), problem.what,
                   Clause(problem.section));
  }
  if (document.needed_version > document.version) {
    findings.Error("hls-version", place,
                   document.needed_for + " needs EXT-X-VERSION " +
                       std::to_string(document.needed_version) +
                       ", the playlist says " +
                       std::to_string(document.version),
                   Clause("8"));
  }
}

void JudgeMediaPlaylist(const ReadMediaPlaylist& media,
                        const std::string& place, Findings& findings) {
  JudgeTargetDuration(media, place, findings);
  JudgeLowLatency(media, place, findings);
  for (const ReadSegment& segment : media.segments) {
    JudgeParts(media, segment, place, findings);
  }
  JudgeParts(media, media.open, place, findings);
  JudgeOutlook(media, place, findings);
  for (const ReadKey& key : media.keys) JudgeKey(key, place, findings);
  JudgeDates(media, place, findings);
  JudgeEnd(media, place, findings);
}

void JudgeMultivariantPlaylist(
    const playlist::ReadMultivariantPlaylist& presentation,
    const std::string& place, Findings& findings) {
  JudgeGroups(presentation.renditions, place, findings);
  for (const playlist::ReadVariant& variant : presentation.variants) {
    JudgeVariantTag(variant.tag, presentation.renditions, place, findings);
  }
  JudgeCaptions(presentation.variants, place, findings);
  for (const HlsLine& tag : presentation.i_frame_variants) {
    Requires(tag, "URI", place, "4.4.6.3", findings);
    JudgeVariantTag(tag, presentation.renditions, place, findings);
  }
  if (presentation.variants.empty()) {
    findings.Error("hls-empty", place, "the playlist lists no variant",
                   Clause("4.4.6.2"));
  }
}

}  // namespace usher::inspect

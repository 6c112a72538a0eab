#include "packager/config/setting_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "core/layout/layout.h"
#include "core/playlist/hls_reader.h"
#include "packager/config/byte_count.h"
#include "packager/config/duration.h"

namespace usher::config {
namespace {

constexpr double kShortestSegment = 1;
constexpr double kLongestSegment = 60;

std::string Quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

Status AssignInput(PackageSettings& settings, std::string_view value) {
  auto input = ParseInputSpec(value);
  if (!input) return std::unexpected(std::move(input).error());
  settings.inputs.push_back(*std::move(input));
  return {};
}

Status AssignSubtitle(PackageSettings& settings, std::string_view value) {
  auto subtitle = ParseSubtitleSpec(value);
  if (!subtitle) return std::unexpected(std::move(subtitle).error());
  settings.subtitles.push_back(*std::move(subtitle));
  return {};
}

template <std::optional<std::filesystem::path> PackageSettings::* Field>
Status AssignPath(PackageSettings& settings, std::string_view value) {
  if (value.empty()) return BadInput("", "is empty", "name a path");
  settings.*Field = std::filesystem::path(value);
  return {};
}

template <std::optional<bool> PackageSettings::* Field>
Status AssignSwitch(PackageSettings& settings, std::string_view value) {
  if (value != "true" && value != "false") {
    return BadInput("", Quoted(value) + " is neither true nor false",
                    "write true or false");
  }
  settings.*Field = value == "true";
  return {};
}

Status AssignEvent(PackageSettings& settings, std::string_view value) {
  if (!layout::IsEventName(value)) {
    return BadInput("",
                    Quoted(value) +
                        " is no event name (lower-case letters, digits and " +
                        "'-', at most 63; not s, not usher)",
                    "try " + Quoted(layout::EventNameFor(value)));
  }
  settings.event = std::string(value);
  return {};
}

Status AddScheme(PackageSettings& settings, std::string_view name) {
  const auto scheme = ParseScheme(name);
  if (!scheme) {
    return BadInput("", Quoted(name) + " is no scheme",
                    "use aes-128, cbcs, cenc or none");
  }
  if (std::ranges::find(settings.schemes, *scheme) != settings.schemes.end()) {
    return BadInput("", Quoted(name) + " is named twice", "name it once");
  }
  settings.schemes.push_back(*scheme);
  return {};
}

Status AssignSchemes(PackageSettings& settings, std::string_view value) {
  while (true) {
    const size_t comma = value.find(',');
    Status status = AddScheme(settings, value.substr(0, comma));
    if (!status || comma == std::string_view::npos) return status;
    value.remove_prefix(comma + 1);
  }
}

Status AssignContainer(PackageSettings& settings, std::string_view value) {
  settings.container = ParseContainer(value);
  if (settings.container) return {};
  return BadInput("", Quoted(value) + " is no container", "use cmaf or ts");
}

Status AssignSpoolLimit(PackageSettings& settings, std::string_view value) {
  settings.spool_limit = ParseByteCount(value);
  if (settings.spool_limit) return {};
  return BadInput("", Quoted(value) + " is no number of bytes",
                  "write such as 500M or 64G");
}

Status AssignThumbnails(PackageSettings& settings, std::string_view value) {
  constexpr double kShortest = 0.1;
  constexpr double kLongest = 3600;
  const auto seconds = ParseDuration(value);
  if (!seconds || *seconds < kShortest || *seconds > kLongest) {
    return BadInput("", Quoted(value) + " is no time of 0.1 s to an hour",
                    "write such as 10s");
  }
  settings.thumbnails = *seconds;
  return {};
}

Status AssignSegmentDuration(PackageSettings& settings,
                             std::string_view value) {
  double seconds = 0;
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), seconds);
  const bool number =
      error == std::errc() && end == value.data() + value.size();
  // Written so that NaN is refused, too.
  if (!number || !(seconds >= kShortestSegment && seconds <= kLongestSegment)) {
    return BadInput("", Quoted(value) + " is no duration of 1 to 60 seconds",
                    "give seconds as a number, such as 6");
  }
  settings.segment_duration = seconds;
  return {};
}

Status AssignDate(PackageSettings& settings, std::string_view value) {
  const auto milliseconds = playlist::ParseDate(value);
  if (!milliseconds) {
    return BadInput("", Quoted(value) + " is no date with a time and a zone",
                    "write it as 2026-12-31T20:00:00Z");
  }
  settings.program_date_time = std::chrono::sys_time<std::chrono::milliseconds>(
      std::chrono::milliseconds(*milliseconds));
  return {};
}

using S = PackageSettings;

constexpr std::array kSettings = {
    Setting{"inputs", "", "INPUT",
            "media to package: a path, - for standard input or an http(s) URL; "
            "PATH[,lang=en][,role=main][,name=v720]; several make a ladder",
            SettingKind::kList, AssignInput},
    Setting{"input-key", "--input-key", "KID:KEY",
            "decrypt encrypted MP4 inputs with this key, 32 hex digits each; "
            "may be given again",
            SettingKind::kList, AssignInputKey},
    Setting{"subtitle", "--subtitle", "LANG:PATH",
            "subtitles, .vtt or .srt: LANG:PATH[,sdh][,forced][,default]"
            "[,label=TEXT][,name=s-eng]; may be given again",
            SettingKind::kList, AssignSubtitle},
    Setting{"thumbnails", "--thumbnails", "TIME",
            "small pictures for the seek bar, one every TIME, such as 10s "
            "(default: none)",
            SettingKind::kValue, AssignThumbnails},
    Setting{"clear-thumbnails", "--clear-thumbnails", "",
            "let thumbnails, which are not encrypted, stand beside an "
            "encrypted film",
            SettingKind::kSwitch, AssignSwitch<&S::clear_thumbnails>},
    Setting{"trick-play", "--trick-play", "",
            "key pictures alone as a track of their own, for players that wind "
            "through DASH (HLS has I-frame playlists anyway)",
            SettingKind::kSwitch, AssignSwitch<&S::trick_play>},
    Setting{"output", "-o,--output", "DIR",
            "directory that gets EVENT/ (default: the current one)",
            SettingKind::kValue, AssignPath<&S::output>},
    Setting{"event", "--event", "NAME",
            "event name (default: from the first input's file name)",
            SettingKind::kValue, AssignEvent},
    Setting{"encryption", "--encryption", "SCHEME",
            "aes-128 (default), cbcs, cenc or none; several separated by "
            "commas, the first lies at EVENT/",
            SettingKind::kList, AssignSchemes},
    Setting{"container", "--container", "cmaf|ts",
            "what segments are: fragmented MP4 (default), or MPEG-TS for old "
            "devices",
            SettingKind::kValue, AssignContainer},
    Setting{"single-file", "--single-file", "",
            "one file a track, addressed by byte ranges (not with aes-128)",
            SettingKind::kSwitch, AssignSwitch<&S::single_file>},
    Setting{"spool-limit", "--spool-limit", "BYTES",
            "the most that is kept in TMPDIR (default: /var/tmp) of standard "
            "input or a URL: 500M, 64G (default: 64G)",
            SettingKind::kValue, AssignSpoolLimit},
    Setting{"segment-duration", "--segment-duration", "SECONDS",
            "segments are cut at key frames nearest to this, 1 to 60 "
            "(default: 6)",
            SettingKind::kValue, AssignSegmentDuration},
    Setting{"program-date-time", "--program-date-time", "DATE",
            "when the film began (2026-12-31T20:00:00Z): HLS playlists then "
            "date each segment",
            SettingKind::kValue, AssignDate},
    Setting{"key-store", "--key-store", "DIR",
            "where content keys are kept, sealed (default: "
            "$XDG_DATA_HOME/usher/keys)",
            SettingKind::kValue, AssignPath<&S::key_store>},
    Setting{"master-key", "--master-key", "FILE",
            "seals the key store; made on first use (default: master.key "
            "beside the key store)",
            SettingKind::kValue, AssignPath<&S::master_key>},
    Setting{"key", "--key", "[TRACK=]KID:KEY",
            "use this content key, 32 hex digits each (default: random); "
            "TRACK is a track's name, video or audio; several of one are for "
            "its crypto periods, in order",
            SettingKind::kList, AssignKey},
    Setting{"cpix", "--cpix", "FILE",
            "take content keys, which tracks they are for and what DRM systems "
            "are told from this CPIX document",
            SettingKind::kValue, AssignPath<&S::cpix>},
    Setting{"salt", "--salt", "HEX",
            "with --key: use this salt for IVs, 32 hex digits (default: "
            "random)",
            SettingKind::kValue, AssignSalt},
    Setting{"key-per-track", "--key-per-track", "",
            "give each track a key of its own", SettingKind::kSwitch,
            AssignSwitch<&S::key_per_track>},
    Setting{"key-rotation", "--key-rotation", "TIME",
            "change keys this often, at segment boundaries: 10m, 90s",
            SettingKind::kValue, AssignKeyRotation},
    Setting{"rotation-style", "--rotation-style", "init|seig",
            "under cbcs and cenc: a new key comes with a new init segment "
            "(default), or by sample groups in the segments",
            SettingKind::kValue, AssignRotationStyle},
    Setting{"clear-lead", "--clear-lead", "TIME",
            "leave the segments that begin in this time clear: 30s",
            SettingKind::kValue, AssignClearLead},
    Setting{"drm", "--drm", "SYSTEM",
            "speak to these DRM systems too: widevine, playready, fairplay; "
            "several separated by commas (cbcs and cenc only)",
            SettingKind::kList, AssignDrm},
    Setting{"drm-content-id", "--drm-content-id", "TEXT",
            "what Widevine's licence server calls the film (default: nothing)",
            SettingKind::kValue, AssignDrmContentId},
    Setting{"drm-licence-url", "--drm-licence-url", "SYSTEM=URL",
            "tell players of widevine or playready where licences are; may be "
            "given again",
            SettingKind::kList, AssignDrmLicenceUrl},
    Setting{"fairplay-uri", "--fairplay-uri", "URI",
            "the URI FairPlay's players ask their app about; {kid} becomes the "
            "KID (default: skd://{kid})",
            SettingKind::kValue, AssignFairPlayUri},
    Setting{"allow-clear-copy", "--allow-clear-copy", "",
            "let none stand beside an encrypted scheme", SettingKind::kSwitch,
            AssignSwitch<&S::allow_clear_copy>},
    Setting{"allow-misaligned", "--allow-misaligned", "",
            "package a ladder whose key frames do not line up",
            SettingKind::kSwitch, AssignSwitch<&S::allow_misaligned>},
    Setting{"force", "--force", "",
            "package an event that exists again, as its next revision",
            SettingKind::kSwitch, AssignSwitch<&S::force>},
    Setting{"dry-run", "--dry-run", "", "check everything, write nothing",
            SettingKind::kSwitch, AssignSwitch<&S::dry_run>},
    Setting{"verify", "--verify", "",
            "judge what was written, as usher inspect does",
            SettingKind::kSwitch, AssignSwitch<&S::verify>},
    Setting{"json", "--json", "", "print JSON, one object per line",
            SettingKind::kSwitch, AssignSwitch<&S::json>},
    Setting{"quiet", "--quiet", "", "print errors only", SettingKind::kSwitch,
            AssignSwitch<&S::quiet>},
};

}  // namespace

std::span<const Setting> PackageSettingTable() { return kSettings; }

}  // namespace usher::config

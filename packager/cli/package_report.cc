#include "packager/cli/package_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "packager/track/codec.h"
#include "packager/track/media_time.h"

namespace usher::cli {
namespace {

using nlohmann::json;

struct Players {
  const char* will;
  const char* will_not;
};

// docs/players.md
Players PlayersOf(Scheme scheme, Container container) {
  if (container == Container::kTs) {
    return {
        "every player of HLS: Apple devices, Chromium's own, GStreamer, old "
        "televisions; and hls.js, shaka-player, video.js, VLC, FFmpeg, mpv",
        "players of DASH alone"};
  }
  switch (scheme) {
    case Scheme::kAes128:
      return {"hls.js, shaka-player, video.js, VLC, FFmpeg, mpv, Apple devices",
              "Chromium without a page's player, GStreamer, old televisions"};
    case Scheme::kCbcs:
      return {
          "hls.js (master-clearkey.m3u8), shaka-player, dash.js, FFmpeg, "
          "mpv",
          "Android and Kodi (they take cenc), players without Clear Key"};
    case Scheme::kCenc:
      return {
          "hls.js (master-clearkey.m3u8), shaka-player, dash.js, FFmpeg, "
          "Android, Kodi",
          "Apple devices, players without Clear Key"};
    case Scheme::kNone:
      break;
  }
  return {"every player of HLS or DASH, and everyone who gets hold of a file",
          "old televisions that want MPEG-TS"};
}

std::string Fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string Count(size_t number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string Padded(std::string text, size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

double FrameRate(const Track& track) {
  return static_cast<double>(track.frame_rate_num) / track.frame_rate_den;
}

std::string DescribeVideo(const Track& track) {
  std::string text = "video  " + track.codecs + "  " +
                     std::to_string(track.width) + "x" +
                     std::to_string(track.height);
  if (track.frame_rate_num != 0) {
    const double rate = FrameRate(track);
    text += "  " + Fixed(rate, rate == std::floor(rate) ? 0 : 3) + " fps";
  }
  return text;
}

std::string DescribeSound(const Track& track) {
  return "sound  " + track.codecs + "  " + std::to_string(track.sample_rate) +
         " Hz  " + Count(track.channels, "channel") + "  " + track.language;
}

std::string DescribeText(const Track& track) {
  std::string text = "text   WebVTT  " + track.language;
  if (track.role != "subtitle") text += "  " + track.role;
  return text;
}

std::string Describe(const Track& track) {
  switch (track.kind) {
    case TrackKind::kVideo:
      return DescribeVideo(track);
    case TrackKind::kAudio:
      return DescribeSound(track);
    case TrackKind::kText:
      break;
  }
  return DescribeText(track);
}

std::string DescribeTrack(const Track& track) {
  return "  " + Padded(track.name, 10) + "  " + Describe(track) + "\n";
}

constexpr std::array kNotInEveryDevice = {Codec::kHevc, Codec::kAc3,
                                          Codec::kEac3};

// What the players named need of the device they run on. Empty: nothing.
std::string DescribeDecoders(const std::vector<Track>& tracks) {
  std::string names;
  for (const Codec codec : kNotInEveryDevice) {
    const bool used = std::ranges::any_of(tracks, [&](const Track& track) {
      return track.kind != TrackKind::kText && track.codec == codec;
    });
    if (used) names += (names.empty() ? "" : ", ") + std::string(NameOf(codec));
  }
  if (names.empty()) return {};
  return "  decoders   " + names +
         ": Apple devices and most televisions have them, many browsers do "
         "not\n";
}

std::string DescribeScheme(const PackageReport& report,
                           const PackageReport::SchemeOutput& output) {
  const Players players = PlayersOf(output.scheme, report.container);
  std::string text = std::string(SchemeName(output.scheme)) + "\n";
  for (const std::string& playlist : output.playlists) {
    text += "  " + (report.directory / playlist).string() + "\n";
  }
  for (const keys::KeyId& kid : output.kids) {
    text += "  key        " + kid.ToHex() + "\n";
  }
  text += std::string("  plays in   ") + players.will + "\n";
  text += DescribeDecoders(report.tracks);
  return text + "  not in     " + players.will_not + "\n";
}

std::string DescribeKeys(const PackageReport& report) {
  if (report.key_store.empty()) return {};
  return "keys\n  " + (report.key_store / report.event).string() +
         "\n  sealed under " + report.master_key.string() +
         "; the origin needs both, nobody else does\n";
}

json AsJson(const Track& track) {
  json object = {{"type", "track"},
                 {"name", track.name},
                 {"codecs", track.codecs},
                 {"language", track.language}};
  if (track.kind == TrackKind::kVideo) {
    object["kind"] = "video";
    object["width"] = track.width;
    object["height"] = track.height;
    object["frame_rate"] = std::to_string(track.frame_rate_num) + "/" +
                           std::to_string(track.frame_rate_den);
  } else if (track.kind == TrackKind::kText) {
    object["kind"] = "text";
    object["role"] = track.role;
  } else {
    object["kind"] = "audio";
    object["sample_rate"] = track.sample_rate;
    object["channels"] = track.channels;
  }
  return object;
}

json AsJson(const PackageReport& report,
            const PackageReport::SchemeOutput& output) {
  const std::filesystem::path directory =
      output.directory.empty() ? report.directory
                               : report.directory / output.directory;
  json object = {{"type", "presentation"},
                 {"scheme", SchemeName(output.scheme)},
                 {"directory", directory.string()},
                 {"playlists", json::array()}};
  for (const std::string& playlist : output.playlists) {
    object["playlists"].push_back((report.directory / playlist).string());
  }
  if (!output.kids.empty()) object["kid"] = output.kids.front().ToHex();
  object["kids"] = json::array();
  for (const keys::KeyId& kid : output.kids) {
    object["kids"].push_back(kid.ToHex());
  }
  return object;
}

json SummaryAsJson(const PackageReport& report, bool dry_run) {
  json object = {{"type", "package"},
                 {"event", report.event},
                 {"directory", report.directory.string()},
                 {"revision", report.revision},
                 {"seconds", report.seconds},
                 {"segments", report.segments},
                 {"bytes", report.bytes},
                 {"dry_run", dry_run}};
  if (!report.key_store.empty()) {
    object["key_store"] = report.key_store.string();
    object["master_key"] = report.master_key.string();
  }
  return object;
}

// File names may be no UTF-8: a program reads a replacement then.
std::string Line(const json& object) {
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string FormatForPeople(const PackageReport& report, bool dry_run) {
  std::string text =
      report.event + ": " +
      FormatSeconds({std::llround(report.seconds * 1000), 1000}) + " in " +
      Count(report.segments, "segment") + " a track";
  if (report.revision > 1) {
    text += ", revision " + std::to_string(report.revision);
  }
  text += dry_run ? " (dry run: nothing written)\n"
                  : ", " + Fixed(static_cast<double>(report.bytes) / 1e6, 1) +
                        " MB\n";
  for (const Track& track : report.tracks) text += DescribeTrack(track);
  for (const auto& output : report.schemes) {
    text += DescribeScheme(report, output);
  }
  return text + DescribeKeys(report);
}

std::string FormatAsJson(const PackageReport& report, bool dry_run) {
  std::string lines;
  for (const std::string& warning : report.warnings) {
    lines += Line({{"type", "warning"}, {"message", warning}});
  }
  for (const Track& track : report.tracks) lines += Line(AsJson(track));
  for (const auto& output : report.schemes) {
    lines += Line(AsJson(report, output));
  }
  return lines + Line(SummaryAsJson(report, dry_run));
}

}  // namespace usher::cli

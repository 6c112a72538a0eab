#include "tests/packager/inspect/mutation.h"

namespace usher::inspect::testing {
namespace {

constexpr auto kError = Severity::kError;
constexpr auto kWarning = Severity::kWarning;
constexpr auto kMaster = "master.m3u8";
constexpr auto kMedia = "v180/media.m3u8";
constexpr auto kSmall = "v90/media.m3u8";
constexpr auto kIFrames = "v180/iframes.m3u8";
constexpr auto kSound = "a-eng/media.m3u8";

// Adds lines in front of the first segment.
auto Add(const std::string& lines) {
  return [lines](Presentation& p) {
    p.Replace(kMedia, "#EXTINF", lines + "\n#EXTINF");
  };
}

auto Change(const std::string& file, const std::string& from,
            const std::string& to) {
  return [file, from, to](Presentation& p) { p.Replace(file, from, to); };
}

// Ends a playlist behind its segment of that name.
auto EndBehind(const std::string& file, const std::string& segment) {
  return [file, segment](Presentation& p) {
    const std::string text = p.Read(file);
    const size_t end = text.find(segment + "\n") + segment.size() + 1;
    p.Write(file, text.substr(0, end) + "#EXT-X-ENDLIST\n");
  };
}

// A whole presentation for what our playlists do not have.
auto LowLatency(const std::string& control, const std::string& parts) {
  return [control, parts](Presentation& p) {
    p.Replace(kMedia, "#EXTINF", control + "\n" + parts + "#EXTINF");
  };
}

std::vector<Mutation> SyntaxMutations() {
  const Good clear = Good::kClear;
  return {
      {"hls-syntax", kError, clear,
       Change(kMedia, "#EXT-X-VERSION",
              "\n#EXT-X-TARGETDURATION:2\n#EXT-X-VERSION"),
       kMedia},
      {"hls-syntax", kError, clear, Change(kMedia, "#EXTINF", "#EXTINFO"),
       kMedia},
      {"hls-syntax", kError, clear,
       Change(kMedia, "URI=\"init.mp4\"", "URI=\"init.mp4"), kMedia},
      {"hls-syntax", kError, clear,
       Change(kMedia, "URI=\"init.mp4\"", "URI=\"init.mp4\",URI=\"x\""),
       kMedia},
      {"hls-syntax", kError, clear, Change(kMedia, ":VOD", ":FILM"), kMedia},
      {"hls-syntax", kError, clear, Change(kMedia, "#EXTM3U", "#EXTM3U8"),
       kMedia + std::string(":1")},
      {"hls-syntax", kError, clear,
       Change(kMedia, "1.m4s\n", "1.m4s\n#EXT-X-MEDIA-SEQUENCE:7\n"), kMedia},
      {"hls-syntax", kError, clear,
       Change(kMedia, "#EXT-X-ENDLIST",
              "#EXT-X-STREAM-INF:BANDWIDTH=1\nx.m3u8\n#EXT-X-ENDLIST"),
       kMedia},
      {"hls-syntax", kError, clear,
       Add("#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00"), kMedia},
      {"hls-syntax", kError, clear, Add("#EXT-X-KEY:METHOD=AES-128"), kMedia},
      {"hls-syntax", kError, clear, Add("#EXT-X-KEY:METHOD=NONE,URI=\"k\""),
       kMedia},
      {"hls-version", kError, clear, Change(kMedia, "VERSION:6", "VERSION:3"),
       kMedia},
      {"hls-target-duration", kError, clear,
       Change(kMedia, "TARGETDURATION:", "TARGETDURATION:1\n#WAS:"), kMedia},
      {"hls-target-duration", kError, clear,
       [](Presentation& p) { p.RemoveLines(kMedia, "TARGETDURATION"); },
       kMedia},
      {"hls-endlist", kError, clear,
       [](Presentation& p) { p.RemoveLines(kMedia, "ENDLIST"); }, kMedia},
      {"hls-empty", kError, clear,
       [](Presentation& p) {
         while (p.Read(kMedia).find("#EXTINF") != std::string::npos) {
           p.RemoveLines(kMedia, "#EXTINF", 1);
         }
       },
       kMedia},
      {"hls-empty", kError, clear,
       [](Presentation& p) {
         p.Write(kMaster,
                 "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"n\"\n"
                 "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,CODECS=\"x\","
                 "URI=\"v180/media.m3u8\"\n");
         p.Remove("manifest.mpd");
       }},
      {"hls-date", kWarning, clear,
       [](Presentation& p) {
         p.Replace(kMedia, "1.m4s",
                   "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n1.m4s");
         p.Replace(kMedia, "2.m4s",
                   "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:03Z\n2.m4s");
       },
       kMedia},
  };
}

// "#EXT-X-BYTERANGE:LENGTH@0" of the first picture: its length changed.
auto ChangeRange(const std::function<uint64_t(uint64_t)>& change) {
  return [change](Presentation& p) {
    const std::string text = p.Read(kIFrames);
    const size_t at = text.find("BYTERANGE:") + 10;
    const std::string length = text.substr(at, text.find('@', at) - at);
    p.Replace(kIFrames, "BYTERANGE:" + length + "@",
              "BYTERANGE:" + std::to_string(change(std::stoull(length))) + "@");
  };
}

std::vector<Mutation> IFrameMutations() {
  const Good clear = Good::kClear;
  return {
      {"cmaf-sample-range", kError, clear,
       ChangeRange([](uint64_t length) { return length - 1; }), "v180/1.m4s"},
      {"i-frame-range", kWarning, clear,
       ChangeRange([](uint64_t length) { return length + 9000; }), kIFrames},
      {"segment-format", kError, clear, Change(kIFrames, "@0", "@1"),
       "v180/1.m4s"},
      {"file-missing", kError, Good::kAes128,
       ChangeRange([](uint64_t) { return 10'000'000; }), "v180/1.m4s"},
      {"hls-byterange", kError, Good::kAes128,
       ChangeRange([](uint64_t) { return UINT64_MAX; }), kIFrames},
      {"cmaf-sample-range", kError, Good::kAes128,
       ChangeRange([](uint64_t length) { return length - 1; }), "v180/1.m4s"},
      {"i-frame-duration", kError, clear,
       Change(kIFrames, "#EXTINF:2.000000", "#EXTINF:1.500000"), kIFrames},
      {"hls-version", kError, clear, Change(kIFrames, "VERSION:5", "VERSION:4"),
       kIFrames},
      {"hls-i-frames", kError, clear,
       [](Presentation& p) { p.RemoveLines(kIFrames, "I-FRAMES-ONLY"); },
       kIFrames},
      {"bandwidth", kError, clear,
       Change(kMaster, "I-FRAME-STREAM-INF:BANDWIDTH=",
              "I-FRAME-STREAM-INF:BANDWIDTH=1,X-WAS="),
       kMaster},
      {"hls-key-kid", kError, Good::kCenc,
       Change(kIFrames, "/key/0001", "/key/ff01"), kIFrames},
  };
}

std::vector<Mutation> MultivariantMutations() {
  const Good clear = Good::kClear;
  return {
      {"hls-attribute", kError, clear,
       Change(kMaster, ":BANDWIDTH=", ":X-BANDWIDTH="), kMaster},
      {"hls-attribute", kWarning, clear,
       Change(kMaster, "CODECS=", "X-CODECS="), kMaster},
      {"hls-attribute", kWarning, clear,
       Change(kMaster, "RESOLUTION=", "X-RESOLUTION="), kMaster},
      {"hls-attribute", kError, clear,
       Change(kMaster, "RESOLUTION=", "VIDEO-RANGE=HDR,RESOLUTION="), kMaster},
      {"hls-attribute", kError, clear,
       Change(kMaster, "RESOLUTION=320x180", "RESOLUTION=320"), kMaster},
      {"hls-attribute", kError, clear,
       Change(kMaster, ",CLOSED-CAPTIONS=NONE\nv90", "\nv90"), kMaster},
      {"hls-attribute", kError, clear, Change(kMaster, "NAME=", "X-NAME="),
       kMaster},
      {"hls-group", kError, clear, Change(kMaster, ",AUDIO=\"", ",AUDIO=\"no-"),
       kMaster},
      {"hls-media", kError, clear,
       Change(kMaster, "AUTOSELECT=YES", "AUTOSELECT=NO"), kMaster},
      {"hls-media", kError, clear,
       Change(kMaster, "AUTOSELECT=YES", "AUTOSELECT=YES,FORCED=YES"), kMaster},
      {"hls-media", kError, clear,
       [](Presentation& p) {  // the same rendition twice
         const std::string text = p.Read(kMaster);
         const size_t begin = text.find("#EXT-X-MEDIA:");
         const size_t end = text.find('\n', begin) + 1;
         const std::string line = text.substr(begin, end - begin);
         p.Replace(kMaster, line, line + line);
       },
       kMaster},
      {"hls-media", kError, clear,
       Change(kMaster, "#EXT-X-MEDIA",
              "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"c\",NAME=\"c\","
              "INSTREAM-ID=\"CC1\",URI=\"c.m3u8\"\n#EXT-X-MEDIA"),
       kMaster},
      {"hls-nested", kError, clear,
       Change(kMaster, "v180/media.m3u8", "master.m3u8"), kMaster},
      {"hls-i-frames", kError, clear,
       Change(kMaster, "#EXT-X-MEDIA",
              "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"v180/media.m3u8\"\n"
              "#EXT-X-MEDIA"),
       kMedia},
      {"uri", kError, clear,
       Change(kMaster, "v180/media.m3u8", "file:///etc/hostname"), kMaster},
      {"uri", kError, clear, Change(kMedia, "2.m4s", "ftp://127.0.0.1/2.m4s"),
       kMedia},
      {"file-missing", kError, clear,
       [](Presentation& p) { p.Remove("v90/media.m3u8"); }, "v90/media.m3u8"},
      {"bandwidth", kError, clear,
       Change(kMaster, ":BANDWIDTH=", ":BANDWIDTH=1,X-WAS="), kMaster},
      {"bandwidth", kError, clear,
       Change(kMaster, "AVERAGE-BANDWIDTH=", "AVERAGE-BANDWIDTH=1,X-WAS="),
       kMaster},
      {"bandwidth", kWarning, clear,
       Change(kMaster, ":BANDWIDTH=", ":BANDWIDTH=9"), kMaster},
      {"codecs", kError, clear, Change(kMaster, "avc1.", "avc1.4d"), kMaster},
      {"codecs", kError, clear, Change(kMaster, ",mp4a.40.2", ""), kMaster},
      {"codecs", kWarning, clear,
       Change(kMaster, ",mp4a.40.2", ",mp4a.40.2,ac-3"), kMaster},
      {"resolution", kError, clear, Change(kMaster, "320x180", "320x184"),
       kMaster},
      {"frame-rate", kError, clear,
       Change(kMaster, "FRAME-RATE=25", "FRAME-RATE=30"), kMaster},
      {"hls-ladder-target", kError, clear,
       Change(kMedia, "TARGETDURATION:", "TARGETDURATION:9"), ""},
      {"hls-ladder-type", kError, clear,
       Change(kSound, "TYPE:VOD", "TYPE:EVENT"), kSound},
      {"hls-ladder-discontinuity", kError, clear,
       Change("v90/media.m3u8", "2.m4s", "#EXT-X-DISCONTINUITY\n2.m4s"),
       "v90/media.m3u8"},
      {"sync-start", kWarning, clear,
       [](Presentation& p) { p.RemoveLines(kSound, "#EXTINF", 1); }, kSound},
      {"sync-end", kWarning, clear, EndBehind(kSound, "1.m4s"), kSound},
      {"ladder-end", kError, clear, EndBehind(kSmall, "2.m4s"), kSmall},
      {"ladder-end", kWarning, clear, EndBehind(kSmall, "3.m4s"), kSmall},
  };
}

std::vector<Mutation> LowLatencyMutations() {
  const Good clear = Good::kClear;
  const std::string inf = "#EXT-X-PART-INF:PART-TARGET=1.000";
  const auto part = [](const std::string& duration) {
    return "#EXT-X-PART:DURATION=" + duration + ",URI=\"1.0.m4s\"\n";
  };
  const std::string server = "\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,";
  return {
      {"hls-hold-back", kError, clear,
       LowLatency("#EXT-X-SERVER-CONTROL:HOLD-BACK=5.9", ""), kMedia},
      {"hls-skip-until", kError, clear,
       LowLatency("#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=11", ""), kMedia},
      {"hls-part-target", kError, clear, LowLatency("", part("2.0")), kMedia},
      {"hls-part-hold-back", kError, clear, LowLatency(inf, ""), kMedia},
      {"hls-part-hold-back", kError, clear,
       LowLatency(inf + server + "PART-HOLD-BACK=1.9", ""), kMedia},
      {"hls-part-hold-back", kWarning, clear,
       LowLatency(inf + server + "PART-HOLD-BACK=2.5", ""), kMedia},
      {"hls-part-duration", kError, clear,
       LowLatency(inf, part("1.001") + part("0.999")), kMedia},
      {"hls-part-duration", kError, clear,
       LowLatency(inf, part("0.8") + part("1.0") + part("0.2")), kMedia},
      {"hls-part-sum", kError, clear, LowLatency(inf, part("1.0")), kMedia},
  };
}

std::vector<Mutation> PartMutations() {
  const Good parts = Good::kParts;
  constexpr auto kLiveSound = "a-und/media.m3u8";
  return {
      {"hls-block-reload", kWarning, parts,
       Change(kMedia, "CAN-BLOCK-RELOAD=YES,", ""), kMedia},
      {"hls-preload-hint", kWarning, parts,
       [](Presentation& p) { p.RemoveLines(kMedia, "#EXT-X-PRELOAD-HINT"); },
       kMedia},
      {"hls-preload-hint", kError, parts,
       [](Presentation& p) {
         p.RemoveLines(kMedia, "#EXT-X-PRELOAD-HINT");
         p.Replace(kMedia, "#EXT-X-RENDITION",
                   "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"4.0.m4s\"\n"
                   "#EXT-X-RENDITION");
       },
       kMedia},
      {"hls-syntax", kError, parts, Change(kMedia, "HINT:TYPE=PART,", "HINT:"),
       kMedia},
      {"hls-rendition-report", kWarning, parts,
       [](Presentation& p) { p.RemoveLines(kMedia, "#EXT-X-RENDITION-REP"); },
       kMedia},
      {"hls-ladder-parts", kError, parts,
       [](Presentation& p) { p.RemoveLines(kLiveSound, "#EXT-X-PART-INF"); },
       kLiveSound},
      {"part-duration", kError, parts,
       Change(kMedia, "DURATION=0.400000,URI=\"4.0",
              "DURATION=0.380,URI=\"4.0"),
       kMedia},
      {"part-independent", kError, parts,
       Change(kMedia, "URI=\"4.1.m4s\"", "URI=\"4.1.m4s\",INDEPENDENT=YES"),
       kMedia},
      {"part-bytes", kError, parts,
       [](Presentation& p) { p.Write("v180/2.1.m4s", p.Read("v180/2.2.m4s")); },
       "v180/2.m4s"},
      {"file-missing", kError, parts,
       [](Presentation& p) { p.Remove("v180/4.1.m4s"); }, "v180/4.1.m4s"},
      {"aes-padding", kError, Good::kPartsAes128,
       [](Presentation& p) { p.Write("v180/2.1.m4s", std::string(64, 'x')); },
       "v180/2.1.m4s"},
      // A key that stands behind the part it is for.
      {"segment-format", kError, Good::kPartsAes128,
       [](Presentation& p) {
         const std::string text = p.Read(kMedia);
         const size_t key = text.find("#EXT-X-KEY");
         const size_t end = text.find('\n', key) + 1;
         const size_t first = text.find("#EXTINF", end);
         p.Write(kMedia, text.substr(0, key) + text.substr(end, first - end) +
                             text.substr(key, end - key) + text.substr(first));
       },
       "v180/1.0.m4s"},
  };
}

}  // namespace

std::vector<Mutation> PlaylistMutations() {
  std::vector<Mutation> all = SyntaxMutations();
  for (auto& more : {MultivariantMutations(), IFrameMutations(),
                     LowLatencyMutations(), PartMutations()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace usher::inspect::testing

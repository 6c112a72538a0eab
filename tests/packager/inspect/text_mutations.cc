#include "tests/packager/inspect/mutation.h"

namespace usher::inspect::testing {
namespace {

constexpr auto kError = Severity::kError;
constexpr auto kWarning = Severity::kWarning;
constexpr Good kText = Good::kText;
constexpr auto kSecond = "s-eng/2.vtt";

auto InSecond(std::string from, std::string to) {
  return [from, to](Presentation& p) { p.Replace(kSecond, from, to); };
}

}  // namespace

std::vector<Mutation> TextMutations() {
  return {
      {"vtt-encoding", kError, kText, InSecond("Two", "Z\xFCrich"), kSecond},
      {"vtt-timestamp-map", kWarning, kText,
       [](Presentation& p) { p.RemoveLines(kSecond, "X-TIMESTAMP-MAP"); },
       kSecond},
      {"vtt-timestamp-map", kError, kText, InSecond("MPEGTS:7200", "MPEGTS:x"),
       kSecond},
      {"vtt-timestamp-map", kError, kText,
       InSecond("MPEGTS:7200", "MPEGTS:8589934592"), kSecond},
      {"vtt-timestamp-map", kError, kText,
       InSecond("LOCAL:00:00:00.000", "LOCAL:soon"), kSecond},
      {"vtt-cue", kError, kText,
       InSecond("00:00:01.900 --> 00:00:04.200", "00:00:01.900 --> later"),
       kSecond},
      {"vtt-cue", kError, kText, InSecond("--> 00:00:04.200", "--> 00:00:01.0"),
       kSecond},
      {"vtt-cue-interval", kError, kText,
       InSecond("MPEGTS:7200", "MPEGTS:907200"), kSecond},
      {"vtt-cue-interval", kError, kText,
       InSecond("00:00:03.000 --> 00:00:05.000",
                "00:00:06.000 --> 00:00:07.000"),
       kSecond},
      {"vtt-cue-repeated", kError, kText,
       [](Presentation& p) {
         p.RemoveLines("s-eng/3.vtt", "00:00:03.000 -->", 1);
       },
       "s-eng/3.vtt"},
      {"wvtt-sample", kError, kText,
       [](Presentation& p) {
         p.PatchAt("s-eng/2.m4s", p.FirstSample("s-eng/2.m4s") + 3, {0xFF});
       },
       "s-eng/2.m4s"},
      {"image-format", kError, kText,
       [](Presentation& p) { p.Write("thumbnails/1.jpg", "GIF89a"); },
       "thumbnails/1.jpg"},
      {"image-size", kError, kText,
       [](Presentation& p) {
         p.Replace("manifest.mpd", "width=\"960\"", "width=\"480\"");
       },
       "thumbnails/1.jpg"},
      {"file-missing", kError, kText,
       [](Presentation& p) { p.Remove("thumbnails/1.jpg"); },
       "thumbnails/1.jpg"},
      {"file-missing", kError, kText,
       [](Presentation& p) { p.Remove("thumbnails/images.m3u8"); },
       "thumbnails/images.m3u8"},
      {"segment-continuity", kError, kText,
       [](Presentation& p) {
         const uint32_t time = p.ReadU32("s-eng/2.m4s", "moof/traf/tfdt", 8);
         p.Patch("s-eng/2.m4s", "moof/traf/tfdt", 8,
                 {0, static_cast<int>(time + 90'000) >> 16 & 255,
                  static_cast<int>(time + 90'000) >> 8 & 255,
                  static_cast<int>(time + 90'000) & 255});
       },
       "s-eng"},
  };
}

}  // namespace usher::inspect::testing

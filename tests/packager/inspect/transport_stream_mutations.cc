#include "tests/packager/inspect/mutation.h"

namespace usher::inspect::testing {
namespace {

constexpr auto kError = Severity::kError;
constexpr Good kTs = Good::kFfmpegTs;
constexpr size_t kPacket = 188;

// An ADTS frame of 48 kHz stereo that holds nothing, 7 bytes.
const std::string kFrame("\xFF\xF1\x4C\x80\x00\xFF\xFC", 7);

std::string Id3() {
  const std::string owner = "com.apple.streaming.transportStreamTimestamp";
  std::string frame = "PRIV";
  frame += std::string("\0\0\0", 3) + static_cast<char>(owner.size() + 9);
  frame += std::string(2, '\0') + owner + std::string(9, '\0');
  std::string tag("ID3\4\0\0\0\0\0", 9);
  return tag + static_cast<char>(frame.size()) + frame;
}

}  // namespace

std::vector<Mutation> TransportStreamMutations() {
  return {
      {"ts-sync", kError, kTs,
       [](Presentation& p) { p.PatchAt("1.ts", 5 * kPacket, {0}); }, "1.ts"},
      {"ts-size", kError, kTs,
       [](Presentation& p) { p.Write("1.ts", p.Read("1.ts") + "x"); }, "1.ts"},
      {"ts-tables", kError, kTs,
       [](Presentation& p) {
         p.Write("1.ts", p.Read("1.ts").substr(3 * kPacket));
       },
       "1.ts"},
      {"ts-continuity", kError, kTs,
       [](Presentation& p) {
         std::string segment = p.Read("1.ts");
         p.Write("1.ts", segment.erase(8 * kPacket, 3 * kPacket));
       },
       "1.ts"},
      {"ts-continuity", kError, Good::kTs,
       [](Presentation& p) {
         std::string segment = p.Read("v180/2.ts");
         p.Write("v180/2.ts", segment.erase(30 * kPacket, kPacket));
       },
       "v180/2.ts"},
      {"ts-counters", Severity::kWarning, Good::kTs,
       [](Presentation& p) {
         std::string segment = p.Read("v180/2.ts");
         p.Write("v180/2.ts", segment.substr(0, segment.size() - kPacket));
       },
       "v180/3.ts"},
      {"segment-key-frame", kError, Good::kTs,
       [](Presentation& p) {  // IDR slices become others
         std::string segment = p.Read("v180/2.ts");
         for (size_t at = 0; (at = segment.find(std::string("\0\0\1\x65", 4),
                                                at)) != std::string::npos;) {
           segment[at + 3] = '\x61';
         }
         p.Write("v180/2.ts", segment);
       },
       "v180/2.ts"},
      {"codecs", kError, Good::kTs,
       [](Presentation& p) { p.Replace("master.m3u8", "avc1.", "avc1.4d"); },
       "master.m3u8"},
      {"bandwidth", kError, Good::kTs,
       [](Presentation& p) {
         p.Replace("master.m3u8", ":BANDWIDTH=", ":BANDWIDTH=1,X-WAS=");
       },
       "master.m3u8"},
      {"ts-no-samples", kError, kTs,
       [](Presentation& p) {
         p.Write("1.ts", p.Read("1.ts").substr(0, 3 * kPacket));
       },
       "1.ts"},
      {"segment-duration", kError, kTs,
       [](Presentation& p) {
         p.Replace("media.m3u8", "EXTINF:2.0", "EXTINF:1.0");
       },
       "media.m3u8"},
      {"packed-timestamp", kError, kTs,
       [](Presentation& p) { p.Write("1.ts", kFrame + kFrame); }, "1.ts"},
      {"packed-frames", kError, kTs,
       [](Presentation& p) {
         p.Write("1.ts", Id3() + kFrame + kFrame + "rest");
       },
       "1.ts"},
  };
}

}  // namespace usher::inspect::testing

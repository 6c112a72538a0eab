#include "tests/packager/inspect/mutation.h"
#include "tests/support/box_editor.h"

namespace usher::inspect::testing {
namespace {

constexpr auto kError = Severity::kError;
constexpr auto kWarning = Severity::kWarning;
constexpr auto kNote = Severity::kNote;
constexpr Good kClear = Good::kClear;
constexpr auto kMedia = "v180/media.m3u8";
constexpr auto kInit = "v180/init.mp4";
constexpr auto kSecond = "v180/2.m4s";

// Sample 1's NAL units in a clear segment: an SEI in front, then the IDR.
size_t IdrHeader(Presentation& p, std::string_view file) {
  const std::string contents = p.Read(file);
  size_t at = p.FirstSample(file);
  for (;;) {
    const auto byte = [&](size_t i) {
      return static_cast<size_t>(static_cast<unsigned char>(contents.at(i)));
    };
    if ((byte(at + 4) & 31) == 5) return at + 4;
    at += 4 + (byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 |
               byte(at + 3));
  }
}

void MakeNoKeyFrame(Presentation& p) {
  p.PatchAt(kSecond, IdrHeader(p, kSecond), {0x61});
}

void DropLines(Presentation& p, std::string_view file, std::string_view text) {
  while (p.Read(file).find(text) != std::string::npos) {
    p.RemoveLines(file, text);
  }
}

// The pictures' header, turned by a quarter (14496-12 6.2.2).
void TurnSideways(Presentation& p) {
  p.Patch(kInit, "moov/trak/tkhd", 40,
          {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0});
}

void SayTransfer(Presentation& p, char transfer) {
  const std::string colr = {'n', 'c', 'l', 'x', 0, 9, 0, transfer, 0, 9, 0};
  p.Write(kInit, usher::testing::WithEntryBoxes(
                     p.Read(kInit), usher::testing::MakeBox("colr", colr)));
}

std::vector<Mutation> PictureMutations() {
  return {
      {"resolution", kError, kClear, TurnSideways, "master.m3u8"},
      {"resolution", kError, kClear, TurnSideways, "manifest.mpd"},
      {"video-range", kError, kClear,
       [](Presentation& p) { SayTransfer(p, 16); }, "master.m3u8"},
      {"video-range", kError, kClear,
       [](Presentation& p) {
         SayTransfer(p, 18);
         p.Replace("master.m3u8", "RESOLUTION=320x180",
                   "VIDEO-RANGE=PQ,RESOLUTION=320x180");
       },
       "master.m3u8"},
      {"video-range", kError, kClear,
       [](Presentation& p) {
         SayTransfer(p, 1);
         p.Replace("master.m3u8", "RESOLUTION=320x180",
                   "VIDEO-RANGE=HLG,RESOLUTION=320x180");
       },
       "master.m3u8"},
      {"frame-rate", kError, Good::kUneven,
       [](Presentation& p) {  // more than there are at any time
         p.Replace("master.m3u8", "FRAME-RATE=25.000", "FRAME-RATE=30.000");
       },
       "master.m3u8"},
      {"frame-rate", kError, Good::kUneven,
       [](Presentation& p) {  // fewer than there are on average
         p.Replace("master.m3u8", "FRAME-RATE=25.000", "FRAME-RATE=10.000");
       },
       "master.m3u8"},
  };
}

// What the sound's init segment says in place of esds: nothing else of it is
// looked at.
void SaySound(Presentation& p, std::string_view type, std::string_view config) {
  constexpr auto kSoundInit = "a-eng/init.mp4";
  p.Rename(kSoundInit, "moov/trak/mdia/minf/stbl/stsd/mp4a/esds", "free");
  p.Write(kSoundInit,
          usher::testing::WithEntryBoxes(
              p.Read(kSoundInit), usher::testing::MakeBox(type, config)));
}

std::vector<Mutation> SoundMutations() {
  return {
      {"channels", kError, kClear,
       [](Presentation& p) {
         p.Replace("master.m3u8", "CHANNELS=\"2\"", "CHANNELS=\"6\"");
       },
       "master.m3u8"},
      {"channels", kError, kClear,
       [](Presentation& p) {
         SaySound(p, "dOps", std::string({0, 6}) + std::string(9, '\0'));
       },
       "master.m3u8"},
      {"channels", kError, kClear,
       [](Presentation& p) {
         std::string flac(4 + 4 + 34, '\0');
         flac[8 + 12] = 5 << 1;
         SaySound(p, "dfLa", flac);
       },
       "master.m3u8"},
      // acmod 7 with lfeon, 5.1; and of E-AC-3 4.1 less one by chan_loc.
      {"channels", kError, kClear,
       [](Presentation& p) {
         SaySound(p, "dac3", std::string({0x10, 0x3c, 0}));
       },
       "master.m3u8"},
      {"channels", kError, kClear,
       [](Presentation& p) {
         SaySound(p, "dec3", std::string({0, 0, 0x20, 0x04, 0x02, 0x04}));
       },
       "master.m3u8"},
      {"channels", kError, Good::kDolby,
       [](Presentation& p) {
         p.Replace("master.m3u8", "CHANNELS=\"6\"", "CHANNELS=\"8\"");
       },
       "master.m3u8"},
  };
}

std::vector<Mutation> TimeMutations() {
  return {
      {"segment-duration", kError, kClear,
       [](Presentation& p) { p.Replace(kMedia, "EXTINF:2.0", "EXTINF:1.9"); },
       kMedia},
      {"segment-duration", kWarning, kClear,
       [](Presentation& p) { p.Replace(kMedia, "EXTINF:2.0", "EXTINF:2.01"); },
       kMedia},
      {"segment-drift", kError, kClear,
       [](Presentation& p) {
         p.ReplaceAll(kMedia, "EXTINF:2.0", "EXTINF:2.04");
       },
       kMedia},
      {"segment-continuity", kError, kClear,
       [](Presentation& p) {
         p.Patch(kSecond, "moof/traf/tfdt", 4, {0, 0, 0, 1});
       },
       kSecond},
      {"segment-duplicate", kError, kClear,
       [](Presentation& p) { p.Replace(kMedia, "3.m4s", "2.m4s"); }, kMedia},
      {"segment-independent", kError, Good::kOpenGroups,
       [](Presentation& p) {
         p.Replace(kMedia, "#EXT-X-VERSION:6",
                   "#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS");
       },
       kSecond},
      {"segment-number", kWarning, kClear,
       [](Presentation& p) {
         p.Write("v180/9.m4s", p.Read("v180/3.m4s"));
         p.Replace(kMedia, "3.m4s", "9.m4s");
       },
       kMedia},
      {"segment-key-frame", kError, kClear, MakeNoKeyFrame, kSecond},
      {"segment-key-frame", kWarning, kClear,
       [](Presentation& p) {
         MakeNoKeyFrame(p);
         DropLines(p, "master.m3u8", "INDEPENDENT-SEGMENTS");
         DropLines(p, kMedia, "INDEPENDENT-SEGMENTS");
         p.Remove("manifest.mpd");
       },
       kSecond},
      {"alignment", kError, kClear,
       [](Presentation& p) {
         p.Patch("v90/2.m4s", "moof/traf/tfdt", 10, {0x99, 0x99});
       },
       "v90/2.m4s"},
  };
}

std::vector<Mutation> FileMutations() {
  return {
      {"file-missing", kError, kClear,
       [](Presentation& p) { p.Remove(kSecond); }, kSecond},
      {"file-missing", kError, kClear, [](Presentation& p) { p.Remove(kInit); },
       kInit},
      {"segment-empty", kError, kClear,
       [](Presentation& p) { p.Write(kSecond, ""); }, kSecond},
      {"segment-format", kError, kClear,
       [](Presentation& p) { p.Write(kSecond, "<html>not found</html>"); },
       kSecond},
      {"segment-no-header", kError, kClear,
       [](Presentation& p) { p.RemoveLines(kMedia, "#EXT-X-MAP"); }, kMedia},
  };
}

std::vector<Mutation> HeaderMutations() {
  return {
      {"cmaf-header", kError, kClear,
       [](Presentation& p) { p.Write(kInit, "no boxes"); }, kInit},
      {"cmaf-header", kError, kClear,
       [](Presentation& p) { p.Rename(kInit, "moov", "free"); }, kInit},
      {"cmaf-no-track", kError, kClear,
       [](Presentation& p) { p.Rename(kInit, "moov/trak", "free"); }, kInit},
      {"cmaf-trex", kError, kClear,
       [](Presentation& p) { p.Rename(kInit, "moov/mvex", "free"); }, kInit},
      {"cmaf-header-samples", kError, kClear,
       [](Presentation& p) {
         p.Patch(kInit, "moov/trak/mdia/minf/stbl/stts", 7, {1});
       },
       kInit},
      {"cmaf-multiplexed", kNote, Good::kFfmpegFmp4, [](Presentation&) {},
       "init.mp4"},
      {"hevc-hev1", kWarning, Good::kFfmpegHev1, [](Presentation&) {},
       "init.mp4"},
  };
}

std::vector<Mutation> BoxMutations() {
  return {
      {"cmaf-box", kError, kClear,
       [](Presentation& p) {
         const std::string segment = p.Read(kSecond);
         p.Write(kSecond, segment.substr(0, segment.size() - 9));
       },
       kSecond},
      {"cmaf-box", kError, kClear,
       [](Presentation& p) { p.Patch(kSecond, "moof/mfhd", -8 + 2, {9}); },
       kSecond},
      {"cmaf-no-samples", kError, kClear,
       [](Presentation& p) { p.Rename(kSecond, "moof", "free"); }, kSecond},
      {"cmaf-mdat", kWarning, kClear,
       [](Presentation& p) { p.Rename(kSecond, "moof", "free"); }, kSecond},
      {"cmaf-moov", kNote, kClear,
       [](Presentation& p) {
         p.Write(kSecond, p.Read(kInit) + p.Read(kSecond));
       },
       kSecond},
      {"cmaf-sequence", kWarning, kClear,
       [](Presentation& p) {
         p.Write(kSecond, p.Read(kSecond) + p.Read(kSecond));
       },
       kSecond},
      {"cmaf-tfdt-gap", kError, kClear,
       [](Presentation& p) {
         p.Write(kSecond, p.Read(kSecond) + p.Read(kSecond));
       },
       kSecond},
      {"cmaf-tfdt-missing", kError, kClear,
       [](Presentation& p) { p.Rename(kSecond, "moof/traf/tfdt", "free"); },
       kSecond},
      {"cmaf-track-id", kError, kClear,
       [](Presentation& p) { p.Patch(kSecond, "moof/traf/tfhd", 7, {9}); },
       kSecond},
      {"cmaf-base-offset", kWarning, kClear,
       [](Presentation& p) { p.Patch(kSecond, "moof/traf/tfhd", 1, {0}); },
       kSecond},
      {"cmaf-trun", kError, kClear,
       [](Presentation& p) {
         p.Patch(kSecond, "moof/traf/trun", 4, {0x80, 0, 0, 0});
       },
       kSecond},
      {"cmaf-trun", kError, kClear,
       [](Presentation& p) {
         p.Patch(kSecond, "moof/traf/trun", 4, {0, 0, 9, 0});
       },
       kSecond},
      {"cmaf-sample-range", kError, kClear,
       [](Presentation& p) {
         p.Patch(kSecond, "moof/traf/trun", 8, {0x7F, 0, 0, 0});
       },
       kSecond},
      {"cmaf-sync-flag", kError, kClear, MakeNoKeyFrame, kSecond},
      {"nal-length", kError, kClear,
       [](Presentation& p) {
         p.PatchAt(kSecond, p.FirstSample(kSecond), {0x7F});
       },
       kSecond},
      {"nal-emulation", kError, kClear,
       [](Presentation& p) {
         p.PatchAt(kSecond, IdrHeader(p, kSecond) + 40, {0, 0, 1});
       },
       kSecond},
  };
}

}  // namespace

std::vector<Mutation> MediaMutations() {
  std::vector<Mutation> all = TimeMutations();
  for (auto& more : {PictureMutations(), SoundMutations(), FileMutations(),
                     HeaderMutations(), BoxMutations()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace usher::inspect::testing

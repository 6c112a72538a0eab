// Good presentations, and copies of them that a test breaks in one place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "packager/inspect/inspector.h"
#include "tests/support/temp_dir.h"

namespace usher::inspect::testing {

// Packaged by `usher package` from film.mp4 and small.mp4 (tests/support): four
// segments of 2 s, tracks v180, v90 and a-eng. The FFmpeg ones are what its
// muxers make of the same film.
enum class Good {
  kClear,
  kAes128,
  kCbcs,
  kCenc,
  kText,        // clear, with subtitles and thumbnails
  kRotated,     // cbcs: a clear segment, then two keys
  kSeigCbcs,    // two keys, told by sample groups
  kSeigCenc,    // the same
  kDrmCbcs,     // for Widevine, PlayReady and FairPlay
  kDrmCenc,     // for Widevine and PlayReady
  kHevc,        // cbcs, of hevc.mp4
  kOpenGroups,  // clear, of hevcopen.mp4, whose segments refer back
  kVp9,         // cenc, of vp9.webm
  kAv1,         // cbcs, of av1tiles.mkv
  kDolby,       // clear, of mixed.mkv and eac3.mp4: tracks a-eng-ac3, ...
  kHdr,         // clear, of hdr.mp4, PQ
  kUneven,      // clear, of uneven.mp4, whose frame rate varies
  kTrickPlay,   // cbcs: v90-trick beside v90
  kSingleFile,  // cenc: v180/v180.mp4 ...
  kParts,       // clear, as `usher live` has it with a last segment half done
  kPartsAes128,
  kRunning,      // clear, of an event that goes on: manifest-ll.mpd
  kRunningCbcs,  // the same, encrypted
  kTs,
  kTsAes128,
  kFfmpegTs,        // hls: media.m3u8, 0.ts ...
  kFfmpegFmp4,      // hls: media.m3u8, init.mp4, 0.m4s ...
  kFfmpegHev1,      // hls: HEVC tagged hev1
  kFfmpegDash,      // manifest.mpd of single files, a SegmentList
  kFfmpegOnDemand,  // film.mp4 with sidx, and an MPD of ours with indexRange
  kFfmpegDashTemplate,  // manifest.mpd with @duration
};

// The key all encrypted ones are made with.
inline constexpr std::string_view kKid = "000102030405060708090a0b0c0d0e0f";
inline constexpr std::string_view kSecondKid =
    "f00102030405060708090a0b0c0d0e0f";
inline constexpr std::string_view kKey = "101112131415161718191a1b1c1d1e1f";

// A copy that lives as long as the object.
class Presentation {
 public:
  explicit Presentation(Good good);

  std::filesystem::path directory() const { return dir_.path() / "event"; }
  std::string Read(std::string_view file) const;
  void Write(std::string_view file, std::string_view contents);

  // Each aborts the test program where there is nothing to change: a mutation
  // that mutates nothing would prove nothing.
  void Replace(std::string_view file, std::string_view from,
               std::string_view to);
  void ReplaceAll(std::string_view file, std::string_view from,
                  std::string_view to);
  void Remove(std::string_view file);
  // A line that holds `text`, and with it the `more` lines behind it.
  void RemoveLines(std::string_view file, std::string_view text, int more = 0);

  // Bytes of the first box at a path ("moof/traf/trun"), behind its header.
  void Patch(std::string_view file, std::string_view box, size_t offset,
             std::initializer_list<int> bytes);
  uint32_t ReadU32(std::string_view file, std::string_view box, size_t offset);
  void Rename(std::string_view file, std::string_view box,
              std::string_view type);
  // Where the first sample of a segment begins in the file.
  size_t FirstSample(std::string_view file);
  void PatchAt(std::string_view file, size_t offset,
               std::initializer_list<int> bytes);

  // Judged with the key, unless said otherwise.
  Inspection Inspect(bool with_key = true) const;
  Inspection InspectFile(std::string_view file) const;

 private:
  size_t Find(std::string_view file, std::string_view box) const;

  usher::testing::TempDir dir_;
};

KeyRing TheKey();
// For failure messages.
std::string AllLines(const Findings& findings);

}  // namespace usher::inspect::testing

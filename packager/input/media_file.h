// One input file: its tracks and, in the file's order, their access units.
//
// Everything that comes out is plain data (packager/track). Times are on the
// input's own clock; where() names the file in errors. The file is never
// trusted: sizes, times and NAL unit lengths are checked before use, and
// nothing it refers to is ever opened (format_io.h). Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/input/input_file.h"
#include "packager/input/interrupt.h"
#include "packager/input/sample_filter.h"
#include "packager/track/media_time.h"
#include "packager/track/packet.h"
#include "packager/track/track.h"

namespace usher {

struct InputTrack {
  Track track;  // without name and role
  // Why the track cannot be packaged, where it cannot.
  std::optional<Error> problem;
};

class MediaFile {
 public:
  // Fails (BadInput) where the file cannot be read or holds no sound and no
  // pictures. `interrupt` outlives the object.
  static Result<MediaFile> Open(InputFilePtr file, const Interrupt& interrupt);
  MediaFile(MediaFile&&) noexcept;
  MediaFile& operator=(MediaFile&&) noexcept;
  ~MediaFile();

  // Video and audio, in the file's order.
  const std::vector<InputTrack>& tracks() const;
  // Of any kind; packager/input/text_tracks.h reads them.
  bool has_subtitles() const;
  // What the user should know: a transformation that is not carried over, say.
  const std::vector<std::string>& warnings() const;
  const std::string& where() const;

  // True where the container's clock has a zero that is where the presentation
  // starts (MP4, MOV: edit lists). Elsewhere only differences mean anything.
  bool starts_at_zero() const;
  // Where the container says a track ends; nothing where it does not say.
  std::optional<MediaTime> DeclaredEnd(size_t track) const;
  // How long the file says it lasts; nothing where that is a guess.
  std::optional<double> DeclaredSeconds() const;

  // From here on only these are read. None may have a problem.
  void Select(std::span<const size_t> tracks);
  // Whether the container has a table of all samples.
  bool has_index() const;
  // The times of all IDR pictures, found through the index: reads nothing else.
  // has_index() must be true; where Read goes on afterwards is undefined.
  Result<std::vector<int64_t>> ReadKeyTimes(size_t track);

  // That table, as far as the container's reader tells of it: what it reads,
  // in this order, edits applied.
  struct IndexEntry {
    uint64_t offset = 0;
    uint32_t size = 0;
    int64_t decode_time = 0;
    bool key = false;
  };
  size_t IndexSize(size_t track) const;
  IndexEntry IndexAt(size_t track, size_t entry) const;
  // The track's number in the container.
  int64_t ContainerId(size_t track) const;
  // How long the last sample to be presented lasts, read from the end of the
  // file; 0 where unknown. has_index() must be true; where Read goes on
  // afterwards is undefined.
  Result<int64_t> ReadLastDuration(size_t track);
  // For reading samples past this object; null where only Read will do.
  std::shared_ptr<const SampleFilter> FilterOf(size_t track) const;

  // Nothing at the end. Video starts at its first IDR picture: what lies in
  // front of it cannot be decoded and is left out.
  Result<std::optional<Packet>> Read();
  // Whether there were such pictures, as far as the file was read.
  bool left_out_pictures() const;
  // As it is from the last packet read on, which may say that it changed.
  const Track& CurrentTrack(size_t track) const;
  // Whether any packet said so.
  bool recoded() const;
  // Whether the file's clock jumped, as far as it was read (clock_repair.h).
  bool jumped() const;
  // How much of the file was read: 0 to 1.
  double Progress() const;

 private:
  struct Impl;
  explicit MediaFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace usher

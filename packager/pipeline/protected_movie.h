// An MP4 file whose samples are encrypted (ISO/IEC 23001-7), as far as one must
// know it to read it in the clear: where its protected samples lie, how each
// is protected, and which boxes say so. What each box means is decided where
// it is judged, in packager/inspect. Immutable; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "core/base/error.h"
#include "core/keys/key_id.h"
#include "packager/input/input_file.h"
#include "packager/inspect/movie_fragment.h"

namespace usher {

// Four characters to be read instead of those at `offset`, so that a reader
// takes the film for a clear one.
struct TypePatch {
  uint64_t offset = 0;
  std::array<uint8_t, 4> type{};
};

// What moov says, or one moof.
struct ProtectedStretch {
  std::vector<TypePatch> patches;  // by offset
  // Of protected tracks; offsets of samples rise and count from the file's
  // start.
  std::vector<inspect::TrackFragment> tracks;
};

class ProtectedMovie {
 public:
  // Null where the file is no MP4 with a protected track. Fails (BadInput)
  // where it is one that cannot be followed.
  static Result<std::unique_ptr<const ProtectedMovie>> Read(InputFile& file);

  // Those tenc names.
  std::set<keys::KeyId> Kids() const;
  // All samples of a film that is not fragmented.
  const ProtectedStretch& movie() const { return movie_; }
  // Offsets of the moof boxes; the last entry is the file's size.
  const std::vector<uint64_t>& fragments() const { return fragments_; }
  // What the i-th moof says. Refers to this object.
  Result<ProtectedStretch> ReadFragment(InputFile& file, size_t i) const;

 private:
  explicit ProtectedMovie(std::string where) : where_(std::move(where)) {}
  Status ReadTables(ByteView moov, uint64_t offset, uint64_t file_size);
  Status CheckSamples(const ProtectedStretch& stretch) const;
  bool IsClearEntry(uint32_t track, uint32_t entry) const;

  std::string where_;
  inspect::MediaHeader header_;
  // By track of the header: its sample entries, those that are clear.
  std::vector<std::vector<bool>> clear_entries_;
  ProtectedStretch movie_;
  std::vector<uint64_t> fragments_;
};

}  // namespace usher

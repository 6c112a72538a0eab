// Finds `moov` in an MP4 or MOV file, wherever it lies, and the sample tables
// in it (ISO/IEC 14496-12 8.2.1).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/base/bytes.h"
#include "packager/mp4/sample_table.h"

namespace usher::mp4 {

// A file, as far as it is needed here.
struct FileBytes {
  uint64_t size = 0;
  // Fills the span from that offset on; false where it cannot.
  std::function<bool(uint64_t offset, std::span<uint8_t> out)> read;
};

// The sample tables of a file, and the bytes they lie in. Immutable.
class MovieBox {
 public:
  // Empty where there is no moov, or one that tells only half: a fragmented
  // film.
  static MovieBox Read(const FileBytes& file);

  // Null where the track has none that can be used.
  const SampleTable* TableOf(uint32_t track_id) const;

 private:
  std::unique_ptr<const Bytes> bytes_;
  std::vector<SampleTable> tables_;
};

}  // namespace usher::mp4

// Finds `moov` in an MP4 or MOV file, wherever it lies, and the sample tables
// in it (ISO/IEC 14496-12 8.2.1).
#pragma once

#include <memory>
#include <vector>

#include "core/base/bytes.h"
#include "packager/mp4/sample_table.h"

namespace usher::mp4 {

// The sample tables of a file, and the bytes they lie in. Immutable.
class MovieBox {
 public:
  // Empty where there is no moov, or one that tells only half: a fragmented
  // film. `file` is open for reading.
  static MovieBox Read(int file);

  // Null where the track has none that can be used.
  const SampleTable* TableOf(uint32_t track_id) const;

 private:
  std::unique_ptr<const Bytes> bytes_;
  std::vector<SampleTable> tables_;
};

}  // namespace usher::mp4

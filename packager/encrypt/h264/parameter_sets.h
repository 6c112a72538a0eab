// The parameter sets in force, by their ids (ITU-T H.264 7.4.1.2.1).
#pragma once

#include <vector>

#include "core/base/bytes.h"
#include "packager/encrypt/h264/pps.h"
#include "packager/encrypt/h264/sps.h"

namespace usher::h264 {

class ParameterSets {
 public:
  // Takes an SPS or PPS NAL unit; one of the same id is replaced. False where
  // it is damaged: what was in force stays so.
  bool Add(ByteView nal);

  // Null where no such set was seen. Valid until the next Add.
  const Pps* FindPps(uint32_t id) const;
  const Sps* FindSps(uint32_t id) const;

 private:
  // Streams have one or two of each, so a search is as good as a table.
  std::vector<Sps> sps_;
  std::vector<Pps> pps_;
};

}  // namespace usher::h264

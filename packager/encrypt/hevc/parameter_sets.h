// The parameter sets in force, by their ids (ITU-T H.265 7.4.2.4.2).
#pragma once

#include <map>

#include "core/base/bytes.h"
#include "packager/encrypt/hevc/pps.h"
#include "packager/encrypt/hevc/sps.h"

namespace usher::hevc {

class ParameterSets {
 public:
  // Takes an SPS or PPS NAL unit of the base layer; one of the same id is
  // replaced. False where it is neither, or damaged: what was in force stays.
  bool Add(ByteView nal);

  bool empty() const { return pps_.empty(); }
  // Null where no such set was seen. Valid until the next Add.
  const Pps* FindPps(uint32_t id) const;
  const Sps* FindSps(uint32_t id) const;

 private:
  std::map<uint32_t, Sps> sps_;
  std::map<uint32_t, Pps> pps_;
};

}  // namespace usher::hevc

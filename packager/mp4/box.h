// One ISO BMFF box being written: its size is filled in when the scope ends.
//
//   Box moof(out, "moof");
//   {
//     Box mfhd(out, "mfhd", 0, 0);
//     out.U32(sequence);
//   }
//
// ISO/IEC 14496-12 4.2. Boxes of 4 GiB and more are not meant (only mdat can
// be, and its header is written apart).
#pragma once

#include <cstdint>

#include "core/base/byte_writer.h"

namespace usher::mp4 {

class Box {
 public:
  // `out` must outlive the box.
  Box(ByteWriter& out, const char (&type)[5]) : out_(out), start_(out.size()) {
    out_.U32(0);
    out_.Text({type, 4});
  }
  // A FullBox.
  Box(ByteWriter& out, const char (&type)[5], uint8_t version, uint32_t flags)
      : Box(out, type) {
    out_.U8(version);
    out_.U24(flags);
  }
  Box(const Box&) = delete;
  Box& operator=(const Box&) = delete;
  ~Box() { out_.PatchU32(start_, static_cast<uint32_t>(out_.size() - start_)); }

 private:
  ByteWriter& out_;
  size_t start_;
};

}  // namespace usher::mp4

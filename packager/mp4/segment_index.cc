#include "packager/mp4/segment_index.h"

#include "packager/mp4/box.h"

namespace usher::mp4 {

Bytes WriteSegmentIndex(uint32_t timescale, uint64_t start,
                        std::span<const IndexEntry> entries) {
  constexpr uint32_t kTrackId = 1;
  constexpr uint32_t kStartsWithSap = 0x80000000;
  Bytes bytes;
  ByteWriter out(bytes);
  Box sidx(out, "sidx", 1, 0);
  out.U32(kTrackId);
  out.U32(timescale);
  out.U64(start);
  out.U64(0);  // first_offset
  out.U16(0);
  out.U16(static_cast<uint16_t>(entries.size()));
  for (const IndexEntry& entry : entries) {
    out.U32(entry.bytes);
    out.U32(entry.duration);
    // The type is told in both cases; only 1 and 2 are a start of all.
    const bool starts = entry.sap_type == 1 || entry.sap_type == 2;
    out.U32((starts ? kStartsWithSap : 0) | entry.sap_type << 28);
  }
  return bytes;
}

}  // namespace usher::mp4

#include "packager/mp4/mdat.h"

namespace usher::mp4 {

void WriteMdatHeader(ByteWriter& out, uint64_t payload_size) {
  constexpr uint64_t kCompactHeader = 8;
  constexpr uint64_t kLargeHeader = 16;
  const bool compact = payload_size <= UINT32_MAX - kCompactHeader;
  out.U32(compact ? static_cast<uint32_t>(kCompactHeader + payload_size) : 1);
  out.Text("mdat");
  if (!compact) out.U64(kLargeHeader + payload_size);
}

}  // namespace usher::mp4

#include "packager/inspect/segment_index.h"

#include "packager/mp4/box_reader.h"

namespace usher::inspect {

std::optional<SegmentIndex> ReadSegmentIndex(ByteView data) {
  const auto sidx = mp4::FindBox(data, "sidx");
  if (!sidx) return std::nullopt;
  mp4::FieldReader fields(sidx->body);
  const uint8_t version = fields.U8();
  fields.Skip(3 + 4);
  SegmentIndex index;
  index.timescale = fields.U32();
  uint64_t start = version == 0 ? fields.U32() : fields.U64();
  uint64_t offset = version == 0 ? fields.U32() : fields.U64();
  fields.Skip(2);
  const uint16_t count = fields.U16();
  for (uint16_t i = 0; i < count; ++i) {
    const uint32_t reference = fields.U32();
    const uint32_t duration = fields.U32();
    fields.Skip(4);
    if ((reference & 0x80000000) != 0) return std::nullopt;
    index.subsegments.push_back({offset, reference, start, duration});
    offset += reference;
    start += duration;
  }
  if (!fields.ok() || index.timescale == 0) return std::nullopt;
  return index;
}

}  // namespace usher::inspect

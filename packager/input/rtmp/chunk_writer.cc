#include "packager/input/rtmp/chunk_writer.h"

#include <algorithm>

#include "core/base/byte_writer.h"

namespace usher::rtmp {
namespace {

constexpr size_t kChunkSize = 128;
constexpr uint8_t kContinuation = 3 << 6;  // type 3 header

}  // namespace

void WriteMessage(uint8_t id, const Message& message, Bytes& out) {
  ByteWriter writer(out);
  writer.U8(id);  // type 0 header: everything is said
  writer.U24(std::min<uint32_t>(message.time, 0xFFFFFE));
  writer.U24(static_cast<uint32_t>(message.body.size()));
  writer.U8(static_cast<uint8_t>(message.type));
  for (int shift = 0; shift < 32; shift += 8) {
    writer.U8(static_cast<uint8_t>(message.stream >> shift));
  }
  ByteView rest = message.body;
  while (rest.size() > kChunkSize) {
    writer.Append(rest.first(kChunkSize));
    writer.U8(kContinuation | id);
    rest = rest.subspan(kChunkSize);
  }
  writer.Append(rest);
}

}  // namespace usher::rtmp

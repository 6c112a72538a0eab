#include "core/hop/message.h"

#include "core/base/byte_writer.h"

namespace usher::hop {
namespace {

constexpr std::string_view kLabel = "usher hop v1";

void Field(ByteWriter& writer, ByteView bytes) {
  writer.U32(static_cast<uint32_t>(bytes.size()));
  writer.Append(bytes);
}

}  // namespace

Bytes SignedBytes(const Stamp& stamp, const Message& message) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.Text(kLabel);
  writer.U16(stamp.box);
  writer.U32(stamp.time);
  writer.Append(stamp.nonce);
  for (const std::string_view text :
       {message.method, message.host, message.path, message.args,
        message.credential}) {
    Field(writer, AsBytes(text));
  }
  Field(writer, message.body ? ByteView(*message.body) : ByteView());
  return bytes;
}

}  // namespace usher::hop

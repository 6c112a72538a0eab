#include "packager/input/rtmp/flv.h"

#include "core/base/byte_writer.h"
#include "packager/input/rtmp/amf0.h"

namespace usher::rtmp {
namespace {

constexpr uint8_t kAudioAndVideo = 5;
constexpr uint32_t kHeaderSize = 9;
constexpr uint32_t kTagHeaderSize = 11;

ByteView WithoutSetDataFrame(ByteView body) {
  ByteView rest = body;
  const auto first = ReadAmf(rest);
  const bool drop =
      first && first->text() != nullptr && *first->text() == "@setDataFrame";
  return drop ? rest : body;
}

}  // namespace

void WriteFlvHeader(Bytes& out) {
  ByteWriter writer(out);
  writer.Text("FLV");
  writer.U8(1);
  writer.U8(kAudioAndVideo);
  writer.U32(kHeaderSize);
  writer.U32(0);  // size of the tag before: there is none
}

void WriteFlvTag(const Message& message, Bytes& out) {
  const ByteView body = message.type == MessageType::kData
                            ? WithoutSetDataFrame(message.body)
                            : ByteView(message.body);
  const auto size = static_cast<uint32_t>(body.size());
  ByteWriter writer(out);
  writer.U8(static_cast<uint8_t>(message.type));
  writer.U24(size);
  writer.U24(message.time & 0xFFFFFF);
  writer.U8(static_cast<uint8_t>(message.time >> 24));
  writer.U24(0);
  writer.Append(body);
  writer.U32(kTagHeaderSize + size);
}

}  // namespace usher::rtmp

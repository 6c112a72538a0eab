#include "packager/input/rtmp/chunk_reader.h"

#include <algorithm>
#include <utility>

namespace usher::rtmp {
namespace {

constexpr uint32_t kExtendedTime = 0xFFFFFF;
constexpr uint32_t kMaxChunkSize = 0xFFFFFF;
// By format: type 0 has everything, type 3 nothing (5.3.1.2).
constexpr size_t kMessageHeaderSizes[] = {11, 7, 3, 0};

uint32_t BigEndian(ByteView bytes) {
  uint32_t value = 0;
  for (const uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

uint32_t LittleEndian32(ByteView bytes) {
  return bytes[0] | uint32_t{bytes[1]} << 8 | uint32_t{bytes[2]} << 16 |
         uint32_t{bytes[3]} << 24;
}

std::unexpected<Error> NotRtmp(const char* what) {
  return BadInput({}, std::string("is not RTMP: ") + what,
                  "publish with OBS or FFmpeg");
}

// Chunk stream ids below 64 take one byte, others two or three (5.3.1.1).
size_t BasicHeaderSize(uint8_t first) {
  const uint8_t id = first & 0x3F;
  return id == 0 ? 2 : id == 1 ? 3 : 1;
}

uint32_t ChunkStreamId(ByteView bytes) {
  const uint8_t id = bytes[0] & 0x3F;
  if (id == 0) return 64U + bytes[1];
  if (id == 1) return 64U + bytes[1] + 256U * bytes[2];
  return id;
}

}  // namespace

void ChunkReader::Feed(ByteView bytes) {
  buffer_.erase(buffer_.begin(),
                buffer_.begin() + static_cast<ptrdiff_t>(read_));
  read_ = 0;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

Result<std::optional<Message>> ChunkReader::Next() {
  while (true) {
    const ByteView bytes = Unread();
    if (bytes.empty() || bytes.size() < BasicHeaderSize(bytes[0])) break;
    const uint32_t id = ChunkStreamId(bytes);
    const auto before = streams_.find(id);
    const bool is_new = before == streams_.end();
    // A difference (type 1) may open a chunk stream: librtmp does so.
    if (is_new && (bytes[0] >> 6 > 1 || streams_.size() == kMaxChunkStreams)) {
      return NotRtmp("a chunk of an unknown stream");
    }
    const auto header = ReadHeader(bytes, is_new ? nullptr : &before->second);
    if (!header) break;
    if (header->length > max_message_) return NotRtmp("a message too long");

    const bool continues =
        header->format == 3 && !is_new && !before->second.message.body.empty();
    const size_t held = continues ? before->second.message.body.size() : 0;
    const size_t wanted = std::min<size_t>(chunk_size_, header->length - held);
    if (bytes.size() < header->size + wanted) break;
    Stream& stream = streams_[id];
    if (!continues) Begin(*header, stream);
    const ByteView payload = bytes.subspan(header->size, wanted);
    Bytes& body = stream.message.body;
    body.insert(body.end(), payload.begin(), payload.end());
    read_ += header->size + wanted;
    if (body.size() < header->length) continue;
    Message whole = stream.message;
    whole.body = std::exchange(body, {});
    auto own = Obey(whole);
    if (!own) return std::unexpected(own.error());
    if (!*own) return whole;
  }
  return std::nullopt;
}

std::optional<ChunkReader::Header> ChunkReader::ReadHeader(
    ByteView bytes, const Stream* before) {
  Header header = before == nullptr ? Header{} : before->header;
  header.format = bytes[0] >> 6;
  const size_t basic = BasicHeaderSize(bytes[0]);
  const size_t fields = kMessageHeaderSizes[header.format];
  header.size = basic + fields;
  if (bytes.size() < header.size) return std::nullopt;
  const ByteView rest = bytes.subspan(basic);
  uint32_t time_field = header.time_field;
  if (fields >= 3) {
    time_field = BigEndian(rest.first(3));
    header.extended = time_field == kExtendedTime;
  }
  if (fields >= 7) {
    header.length = BigEndian(rest.subspan(3, 3));
    header.type = rest[6];
  }
  if (fields == 11) header.stream = LittleEndian32(rest.subspan(7, 4));
  if (header.extended) {
    // Repeated in front of every chunk of the message (5.3.1.3).
    if (bytes.size() < header.size + 4) return std::nullopt;
    time_field = BigEndian(bytes.subspan(header.size, 4));
    header.size += 4;
  }
  header.time_field = time_field;
  return header;
}

// A type 3 header that begins a message repeats the time field of the one
// before, whatever that meant (5.3.1.2.4).
void ChunkReader::Begin(const Header& header, Stream& stream) {
  stream.header = header;
  Message& message = stream.message;
  message.type = static_cast<MessageType>(header.type);
  message.stream = header.stream;
  message.time = (header.format == 0 ? 0 : message.time) + header.time_field;
  message.body.clear();
}

Result<bool> ChunkReader::Obey(const Message& message) {
  const bool own = message.type == MessageType::kSetChunkSize ||
                   message.type == MessageType::kAbort;
  if (!own) return false;
  if (message.body.size() < 4) return NotRtmp("a control message cut short");
  const uint32_t value = BigEndian(ByteView(message.body).first(4));
  if (message.type == MessageType::kAbort) {
    const auto stream = streams_.find(value);
    if (stream != streams_.end()) stream->second.message.body.clear();
    return true;
  }
  if (value == 0 || value > 0x7FFFFFFF) return NotRtmp("a chunk size of zero");
  chunk_size_ = std::min(value, kMaxChunkSize);
  return true;
}

}  // namespace usher::rtmp

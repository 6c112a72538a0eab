// Puts RTMP messages together from interleaved chunks (RTMP 1.0, 5.3).
//
// Pure: bytes in, messages out. What it holds is bounded: at most
// kMaxChunkStreams messages of at most the limit each. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "core/base/error.h"
#include "packager/input/rtmp/message.h"

namespace usher::rtmp {

class ChunkReader {
 public:
  static constexpr size_t kMaxChunkStreams = 32;

  // Longer messages than `max_message` bytes are refused.
  explicit ChunkReader(size_t max_message) : max_message_(max_message) {}
  void set_max_message(size_t size) { max_message_ = size; }

  void Feed(ByteView bytes);
  // The next whole message; nothing until more is fed. Chunk sizes and aborts
  // are obeyed here and not handed on. Fails (BadInput) where the bytes are not
  // RTMP; the reader is then unusable.
  Result<std::optional<Message>> Next();

 private:
  struct Header {
    uint8_t format = 0;
    uint32_t time_field = 0;  // a time (type 0), or a difference
    bool extended = false;    // the time field has 32 bits
    uint32_t length = 0;
    uint8_t type = 0;
    uint32_t stream = 0;
    size_t size = 0;  // of the header itself
  };
  // A chunk stream: its last header, and its message as far as it is there.
  struct Stream {
    Header header;
    Message message;
  };

  // Nothing until all of it is there. `before` is null where the chunk stream
  // is new.
  static std::optional<Header> ReadHeader(ByteView bytes, const Stream* before);
  static void Begin(const Header& header, Stream& stream);
  // Whether the message was meant for the reader.
  Result<bool> Obey(const Message& message);
  ByteView Unread() const { return ByteView(buffer_).subspan(read_); }

  size_t max_message_;
  uint32_t chunk_size_ = 128;
  Bytes buffer_;
  size_t read_ = 0;  // of buffer_
  std::map<uint32_t, Stream> streams_;
};

}  // namespace usher::rtmp

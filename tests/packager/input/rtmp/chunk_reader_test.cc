#include "packager/input/rtmp/chunk_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/hex.h"
#include "packager/input/rtmp/chunk_writer.h"

namespace usher::rtmp {
namespace {

constexpr size_t kLimit = 1 << 20;

// All messages of `bytes`, fed in pieces of `piece` bytes.
Result<std::vector<Message>> ReadAll(ByteView bytes, size_t piece = 1 << 16,
                                     size_t limit = kLimit) {
  ChunkReader reader(limit);
  std::vector<Message> messages;
  while (!bytes.empty()) {
    const size_t size = std::min(piece, bytes.size());
    reader.Feed(bytes.first(size));
    bytes = bytes.subspan(size);
    while (true) {
      auto message = reader.Next();
      if (!message) return std::unexpected(message.error());
      if (!*message) break;
      messages.push_back(**std::move(message));
    }
  }
  return messages;
}

Bytes Hex(std::string_view text) { return *FromHex(text); }

Bytes Pattern(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 7);
  return bytes;
}

TEST(ChunkReader, ReadsWhatTheWriterWritesInPiecesOfAnySize) {
  Bytes stream;
  const Message small{MessageType::kCommand, 5, 0, Pattern(12)};
  const Message large{MessageType::kVideo, 1000, 1, Pattern(5000)};
  const Message exact{MessageType::kAudio, 1001, 1, Pattern(256)};
  WriteMessage(3, small, stream);
  WriteMessage(6, large, stream);
  WriteMessage(4, exact, stream);
  for (const size_t piece : {1U, 2U, 127U, 128U, 129U, 1U << 16}) {
    const auto messages = ReadAll(stream, piece);
    ASSERT_TRUE(messages.has_value()) << piece;
    ASSERT_EQ(messages->size(), 3U);
    EXPECT_EQ((*messages)[0].body, small.body);
    EXPECT_EQ((*messages)[1].body, large.body);
    EXPECT_EQ((*messages)[1].time, 1000U);
    EXPECT_EQ((*messages)[1].stream, 1U);
    EXPECT_EQ((*messages)[2].type, MessageType::kAudio);
    EXPECT_EQ((*messages)[2].body, exact.body);
  }
}

// The header types of RTMP 1.0, 5.3.1.2, one after another on one stream.
TEST(ChunkReader, AddsDifferencesAndRepeatsWhatAHeaderLeavesOut) {
  const auto messages =
      ReadAll(Hex("04"
                  "00000a"
                  "000001"
                  "08"
                  "01000000"
                  "aa"  // type 0: at 10
                  "44"
                  "000005"
                  "000001"
                  "09"
                  "bb"  // type 1: 5 later
                  "84"
                  "000003"
                  "cc"  // type 2: 3 later
                  "c4"
                  "dd"));  // type 3: 3 later again
  ASSERT_TRUE(messages.has_value());
  ASSERT_EQ(messages->size(), 4U);
  const uint32_t times[] = {10, 15, 18, 21};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ((*messages)[i].time, times[i]) << i;
    EXPECT_EQ((*messages)[i].stream, 1U);
  }
  EXPECT_EQ((*messages)[0].type, MessageType::kAudio);
  EXPECT_EQ((*messages)[3].type, MessageType::kVideo);
}

TEST(ChunkReader, ReadsExtendedTimesInFrontOfEveryChunk) {
  Bytes stream =
      Hex("04"
          "ffffff"
          "0000c8"
          "09"
          "01000000"
          "01000000");
  const Bytes body = Pattern(200);
  stream.insert(stream.end(), body.begin(), body.begin() + 128);
  const Bytes again =
      Hex("c4"
          "01000000");
  stream.insert(stream.end(), again.begin(), again.end());
  stream.insert(stream.end(), body.begin() + 128, body.end());
  const auto messages = ReadAll(stream, 3);
  ASSERT_TRUE(messages.has_value());
  ASSERT_EQ(messages->size(), 1U);
  EXPECT_EQ(messages->front().time, 0x01000000U);
  EXPECT_EQ(messages->front().body, body);
}

TEST(ChunkReader, KeepsInterleavedStreamsApart) {
  Bytes stream;
  const Bytes video = Pattern(200);
  stream =
      Hex("04"
          "000000"
          "0000c8"
          "09"
          "01000000");
  stream.insert(stream.end(), video.begin(), video.begin() + 128);
  // Ids of two and three bytes: 64 + 6, and 64 + 2 + 256.
  const Bytes between =
      Hex("0006"
          "000000"
          "000001"
          "08"
          "01000000"
          "aa"
          "010201"
          "000000"
          "000001"
          "08"
          "01000000"
          "bb"
          "c4");
  stream.insert(stream.end(), between.begin(), between.end());
  stream.insert(stream.end(), video.begin() + 128, video.end());
  const auto messages = ReadAll(stream, 5);
  ASSERT_TRUE(messages.has_value());
  ASSERT_EQ(messages->size(), 3U);
  EXPECT_EQ((*messages)[0].body, Hex("aa"));
  EXPECT_EQ((*messages)[1].body, Hex("bb"));
  EXPECT_EQ((*messages)[2].body, video);
}

TEST(ChunkReader, ObeysChunkSizesAndAborts) {
  Bytes stream =
      Hex("02"
          "000000"
          "000004"
          "01"
          "00000000"
          "00001000");
  Bytes lost =
      Hex("04"
          "000000"
          "002000"
          "09"
          "01000000");
  stream.insert(stream.end(), lost.begin(), lost.end());
  const Bytes body = Pattern(4096);
  stream.insert(stream.end(), body.begin(), body.end());
  const Bytes abort =
      Hex("02"
          "000000"
          "000004"
          "02"
          "00000000"
          "00000004"
          "44"
          "000001"
          "001000"
          "09");
  stream.insert(stream.end(), abort.begin(), abort.end());
  stream.insert(stream.end(), body.begin(), body.end());
  const auto messages = ReadAll(stream);
  ASSERT_TRUE(messages.has_value());
  ASSERT_EQ(messages->size(), 1U);
  EXPECT_EQ(messages->front().body, body);
}

TEST(ChunkReader, RefusesWhatIsNotRtmpBeforeHoldingIt) {
  EXPECT_FALSE(ReadAll(Hex("c4")).has_value());  // repeats nothing
  EXPECT_FALSE(ReadAll(Hex("84000000")).has_value());
  EXPECT_FALSE(ReadAll(Hex("04"
                           "000000"
                           "ffffff"
                           "09"
                           "01000000"))
                   .has_value())
      << "longer than the limit";
  EXPECT_FALSE(ReadAll(Hex("02"
                           "000000"
                           "000004"
                           "01"
                           "00000000"
                           "00000000"))
                   .has_value())
      << "a chunk size of zero";
  Bytes many;
  for (uint8_t id = 3; id < 3 + ChunkReader::kMaxChunkStreams + 1; ++id) {
    WriteMessage(id, {MessageType::kAudio, 0, 1, Pattern(1)}, many);
  }
  EXPECT_FALSE(ReadAll(many).has_value());
}

}  // namespace
}  // namespace usher::rtmp

#include "tests/system/attack/http2_client.h"

#include <algorithm>
#include <charconv>

namespace usher::testing {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr size_t kFrameHeaderSize = 9;
constexpr size_t kMostPayload = 16384;

enum FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kResetStream = 3,
  kSettings = 4,
  kGoAway = 7,
  kContinuation = 9,
};
enum Flag : uint8_t { kEndStream = 1, kEndHeaders = 4, kPadded = 8 };

std::string Frame(FrameType type, uint8_t flags, uint32_t stream,
                  std::string_view payload) {
  std::string frame;
  for (const int shift : {16, 8, 0}) {
    frame += static_cast<char>(payload.size() >> shift);
  }
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) {
    frame += static_cast<char>(stream >> shift);
  }
  return frame.append(payload);
}

// RFC 7541 section 5.1, with the seven bits a string's length has.
void AppendLength(size_t length, std::string& to) {
  constexpr size_t kMost = 127;
  if (length < kMost) {
    to += static_cast<char>(length);
    return;
  }
  to += static_cast<char>(kMost);
  for (length -= kMost; length >= 128; length /= 128) {
    to += static_cast<char>(length % 128 + 128);
  }
  to += static_cast<char>(length);
}

// Literal fields without indexing, plain octets (RFC 7541 section 6.2.2).
std::string HeaderBlock(const Http2Fields& fields) {
  std::string block;
  for (const auto& [name, value] : fields) {
    block += '\0';
    AppendLength(name.size(), block);
    block += name;
    AppendLength(value.size(), block);
    block += value;
  }
  return block;
}

std::string HeaderFrames(const std::string& block, bool ends_stream) {
  std::string frames;
  size_t at = 0;
  do {
    const std::string_view payload =
        std::string_view(block).substr(at, kMostPayload);
    const bool first = at == 0;
    at += payload.size();
    uint8_t flags = at == block.size() ? kEndHeaders : 0;
    if (first && ends_stream) flags |= kEndStream;
    frames += Frame(first ? kHeaders : kContinuation, flags, 1, payload);
  } while (at < block.size());
  return frames;
}

// nginx writes :status first, from the static table or as three plain digits.
int StatusOf(std::string_view block) {
  constexpr int kStatic[] = {200, 204, 206, 304, 400, 404, 500};
  constexpr uint8_t kFirstStatic = 0x80 | 8;
  if (block.starts_with('\x20')) block.remove_prefix(1);  // table size update
  if (block.empty()) return 0;
  const auto first = static_cast<uint8_t>(block[0]);
  if (first >= kFirstStatic && first < kFirstStatic + std::size(kStatic)) {
    return kStatic[first - kFirstStatic];
  }
  int status = 0;
  if (block.size() >= 5 && block[1] == 3) {
    std::from_chars(block.data() + 2, block.data() + 5, status);
  }
  return status;
}

size_t ReadNumber(std::string_view bytes) {
  size_t number = 0;
  for (const char byte : bytes)
    number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

}  // namespace

Answer AskHttp2(uint16_t port, const Http2Fields& fields,
                std::string_view body) {
  SlowClient client(port);
  std::string request(kPreface);
  request += Frame(kSettings, 0, 0, {});
  request += HeaderFrames(HeaderBlock(fields), body.empty());
  if (!body.empty()) request += Frame(kData, kEndStream, 1, body);
  client.Send(request);

  Answer answer;
  for (;;) {
    const std::string header = client.Read(kFrameHeaderSize);
    if (header.size() < kFrameHeaderSize) return answer;
    const std::string payload =
        client.Read(ReadNumber(std::string_view(header).substr(0, 3)));
    const auto type = static_cast<uint8_t>(header[3]);
    const auto flags = static_cast<uint8_t>(header[4]);
    if (type == kResetStream || type == kGoAway) return answer;
    if (type == kHeaders) answer.status = StatusOf(payload);
    if (type == kData) answer.body += payload;
    if ((type == kHeaders || type == kData) && (flags & kEndStream) != 0) {
      return answer;
    }
  }
}

}  // namespace usher::testing

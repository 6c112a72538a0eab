#include "tests/system/attack/http2_client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "tests/system/attack/hpack.h"

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

std::string DataFrames(std::string_view body) {
  std::string frames;
  while (!body.empty()) {
    const std::string_view payload = body.substr(0, kMostPayload);
    body.remove_prefix(payload.size());
    frames += Frame(kData, body.empty() ? kEndStream : 0, 1, payload);
  }
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

// A stream's frames, one by one, until its answer is whole.
class AnswerReader {
 public:
  // False where nothing more of the answer will come.
  bool Take(uint8_t type, uint8_t flags, std::string_view payload) {
    if (type == kResetStream || type == kGoAway) return false;
    if (type == kData) answer_.body += payload;
    const bool is_block = type == kHeaders || type == kContinuation;
    if (is_block) block_ += payload;
    if (is_block && (flags & kEndHeaders) != 0) TakeHeaders();
    if (type == kHeaders || type == kData) ended_ |= (flags & kEndStream) != 0;
    return !(ended_ && has_headers_);
  }
  Answer Finish() { return std::move(answer_); }

 private:
  void TakeHeaders() {
    has_headers_ = true;
    answer_.status = StatusOf(block_);
    const auto literals = LiteralsOf(block_);
    if (!literals) {
      ADD_FAILURE() << "a damaged header block";
      return;
    }
    for (const std::string& literal : *literals) {
      answer_.headers.emplace_back("", literal);
    }
  }

  Answer answer_;
  std::string block_;
  bool has_headers_ = false;
  bool ended_ = false;
};

}  // namespace

Answer AskHttp2(uint16_t port, const Http2Fields& fields,
                std::string_view body) {
  SlowClient client(port);
  client.Send(std::string(kPreface) + Frame(kSettings, 0, 0, {}) +
              HeaderFrames(HeaderBlock(fields), body.empty()) +
              DataFrames(body));
  AnswerReader reader;
  for (;;) {
    const std::string header = client.Read(kFrameHeaderSize);
    if (header.size() < kFrameHeaderSize) return reader.Finish();
    const std::string payload =
        client.Read(ReadNumber(std::string_view(header).substr(0, 3)));
    if (!reader.Take(static_cast<uint8_t>(header[3]),
                     static_cast<uint8_t>(header[4]), payload)) {
      return reader.Finish();
    }
  }
}

Answer AskHttp2(uint16_t port, std::string_view method, std::string_view target,
                const Headers& headers, std::string_view body) {
  Http2Fields fields = {{":method", std::string(method)},
                        {":scheme", "http"},
                        {":path", std::string(target)},
                        {":authority", "127.0.0.1:" + std::to_string(port)}};
  const size_t authority = fields.size() - 1;
  for (const std::string& header : headers) {
    const size_t colon = header.find(": ");
    std::string name = header.substr(0, colon);
    std::string value = header.substr(colon + 2);
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    if (name == "host") {
      fields[authority].second = std::move(value);
    } else {
      fields.emplace_back(std::move(name), std::move(value));
    }
  }
  return AskHttp2(port, fields, body);
}

}  // namespace usher::testing

#include "core/base/base64url.h"

#include <array>

namespace usher {
namespace {

constexpr char kUrlAlphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr char kStandardAlphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kMaxDigit = 63;
constexpr uint8_t kNoDigit = 0xff;

constexpr std::array<uint8_t, 256> MakeDigitValues() {
  std::array<uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (uint8_t value = 0; value < 64; ++value) {
    values[static_cast<uint8_t>(kUrlAlphabet[value])] = value;
  }
  return values;
}

constexpr std::array<uint8_t, 256> kDigitValues = MakeDigitValues();

uint8_t ValueOf(char digit) {
  return kDigitValues[static_cast<uint8_t>(digit)];
}

std::string Encode(ByteView bytes, const char* alphabet) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  uint32_t bits = 0;
  int held = 0;  // bits not written yet
  for (const uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 6;) {
      held -= 6;
      text += alphabet[bits >> held & 63];
    }
  }
  if (held > 0) text += alphabet[bits << (6 - held) & 63];
  return text;
}

}  // namespace

std::string ToBase64Url(ByteView bytes) { return Encode(bytes, kUrlAlphabet); }

std::optional<Bytes> FromBase64Url(std::string_view text) {
  Bytes bytes(text.size() * 3 / 4);
  if (!DecodeBase64Url(text, bytes)) return std::nullopt;
  return bytes;
}

bool DecodeBase64Url(std::string_view text, std::span<uint8_t> out) {
  if (text.size() % 4 == 1 || out.size() != text.size() * 3 / 4) return false;
  uint8_t* next = out.data();
  uint8_t seen = 0;
  for (; text.size() >= 4; text.remove_prefix(4)) {
    const uint8_t a = ValueOf(text[0]);
    const uint8_t b = ValueOf(text[1]);
    const uint8_t c = ValueOf(text[2]);
    const uint8_t d = ValueOf(text[3]);
    seen |= a | b | c | d;
    *next++ = static_cast<uint8_t>(a << 2 | b >> 4);
    *next++ = static_cast<uint8_t>(b << 4 | c >> 2);
    *next++ = static_cast<uint8_t>(c << 6 | d);
  }
  if (seen > kMaxDigit) return false;
  uint32_t bits = 0;
  int held = 0;  // bits not turned into a byte yet
  for (const char c : text) {
    const uint8_t value = ValueOf(c);
    if (value > kMaxDigit) return false;
    bits = bits << 6 | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      *next++ = static_cast<uint8_t>(bits >> held);
    }
  }
  const uint32_t unused = bits & ((1U << held) - 1);
  return unused == 0;
}

std::string ToBase64(ByteView bytes) {
  std::string text = Encode(bytes, kStandardAlphabet);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<Bytes> FromBase64(std::string_view text) {
  std::string url;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    url += c == '+' ? '-' : c == '/' ? '_' : c;
  }
  while (url.ends_with('=')) url.pop_back();
  return FromBase64Url(url);
}

}  // namespace usher

#include "packager/text/utf8.h"

#include <array>

namespace usher::text {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// 0x80 to 0x9F of Windows-1252; elsewhere it is Latin-1.
constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
    0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

void Append(char32_t c, std::string& out) {
  if (c == 0) c = kReplacement;
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr std::array<uint8_t, 4> kLead = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[static_cast<size_t>(more)] | c >> (6 * more));
  for (int shift = 6 * (more - 1); shift >= 0; shift -= 6) {
    out += static_cast<char>(0x80 | (c >> shift & 0x3F));
  }
}

std::string FromUtf16(ByteView bytes, bool big_endian) {
  std::string out;
  const auto unit = [&](size_t i) {
    const unsigned first = bytes[i];
    const unsigned second = bytes[i + 1];
    return static_cast<char32_t>(big_endian ? first << 8 | second
                                            : second << 8 | first);
  };
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    char32_t c = unit(i);
    if (c >= 0xD800 && c < 0xE000) {
      const bool pair = c < 0xDC00 && i + 3 < bytes.size() &&
                        unit(i + 2) >= 0xDC00 && unit(i + 2) < 0xE000;
      if (pair) {
        c = 0x10000 + ((c - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
        i += 2;
      } else {
        c = kReplacement;
      }
    }
    Append(c, out);
  }
  return out;
}

std::string FromWindows1252(ByteView bytes) {
  std::string out;
  for (const uint8_t byte : bytes) {
    const bool special = byte >= 0x80 && byte < 0xA0;
    Append(special ? char32_t{kWindows1252[byte - 0x80u]} : byte, out);
  }
  return out;
}

std::string WithoutNul(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '\0') {
      Append(kReplacement, out);
    } else {
      out += c;
    }
  }
  return out;
}

// The length of the character that begins `text`; 0 where it is none.
size_t CharacterSize(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0};
  };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t size = lead >= 0xC2 && lead < 0xE0   ? 2
                      : lead >= 0xE0 && lead < 0xF0 ? 3
                      : lead >= 0xF0 && lead < 0xF5 ? 4
                                                    : 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  const bool wrong =
      (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) >= 0xA0) ||
      (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) >= 0x90);
  return wrong ? 0 : size;
}

}  // namespace

DecodedText DecodeText(ByteView bytes) {
  const auto starts = [&](std::initializer_list<uint8_t> mark) {
    return bytes.size() >= mark.size() &&
           std::equal(mark.begin(), mark.end(), bytes.begin());
  };
  if (starts({0xFF, 0xFE})) return {FromUtf16(bytes.subspan(2), false)};
  if (starts({0xFE, 0xFF})) return {FromUtf16(bytes.subspan(2), true)};
  if (starts({0xEF, 0xBB, 0xBF})) bytes = bytes.subspan(3);
  if (bytes.size() >= 4 && bytes[0] != 0 && bytes[1] == 0 && bytes[3] == 0) {
    return {FromUtf16(bytes, false)};
  }
  if (bytes.size() >= 4 && bytes[0] == 0 && bytes[1] != 0 && bytes[2] == 0) {
    return {FromUtf16(bytes, true)};
  }
  if (IsUtf8(AsText(bytes))) return {WithoutNul(AsText(bytes))};
  return {FromWindows1252(bytes), true};
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t size = CharacterSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace usher::text

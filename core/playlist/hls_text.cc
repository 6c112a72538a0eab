#include "core/playlist/hls_text.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "core/base/hex.h"

namespace usher::playlist {
namespace {

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

char SafeInQuotes(char c) {
  if (c == '"') return '\'';
  return IsControl(c) ? ' ' : c;
}

bool IsUriCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7f && c != '"' && c != '<' && c != '>';
}

}  // namespace

AttributeList& AttributeList::Quoted(std::string_view name,
                                     std::string_view text) {
  std::string quoted = "\"";
  std::ranges::transform(text, std::back_inserter(quoted), SafeInQuotes);
  return Add(name, quoted + '"');
}

AttributeList& AttributeList::Token(std::string_view name,
                                    std::string_view token) {
  return Add(name, token);
}

AttributeList& AttributeList::YesNo(std::string_view name, bool yes) {
  return Add(name, yes ? "YES" : "NO");
}

AttributeList& AttributeList::Integer(std::string_view name, uint64_t value) {
  return Add(name, std::to_string(value));
}

AttributeList& AttributeList::Float(std::string_view name, double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.3f", value);
  return Add(name, text);
}

AttributeList& AttributeList::Hex(std::string_view name, ByteView bytes) {
  return Add(name, "0x" + ToHex(bytes));
}

AttributeList& AttributeList::Resolution(std::string_view name, uint32_t width,
                                         uint32_t height) {
  return Add(name, std::to_string(width) + "x" + std::to_string(height));
}

AttributeList& AttributeList::Add(std::string_view name,
                                  std::string_view value) {
  if (!text_.empty()) text_ += ',';
  text_.append(name).append("=").append(value);
  return *this;
}

HlsText::HlsText() : text_("#EXTM3U\n") {}

void HlsText::Tag(std::string_view name) {
  text_.append("#").append(name).append("\n");
}

void HlsText::Tag(std::string_view name, std::string_view value) {
  text_.append("#").append(name).append(":").append(value).append("\n");
}

void HlsText::Tag(std::string_view name, uint64_t value) {
  Tag(name, std::to_string(value));
}

void HlsText::Tag(std::string_view name, const AttributeList& attributes) {
  Tag(name, attributes.text());
}

void HlsText::Uri(std::string_view uri) {
  for (const char c : uri) {
    if (IsUriCharacter(c)) {
      text_ += c;
    } else {
      const auto byte = static_cast<uint8_t>(c);
      text_.append("%").append(ToHex({&byte, 1}));
    }
  }
  text_ += '\n';
}

}  // namespace usher::playlist

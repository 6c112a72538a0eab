// The lines of an HLS playlist (draft-pantos-hls-rfc8216bis section 4). Quoting
// and escaping are here and nowhere else: whatever text is given, a playlist
// stays a playlist.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace usher::playlist {

// NAME=VALUE,NAME=VALUE (section 4.2), in the order of the calls.
class AttributeList {
 public:
  // A quoted-string cannot hold a double quote or a line end and has no escape
  // for them: a quote becomes an apostrophe, a control character a space.
  AttributeList& Quoted(std::string_view name, std::string_view text);
  // An enumerated-string; `token` is one of the standard's words.
  AttributeList& Token(std::string_view name, std::string_view token);
  AttributeList& YesNo(std::string_view name, bool yes);
  AttributeList& Integer(std::string_view name, uint64_t value);
  // A decimal-floating-point with three decimals.
  AttributeList& Float(std::string_view name, double value);
  AttributeList& Hex(std::string_view name, ByteView bytes);
  AttributeList& Resolution(std::string_view name, uint32_t width,
                            uint32_t height);

  const std::string& text() const { return text_; }

 private:
  AttributeList& Add(std::string_view name, std::string_view value);

  std::string text_;
};

class HlsText {
 public:
  HlsText();  // begins with #EXTM3U
  // Lines for another text to take over.
  static HlsText Excerpt() { return HlsText(std::string()); }

  void Tag(std::string_view name);
  void Tag(std::string_view name, std::string_view value);
  void Tag(std::string_view name, uint64_t value);
  void Tag(std::string_view name, const AttributeList& attributes);
  // What no URI may hold (RFC 3986) is percent-encoded; '%' stays as it is.
  void Uri(std::string_view uri);
  std::string Take() { return std::move(text_); }

 private:
  explicit HlsText(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

}  // namespace usher::playlist

// Text of any of the encodings subtitle files come in, as UTF-8.
#pragma once

#include <string>

#include "core/base/bytes.h"

namespace usher::text {

struct DecodedText {
  std::string utf8;      // no byte order mark, no NUL
  bool guessed = false;  // neither marked nor UTF-8: read as Windows-1252
};

// UTF-8 and UTF-16 by their byte order mark; else UTF-8 where it is valid; else
// UTF-16 where every other byte is zero; else Windows-1252, of which Latin-1 is
// a part. Unpaired surrogates and NUL become U+FFFD.
DecodedText DecodeText(ByteView bytes);

bool IsUtf8(std::string_view text);

}  // namespace usher::text

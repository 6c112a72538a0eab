#include "core/base/error.h"

#include <cstdio>

namespace usher {
namespace {

void AppendOneLine(std::string_view text, std::string& out) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      out += escaped;
    }
  }
}

}  // namespace

std::string Error::OneLine() const {
  std::string line;
  if (!where.empty()) {
    AppendOneLine(where, line);
    line += ": ";
  }
  AppendOneLine(what, line);
  if (!mend.empty()) {
    line += "; ";
    AppendOneLine(mend, line);
  }
  return line;
}

}  // namespace usher

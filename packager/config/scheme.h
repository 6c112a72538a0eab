// How content is protected: the four schemes `--encryption` names.
#pragma once

#include <optional>
#include <string_view>

namespace usher {

enum class Scheme {
  kNone,    // clear
  kAes128,  // whole segments, RFC 8216 4.3.2.4
  kCbcs,    // samples, ISO/IEC 23001-7 10.4
  kCenc,    // samples, ISO/IEC 23001-7 10.1
};

// "none", "aes-128", "cbcs", "cenc": on the command line, and as the directory
// of a presentation's second and later schemes.
std::string_view SchemeName(Scheme scheme);
std::optional<Scheme> ParseScheme(std::string_view name);

}  // namespace usher

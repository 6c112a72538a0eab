// Languages as mdhd writes them: ISO 639-2/T, three letters of five bits each
// (ISO/IEC 14496-12 8.4.2).
#pragma once

#include <cstdint>
#include <string_view>

namespace usher::mp4 {

// `tag` is a BCP 47 tag: "en", "eng" and "en-GB" are all "eng". What has no
// three-letter code is "und".
uint16_t PackedLanguage(std::string_view tag);

}  // namespace usher::mp4

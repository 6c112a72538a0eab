#include "packager/mp4/language.h"

#include <string>

#include "packager/track/language.h"

namespace usher::mp4 {

uint16_t PackedLanguage(std::string_view tag) {
  uint16_t packed = 0;
  for (const char letter : ThreeLetterLanguage(tag)) {
    packed = static_cast<uint16_t>(packed << 5 | (letter - 0x60));
  }
  return packed;
}

}  // namespace usher::mp4

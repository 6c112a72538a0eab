// Language tags: media carry ISO 639-2 ("eng", "ger"), manifests want BCP 47
// with the shortest code there is ("en", "de").
#pragma once

#include <string>
#include <string_view>

namespace usher {

// "eng" -> "en", "ger" and "deu" -> "de", "en-GB" stays, "" -> "und".
std::string ShortestLanguage(std::string_view tag);

// ISO 639-2/T, three letters: "en", "eng" and "en-GB" -> "eng". "und" where
// there is none.
std::string ThreeLetterLanguage(std::string_view tag);

}  // namespace usher

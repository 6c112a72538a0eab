// The shape of a language tag (RFC 5646): subtags of 1 to 8 letters and digits,
// the first one of 2 to 8. Whether they are registered is not our question.
#pragma once

#include <string_view>

namespace usher::config {

bool IsLanguageTag(std::string_view tag);

}  // namespace usher::config

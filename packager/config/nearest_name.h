// Finds what the user probably meant.
#pragma once

#include <span>
#include <string_view>

namespace usher::config {

// The name that takes the fewest edits (Levenshtein) to reach from `word`;
// empty where even that one takes more than a third of its letters plus one.
std::string_view NearestName(std::string_view word,
                             std::span<const std::string_view> names);

}  // namespace usher::config

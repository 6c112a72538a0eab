// Who may include whom: the arrows of docs/architecture.md.
//
// Dependencies point one way, so that each part can be read, tested and
// replaced without those that build on it, and so that a foreign library has
// one door into the tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace usher::testing {

// What is wrong with `file` including `target`; nothing where that is fine.
// Both are paths from the repository's root, or `target` is a header of the
// system or of a library as it is written between the brackets.
std::optional<std::string> ObjectionTo(std::string_view file,
                                       std::string_view target);

}  // namespace usher::testing

// Where the files of a presentation are: an absolute path or an http(s) URL,
// how references in playlists lead from one to the next (RFC 3986 5), and how
// a location is shown to people.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace usher::inspect {

bool IsUrl(std::string_view location);  // http: or https:

// Where `reference`, found in the file at `base`, leads. Nothing where it
// leads nowhere we may go: another scheme, or from the network to a file.
std::optional<std::string> Resolve(const std::string& base,
                                   const std::string& reference);

// `location` relative to `root`, the directory or URL the presentation's main
// file lies in: "v720/3.m4s", "../key/K". Query and fragment are left out, and
// so is everything of a URL on another host but its last path element, for
// each of them may be a credential.
std::string Shown(const std::string& root, const std::string& location);

// The directory of a file, with a slash at its end.
std::string DirectoryOf(const std::string& location);

}  // namespace usher::inspect

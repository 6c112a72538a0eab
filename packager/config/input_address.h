// What an input may be besides a path: "-", standard input, and an http(s)
// URL; and how it is shown to people, for a URL may hold a credential.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace usher::config {

inline constexpr std::string_view kStandardInput = "-";

bool IsHttpUrl(std::string_view address);
// Whether it names a scheme at all: "ftp://host/film.mp4".
bool HasUrlScheme(std::string_view address);

// A path as it is; of a URL scheme, host and file name ("https://host/.../
// film.mp4"), because user, path, query and fragment may each be a credential.
std::string ShownAddress(const std::filesystem::path& address);

// The last element of a path, or of a URL's path with its escapes decoded.
// Empty where there is none: standard input, a URL of a host alone.
std::string FileNameOf(const std::filesystem::path& address);

}  // namespace usher::config

// A point in time as playlists and MPDs write it (ISO 8601, UTC).
#pragma once

#include <chrono>
#include <string>

namespace usher::playlist {

// "2026-11-22T18:00:00.000Z".
std::string DateTime(std::chrono::sys_time<std::chrono::milliseconds> date);

}  // namespace usher::playlist

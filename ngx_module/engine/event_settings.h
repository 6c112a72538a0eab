// What the configuration says of one event (usher_event): whose tickets it
// wants and when its doors open. What who runs the box says by the control API
// counts more.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/session/credential.h"

namespace usher::engine {

struct EventSettings {
  session::ShortHash event{};
  std::string issuer;    // empty: as for all events
  std::string audience;  // the same
  uint32_t starts = 0;   // UNIX seconds
};

// Null where nothing is said of the event.
const EventSettings* SettingsOf(std::span<const EventSettings> events,
                                const session::ShortHash& event);

// NAME [issuer=TEXT] [audience=TEXT] [starts=TIME], the words of usher_event.
// Null, or what is wrong with them; static.
const char* AddEvent(std::vector<EventSettings>& events,
                     std::span<const std::string_view> words);

// "1893456000", or "2030-01-01T00:00:00Z" (RFC 3339, UTC).
std::optional<uint32_t> ParseStart(std::string_view text);

}  // namespace usher::engine

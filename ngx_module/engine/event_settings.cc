#include "ngx_module/engine/event_settings.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/parse_number.h"
#include "core/layout/layout.h"

namespace usher::engine {
namespace {

// The digits of "2030-01-01T00:00:00Z", whose other characters are fixed.
std::optional<uint32_t> ParseDate(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  if (text.size() != kShape.size()) return {};
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !digit : text[i] != kShape[i]) return {};
  }
  unsigned part[6] = {};
  constexpr size_t kAt[] = {0, 5, 8, 11, 14, 17};
  for (size_t i = 0; i < std::size(kAt); ++i) {
    part[i] =
        ParseNumber<unsigned>(text.substr(kAt[i], i == 0 ? 4 : 2)).value_or(0);
  }
  namespace ch = std::chrono;
  const ch::year_month_day day{ch::year(static_cast<int>(part[0])),
                               ch::month(part[1]), ch::day(part[2])};
  if (!day.ok() || part[3] > 23 || part[4] > 59 || part[5] > 60) return {};
  const auto time = ch::sys_days(day) + ch::hours(part[3]) +
                    ch::minutes(part[4]) + ch::seconds(part[5]);
  const int64_t seconds = time.time_since_epoch().count();
  if (seconds < 0 || seconds > UINT32_MAX) return {};
  return static_cast<uint32_t>(seconds);
}

}  // namespace

const EventSettings* SettingsOf(std::span<const EventSettings> events,
                                const session::ShortHash& event) {
  const auto found = std::ranges::find(events, event, &EventSettings::event);
  return found == events.end() ? nullptr : &*found;
}

const char* AddEvent(std::vector<EventSettings>& events,
                     std::span<const std::string_view> words) {
  if (words.empty() || !layout::IsEventName(words.front())) {
    return "needs an event's name: lower-case letters, digits and hyphens";
  }
  EventSettings settings;
  settings.event = session::EventHash(words.front());
  if (SettingsOf(events, settings.event) != nullptr) {
    return "names an event a second time";
  }
  for (const std::string_view word : words.subspan(1)) {
    const size_t value = std::min(word.find('='), word.size() - 1) + 1;
    const std::string_view name = word.substr(0, value);
    if (name == "issuer=") {
      settings.issuer = word.substr(value);
    } else if (name == "audience=") {
      settings.audience = word.substr(value);
    } else if (name == "starts=") {
      const auto starts = ParseStart(word.substr(value));
      if (!starts) {
        return "needs UNIX seconds or \"2030-01-01T00:00:00Z\" for \"starts\"";
      }
      settings.starts = *starts;
    } else {
      return "knows \"issuer=\", \"audience=\" and \"starts=\" only";
    }
  }
  events.push_back(std::move(settings));
  return nullptr;
}

std::optional<uint32_t> ParseStart(std::string_view text) {
  if (const auto seconds = ParseNumber<uint32_t>(text)) return seconds;
  return ParseDate(text);
}

}  // namespace usher::engine

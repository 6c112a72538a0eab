#include "packager/inspect/dash_clock.h"

#include <string_view>

#include "core/base/bytes.h"
#include "packager/inspect/location.h"

namespace usher::inspect {
namespace {

constexpr char kClause[] = "ISO/IEC 23009-1 5.8.4.11";

// Whether the answer's body is a time.
bool IsTextClock(const playlist::ReadClock& clock) {
  return clock.scheme == "urn:mpeg:dash:utc:http-xsdate:2014" ||
         clock.scheme == "urn:mpeg:dash:utc:http-iso:2014";
}

// An xs:dateTime in UTC: "2026-11-22T20:45:00.123Z".
bool IsTime(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00";
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  if (text.size() < kShape.size() + 1 || !text.ends_with('Z')) return false;
  text.remove_suffix(1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (size_t i = 0; i < text.size(); ++i) {
    const char expected = i < kShape.size()    ? kShape[i]
                          : i == kShape.size() ? '.'
                                               : '0';
    if (expected == '0' ? !is_digit(text[i]) : text[i] != expected) {
      return false;
    }
  }
  return text.size() != kShape.size() + 1;
}

}  // namespace

void JudgeClocks(const playlist::MpdDocument& mpd, const std::string& location,
                 const std::string& place, const Surroundings& around) {
  if (mpd.clocks.empty()) {
    around.findings.Warning("dash-utc-timing", place,
                            "a dynamic MPD without UTCTiming: players trust "
                            "the viewer's clock",
                            kClause);
  }
  if (!IsUrl(location)) return;
  for (const playlist::ReadClock& clock : mpd.clocks) {
    if (!IsTextClock(clock)) continue;
    const auto where = Resolve(location, clock.value);
    const auto answer =
        where ? around.loader.Load(*where, std::nullopt)
              : Result<LoadedFile>(Failed({}, "its URL leads nowhere", {}));
    if (!answer) {
      around.findings.Warning(
          "dash-utc-timing", place,
          "the clock of UTCTiming does not answer: " + answer.error().what,
          kClause);
    } else if (!IsTime(AsText(answer->bytes))) {
      around.findings.Warning("dash-utc-timing", place,
                              "the clock of UTCTiming answers no date and time",
                              kClause);
    }
  }
}

}  // namespace usher::inspect

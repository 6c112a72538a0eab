// A representation as a Rendition: templates filled in, timelines unrolled,
// indices read (ISO/IEC 23009-1 5.3.9).
#pragma once

#include <optional>
#include <string>

#include "core/playlist/mpd_reader.h"
#include "packager/inspect/rendition.h"
#include "packager/inspect/surroundings.h"

namespace usher::inspect {

struct PeriodSource {
  const playlist::ReadPeriod& period;
  std::string mpd_location;
  std::string mpd_place;
  std::optional<double> duration;  // seconds, where it is known
  bool dynamic = false;
  // How far into the Period a live one had come when it was told of, seconds.
  std::optional<double> published = std::nullopt;
};

Rendition MakeRendition(const playlist::ReadRepresentation& representation,
                        const PeriodSource& source, const Surroundings& around);

}  // namespace usher::inspect

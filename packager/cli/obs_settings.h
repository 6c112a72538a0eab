// `usher live --print-obs`: what to type into OBS Studio for an input.
#pragma once

#include <string>

#include "core/base/error.h"
#include "packager/config/live_settings.h"

namespace usher::cli {

// Lines that end in newlines; the stream key is among them, for that is what
// is asked for. Fails (BadInput) where OBS cannot publish to such an input.
Result<std::string> ObsSettings(const config::LiveOptions& options);

}  // namespace usher::cli

// Where a live event's media come from: one feed after another, as publishers
// come and go.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/base/error.h"
#include "packager/config/live_settings.h"
#include "packager/input/interrupt.h"
#include "packager/input/live_feed.h"

namespace usher::live {

// A line for the operator. Never a secret.
using Log = std::function<void(const std::string&)>;

class LiveSource {
 public:
  virtual ~LiveSource() = default;
  // Waits for the next feed. Null at the end of the event, and when
  // `interrupt` wants it.
  virtual std::unique_ptr<LiveFeed> Next(const Interrupt& interrupt) = 0;
  // Whether the feed at hand comes faster than it is to be watched.
  virtual bool needs_pacing() const { return false; }
  // Whether it stands in for a publisher who is away.
  virtual bool fills_gap() const { return false; }
};

// Fails (BadInput) where it cannot listen, or the input makes no sense.
// `timecode` is that of every feed.
Result<std::unique_ptr<LiveSource>> MakeLiveSource(
    const config::LiveOptions& options, const Log& log,
    const LiveFeed::Timecode& timecode = {});

}  // namespace usher::live

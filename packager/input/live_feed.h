// The media of one publisher, or of one connection to a source, as they come:
// from its first bytes until it goes or changes its configuration.
//
// Unlike a MediaFile nothing is known ahead, and damage is counted and passed
// over, never the end. Blocking calls end when the user wants it. Not
// thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/input/byte_source.h"
#include "packager/input/interrupt.h"
#include "packager/input/media_file.h"
#include "packager/track/packet.h"

namespace usher {

class LiveFeed {
 public:
  // Of a feed whose timestamps tell when something was: what they should be
  // about now, seconds. They are taken as they are then, and unwrapped to where
  // they are nearest to that.
  using Timecode = std::function<double()>;

  // Both fail (BadInput) where nothing can be made of what comes. `where`
  // names the source in messages: never a URL that holds a secret.
  // `interrupt` outlives the object.
  static Result<LiveFeed> Open(std::unique_ptr<ByteSource> source,
                               std::string where, const Interrupt& interrupt,
                               Timecode timecode = {});
  // A URL of libavformat's: udp, srt, rtsp, http(s), or a file.
  static Result<LiveFeed> OpenUrl(const std::string& url, std::string where,
                                  const Interrupt& interrupt,
                                  Timecode timecode = {});
  LiveFeed(LiveFeed&&) noexcept;
  LiveFeed& operator=(LiveFeed&&) noexcept;
  ~LiveFeed();

  const std::vector<InputTrack>& tracks() const;
  const std::string& where() const;

  // Waits for the next packet; its times are unwrapped. Nothing at the end.
  std::optional<Packet> Read();
  // It ended because nothing came for 20 s from where a URL leads.
  bool silent() const;

  // After the end: what follows where the source has told of another decoder
  // configuration and goes on, as FLV does, which is not to be opened in the
  // middle. Null where it has ended, or is to be opened anew. What was read of
  // this feed stays readable; Read finds nothing more.
  std::unique_ptr<LiveFeed> Continued();

  // Packets that could not be used, or were damaged, and the last reason.
  struct Damage {
    uint64_t packets = 0;
    std::string what;
    // One of each kind, the first that came of it.
    std::vector<std::string> kinds;
  };
  const Damage& damage() const;
  uint64_t bytes() const;  // read so far
  // When its first bytes came. Packets that were read to find out what it is
  // came from then on, too.
  std::chrono::steady_clock::time_point began() const;

 private:
  struct Impl;
  explicit LiveFeed(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace usher

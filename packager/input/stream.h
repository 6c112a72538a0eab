// One stream of an input file: turns libav packets into plain ones.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/base/error.h"
#include "packager/input/av_handles.h"
#include "packager/input/sample_filter.h"
#include "packager/track/packet.h"
#include "packager/track/track.h"

namespace usher {

class Stream : public SampleFilter {
 public:
  const Track& track() const { return track_; }

  // Gives the stream packets before any is read, until ready(): some
  // containers hide the decoder configuration in the first packet.
  virtual bool ready() const { return true; }
  virtual Status Prepare(const AVPacket&) { return {}; }

  // Nothing where the packet is to be left out. The result's data is valid
  // until the next call or until `packet` goes.
  virtual Result<std::optional<Packet>> Read(const AVPacket& packet) = 0;
  // Whether Filter makes of a sample what Read makes of its packet. By
  // default samples go out as they are, and decoding can start at each.
  virtual bool filters() const { return false; }
  Result<FilteredSample> Filter(std::span<uint8_t> sample,
                                int64_t /*time*/) const override {
    return FilteredSample{.size = static_cast<uint32_t>(sample.size())};
  }
  std::optional<KeyKind> KindOf(ByteView /*head*/) const override {
    return KeyKind::kPlain;
  }

  // Takes decoder configurations that change on the way, as far as the codec's
  // stream can (Packet::config_change): track() is then what it is from the
  // last packet on. Else Read fails there.
  virtual void FollowChanges() {}

  // Whether the stream goes on with another decoder configuration, that Read
  // does not follow.
  virtual bool changed() const { return false; }
  // The next packet refers to nothing before it.
  virtual void Restart() {}
  // From now on times are only rounded, not put onto a grid that begins with
  // the first packet: whoever reads the same packet finds the same time.
  void KeepTimes() { keeps_times_ = true; }
  // Whether pictures were left out because no IDR picture came before them.
  bool left_out_pictures() const { return left_out_pictures_; }

 protected:
  Track track_;
  bool left_out_pictures_ = false;
  bool keeps_times_ = false;
};

// Fails (BadInput) where the codec is not one Usher packages, or its
// configuration is unusable: `what` then names it.
Result<std::unique_ptr<Stream>> MakeStream(AVFormatContext& format,
                                           AVStream& stream);

}  // namespace usher

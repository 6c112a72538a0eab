// Fills the gaps between publishers with a clip: once the event has begun,
// whenever the source behind it has nothing to give for a moment, the clip runs
// at its own pace, again and again, until it has. Not thread-safe; the source
// behind is asked on a thread of its own.
#pragma once

#include <filesystem>
#include <future>
#include <memory>
#include <optional>

#include "packager/input/interrupt.h"
#include "packager/live/live_source.h"

namespace usher::live {

class SlateSource final : public LiveSource {
 public:
  SlateSource(std::unique_ptr<LiveSource> source, std::filesystem::path clip,
              Log log);

  std::unique_ptr<LiveFeed> Next(const Interrupt& interrupt) override;
  bool needs_pacing() const override {
    return fills_gap_ || source_->needs_pacing();
  }
  bool fills_gap() const override { return fills_gap_; }

 private:
  using Arrival = std::future<std::unique_ptr<LiveFeed>>;

  void Await(const Interrupt& interrupt);
  std::unique_ptr<LiveFeed> Arrived();
  std::unique_ptr<LiveFeed> Clip();

  std::unique_ptr<LiveSource> source_;
  std::filesystem::path clip_;
  Log log_;
  bool begun_ = false;  // there was a publisher
  bool fills_gap_ = false;
  std::optional<Interrupt> clip_ends_;
  Arrival arrival_;  // ends before anything it uses
};

}  // namespace usher::live

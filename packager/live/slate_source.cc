#include "packager/live/slate_source.h"

#include <chrono>
#include <thread>
#include <utility>

namespace usher::live {
namespace {

using std::chrono::milliseconds;

// Encoders that only stumble are back by then.
constexpr milliseconds kGrace(1000);

}  // namespace

SlateSource::SlateSource(std::unique_ptr<LiveSource> source,
                         std::filesystem::path clip, Log log)
    : source_(std::move(source)),
      clip_(std::move(clip)),
      log_(std::move(log)) {}

std::unique_ptr<LiveFeed> SlateSource::Next(const Interrupt& interrupt) {
  if (!begun_) {  // what the event is made of is for the publisher to say
    auto first = source_->Next(interrupt);
    begun_ = first != nullptr;
    return first;
  }
  if (!arrival_.valid()) Await(interrupt);
  const milliseconds grace = fills_gap_ ? milliseconds(0) : kGrace;
  if (arrival_.wait_for(grace) == std::future_status::ready) return Arrived();
  if (auto clip = Clip()) {
    if (!std::exchange(fills_gap_, true)) {
      log_("nobody publishes: " + clip_.string() + " fills the gap");
    }
    return clip;
  }
  return Arrived();
}

void SlateSource::Await(const Interrupt& interrupt) {
  clip_ends_.emplace();
  arrival_ = std::async(std::launch::async, [this, &interrupt] {
    auto feed = source_->Next(interrupt);
    clip_ends_->Request();
    return feed;
  });
}

// Waits where it has to.
std::unique_ptr<LiveFeed> SlateSource::Arrived() {
  auto feed = arrival_.get();
  fills_gap_ = false;
  return feed;
}

std::unique_ptr<LiveFeed> SlateSource::Clip() {
  auto feed =
      LiveFeed::OpenUrl("file:" + clip_.string(), clip_.string(), *clip_ends_);
  if (feed) return std::make_unique<LiveFeed>(*std::move(feed));
  if (!clip_ends_->requested()) log_(feed.error().OneLine());
  return nullptr;
}

}  // namespace usher::live

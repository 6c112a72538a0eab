// A live event at a fleet's origin: the playlist grows by a segment whenever
// its time has come, as a packager writes it. One thread of its own.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "tests/system/fleet.h"

namespace usher::testing {

class LiveEvent {
 public:
  static constexpr size_t kSegmentSize = 20'000;

  // Begins with four segments.
  LiveEvent(const Fleet& fleet, std::string name,
            std::chrono::milliseconds segment = std::chrono::seconds(1),
            size_t segment_size = kSegmentSize)
      : fleet_(fleet),
        name_(std::move(name)),
        segment_(segment),
        size_(segment_size) {
    fleet_.Publish(name_ + "/master.m3u8",
                   "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=200000\n"
                   "v720/media.m3u8\n");
    while (last_ < 4) Grow();
  }
  ~LiveEvent() { End(); }
  LiveEvent(const LiveEvent&) = delete;
  LiveEvent& operator=(const LiveEvent&) = delete;

  void Begin() {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      auto due = std::chrono::steady_clock::now();
      while (!stop.stop_requested()) {
        std::this_thread::sleep_until(due += segment_);
        Grow();
      }
    });
  }
  void End() {
    if (thread_.joinable()) {
      thread_.request_stop();
      thread_.join();
    }
  }
  int last() const { return last_; }
  std::string PathOf(int number) const {
    return "/" + name_ + "/v720/" + std::to_string(number) + ".m4s";
  }

 private:
  void Grow() {
    const int number = last_ + 1;
    fleet_.Publish(PathOf(number).substr(1), std::string(size_, 'x'));
    constexpr int kWindow = 10;
    const int first = std::max(1, number - kWindow + 1);
    std::string text =
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:" +
        std::to_string(first) + "\n";
    const double seconds = std::chrono::duration<double>(segment_).count();
    for (int i = first; i <= number; ++i) {
      text += "#EXTINF:" + std::to_string(seconds) + ",\n" + std::to_string(i) +
              ".m4s\n";
    }
    fleet_.Publish(name_ + "/v720/media.m3u8", text);
    last_ = number;
  }

  const Fleet& fleet_;
  std::string name_;
  std::chrono::milliseconds segment_;
  size_t size_;
  std::atomic<int> last_ = 0;
  std::jthread thread_;
};

}  // namespace usher::testing

#include "packager/live/live_source.h"

#include <unistd.h>

#include <chrono>
#include <thread>
#include <utility>

#include "packager/input/byte_source.h"
#include "packager/input/rtmp/listener.h"
#include "packager/input/srt/listener.h"

namespace usher::live {
namespace {

using std::chrono::milliseconds;

// "srt://host:9000": what is behind may hold a passphrase.
std::string WithoutSecrets(const std::string& url) {
  const size_t begin = url.find("://") + 3;
  const size_t end = url.find_first_of("/?#", begin);
  const size_t user = url.substr(0, end).rfind('@');
  const size_t host = user == std::string::npos ? begin : user + 1;
  return url.substr(0, begin) + url.substr(host, end - host);
}

void Wait(milliseconds time, const Interrupt& interrupt) {
  constexpr milliseconds kLookAround(50);
  for (milliseconds slept{}; slept < time && !interrupt.requested();
       slept += kLookAround) {
    std::this_thread::sleep_for(kLookAround);
  }
}

std::unique_ptr<LiveFeed> Opened(Result<LiveFeed> feed, const Log& log,
                                 const Interrupt& interrupt) {
  if (feed) return std::make_unique<LiveFeed>(*std::move(feed));
  if (!interrupt.requested()) log(feed.error().OneLine());
  return nullptr;
}

// One publisher after another comes to a listening socket.
template <typename Listener>
class ListenSource final : public LiveSource {
 public:
  ListenSource(std::unique_ptr<Listener> listener, std::string where, Log log,
               LiveFeed::Timecode timecode)
      : listener_(std::move(listener)),
        where_(std::move(where)),
        log_(std::move(log)),
        timecode_(std::move(timecode)) {}

  std::unique_ptr<LiveFeed> Next(const Interrupt& interrupt) override {
    while (auto pipe = listener_->NextPublisher(interrupt)) {
      auto feed =
          Opened(LiveFeed::Open(std::make_unique<PipeSource>(std::move(pipe)),
                                where_, interrupt, timecode_),
                 log_, interrupt);
      if (feed) return feed;
    }
    return nullptr;
  }

 private:
  std::unique_ptr<Listener> listener_;
  std::string where_;
  Log log_;
  LiveFeed::Timecode timecode_;
};

// Connects, or listens, again and again: what comes back belongs to the event.
class UrlSource final : public LiveSource {
 public:
  UrlSource(std::string url, Log log, LiveFeed::Timecode timecode)
      : url_(std::move(url)),
        log_(std::move(log)),
        timecode_(std::move(timecode)) {}

  std::unique_ptr<LiveFeed> Next(const Interrupt& interrupt) override {
    constexpr milliseconds kPause(1000);
    while (!interrupt.requested()) {
      auto feed =
          LiveFeed::OpenUrl(url_, WithoutSecrets(url_), interrupt, timecode_);
      if (feed) return std::make_unique<LiveFeed>(*std::move(feed));
      if (std::exchange(told_, true) == false) log_(feed.error().OneLine());
      Wait(kPause, interrupt);
    }
    return nullptr;
  }

 private:
  std::string url_;
  Log log_;
  LiveFeed::Timecode timecode_;
  bool told_ = false;  // that nothing came, once
};

// Standard input, which may change its configuration in the middle.
class StandardInput final : public LiveSource {
 public:
  StandardInput(Log log, LiveFeed::Timecode timecode)
      : log_(std::move(log)), timecode_(std::move(timecode)) {}

  std::unique_ptr<LiveFeed> Next(const Interrupt& interrupt) override {
    if (*ended_) return nullptr;
    return Opened(LiveFeed::Open(std::make_unique<Bytes>(ended_),
                                 "standard input", interrupt, timecode_),
                  log_, interrupt);
  }

 private:
  // Remembers that there is no more.
  class Bytes final : public ByteSource {
   public:
    explicit Bytes(std::shared_ptr<bool> ended) : ended_(std::move(ended)) {}
    size_t Read(std::span<uint8_t> out, const Interrupt& interrupt) override {
      const size_t size = descriptor_.Read(out, interrupt);
      *ended_ = size == 0;
      return size;
    }

   private:
    DescriptorSource descriptor_{STDIN_FILENO};
    std::shared_ptr<bool> ended_;
  };

  Log log_;
  LiveFeed::Timecode timecode_;
  std::shared_ptr<bool> ended_ = std::make_shared<bool>(false);
};

class FileSource final : public LiveSource {
 public:
  FileSource(std::string path, bool paced, Log log, LiveFeed::Timecode timecode)
      : path_(std::move(path)),
        paced_(paced),
        log_(std::move(log)),
        timecode_(std::move(timecode)) {}

  std::unique_ptr<LiveFeed> Next(const Interrupt& interrupt) override {
    if (std::exchange(played_, true)) return nullptr;
    return Opened(
        LiveFeed::OpenUrl("file:" + path_, path_, interrupt, timecode_), log_,
        interrupt);
  }
  bool needs_pacing() const override { return paced_; }

 private:
  std::string path_;
  bool paced_;
  Log log_;
  LiveFeed::Timecode timecode_;
  bool played_ = false;
};

template <typename Listener>
Result<std::unique_ptr<LiveSource>> ListenAt(
    auto address, const std::string& where, const Log& log,
    const LiveFeed::Timecode& timecode) {
  if (!address) return std::unexpected(address.error());
  auto listener = Listener::Listen(*std::move(address), log);
  if (!listener) return std::unexpected(listener.error());
  return std::make_unique<ListenSource<Listener>>(*std::move(listener), where,
                                                  log, timecode);
}

}  // namespace

Result<std::unique_ptr<LiveSource>> MakeLiveSource(
    const config::LiveOptions& options, const Log& log,
    const LiveFeed::Timecode& timecode) {
  const std::string& input = options.input;
  if (input.starts_with("rtmp://")) {
    return ListenAt<rtmp::Listener>(rtmp::ParseListenAddress(input), "rtmp",
                                    log, timecode);
  }
  if (srt::IsListenUrl(input)) {
    return ListenAt<srt::Listener>(srt::ParseListenAddress(input), "srt", log,
                                   timecode);
  }
  if (input == "-") return std::make_unique<StandardInput>(log, timecode);
  if (!config::IsUrl(input)) {
    return std::make_unique<FileSource>(input, options.realtime, log, timecode);
  }
  for (const char* scheme : {"srt://", "udp://", "rtp://", "rtsp://",
                             "rtsps://", "http://", "https://"}) {
    if (input.starts_with(scheme)) {
      return std::make_unique<UrlSource>(input, log, timecode);
    }
  }
  return BadInput(WithoutSecrets(input), "is no protocol usher knows",
                  "use rtmp, srt, udp, rtp, rtsp or http(s)");
}

}  // namespace usher::live

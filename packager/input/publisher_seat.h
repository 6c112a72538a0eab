// Who publishes an event: at most one at a time, whatever the protocol. Another
// one takes over once the first has been silent for kSilence; before that it is
// refused.
//
// Next() may be called from one thread, everything else from one other: the
// listener's.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "packager/input/byte_pipe.h"
#include "packager/input/interrupt.h"

namespace usher {

// A connection that may publish.
class Publisher {
 public:
  explicit Publisher(std::string peer) : peer_(std::move(peer)) {}
  virtual ~Publisher() { Stop(); }
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  const std::string& peer() const { return peer_; }  // "192.0.2.7"
  bool publishing() const { return pipe_ != nullptr; }
  // It sent something.
  void Hear() { last_heard_ = std::chrono::steady_clock::now(); }
  bool IsSilent() const;
  // Its media end here.
  void Stop();

 protected:
  friend class PublisherSeat;
  std::shared_ptr<BytePipe> pipe_;  // null: it does not publish

 private:
  std::string peer_;
  std::chrono::steady_clock::time_point last_heard_ =
      std::chrono::steady_clock::now();
};

class PublisherSeat {
 public:
  static constexpr std::chrono::seconds kSilence{5};
  // Never gets a secret; outlives the object.
  using Log = std::function<void(const std::string&)>;

  // `protocol` begins the lines of the log: "rtmp".
  PublisherSeat(std::string protocol, Log log)
      : protocol_(std::move(protocol)), log_(std::move(log)) {}

  // Gives `newcomer`, who was found to be allowed to, a pipe for its media.
  // False where it must go.
  bool Take(Publisher& newcomer);
  // It goes, if it was there at all.
  void Leave(Publisher& publisher);

  // Waits for the next publisher's media, which end when it goes. Null when
  // `interrupt` wants it.
  std::shared_ptr<BytePipe> Next(const Interrupt& interrupt);

  void Tell(const Publisher& publisher, const std::string& what) const {
    log_(protocol_ + ": " + publisher.peer() + " " + what);
  }

 private:
  const std::string protocol_;
  const Log log_;
  Publisher* taken_by_ = nullptr;
  std::mutex mutex_;
  std::condition_variable offered_;
  std::deque<std::shared_ptr<BytePipe>> waiting_;  // guarded by mutex_
};

}  // namespace usher

// The sockets and the alarms of one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace usher::viewers {

using Clock = std::chrono::steady_clock;

// Told when its socket can be read or written again (edge-triggered).
class Watcher {
 public:
  virtual ~Watcher() = default;
  // EPOLLIN, EPOLLOUT, EPOLLHUP and so on.
  virtual void Ready(uint32_t events) = 0;
};

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // `watcher` outlives the socket's being watched.
  void Watch(int socket, Watcher& watcher);
  void Forget(int socket);
  // `alarm` is called once, and what it refers to lives until then or until
  // the poller goes.
  void At(Clock::time_point time, std::function<void()> alarm);

  // Or until Stop().
  void RunUntil(Clock::time_point end);
  void Stop() { stopped_ = true; }

 private:
  struct Alarm {
    Clock::time_point time;
    uint64_t order;
    std::function<void()> call;
    bool operator>(const Alarm& other) const {
      return std::pair(time, order) > std::pair(other.time, other.order);
    }
  };
  void CallAlarms();

  int epoll_;
  bool stopped_ = false;
  uint64_t alarms_set_ = 0;
  std::priority_queue<Alarm, std::vector<Alarm>, std::greater<>> alarms_;
  std::vector<Watcher*> watchers_;  // by socket
};

}  // namespace usher::viewers

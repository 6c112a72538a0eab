#include "bench/viewers/poller.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

namespace usher::viewers {

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category());
}

Poller::~Poller() { close(epoll_); }

void Poller::Watch(int socket, Watcher& watcher) {
  const auto index = static_cast<size_t>(socket);
  if (watchers_.size() <= index) watchers_.resize(index + 1);
  watchers_[index] = &watcher;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.fd = socket;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
}

void Poller::Forget(int socket) {
  watchers_[static_cast<size_t>(socket)] = nullptr;
  epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
}

void Poller::At(Clock::time_point time, std::function<void()> alarm) {
  alarms_.push({time, ++alarms_set_, std::move(alarm)});
}

void Poller::CallAlarms() {
  const auto now = Clock::now();
  while (!alarms_.empty() && alarms_.top().time <= now) {
    const auto call = alarms_.top().call;
    alarms_.pop();
    call();
  }
}

void Poller::RunUntil(Clock::time_point end) {
  std::array<epoll_event, 256> events;
  while (!stopped_ && Clock::now() < end) {
    CallAlarms();
    if (stopped_) return;
    const auto next = alarms_.empty() ? end : std::min(end, alarms_.top().time);
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(
        std::max(next - Clock::now(), Clock::duration::zero()));
    const int count = epoll_wait(epoll_, events.data(), events.size(),
                                 static_cast<int>(wait.count()));
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      // A handler before this one may have closed the socket; if its number
      // was taken again, the newcomer is asked once too often, which is fine.
      Watcher* const watcher = watchers_[static_cast<size_t>(event.data.fd)];
      if (watcher != nullptr) watcher->Ready(event.events);
    }
  }
}

}  // namespace usher::viewers

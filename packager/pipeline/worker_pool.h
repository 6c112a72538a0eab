// Threads that run jobs beside the one that reads.
//
// What waits is bounded, so a slow disk slows the reader down and memory stays
// flat. Jobs are started in the order they were given. The first error stops
// everything: later jobs are dropped.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/base/error.h"

namespace usher {

class WorkerPool {
 public:
  // Told its worker's number, 0 to threads - 1.
  using Job = std::move_only_function<Status(size_t worker)>;

  // Jobs of more than `max_pending_bytes` together do not wait at once.
  WorkerPool(size_t threads, size_t max_pending_bytes);
  // Drops what waits, and ends when the jobs in hand have.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Waits for room. Fails with the first error of any job.
  Status Submit(size_t bytes, Job job);
  // Waits until all jobs have ended.
  Status Finish();

 private:
  struct Entry {
    size_t bytes;
    Job job;
  };

  void Work(size_t worker);
  void Stop();

  const size_t max_pending_bytes_;
  std::mutex mutex_;
  std::condition_variable work_arrived_;
  std::condition_variable room_made_;
  std::deque<Entry> waiting_;
  size_t pending_bytes_ = 0;  // waiting or in hand
  bool stopping_ = false;
  std::optional<Error> error_;
  std::vector<std::thread> threads_;
};

}  // namespace usher

#include "packager/pipeline/worker_pool.h"

#include <utility>

namespace usher {

WorkerPool::WorkerPool(size_t threads, size_t max_pending_bytes)
    : max_pending_bytes_(max_pending_bytes) {
  for (size_t worker = 0; worker < threads; ++worker) {
    threads_.emplace_back([this, worker] { Work(worker); });
  }
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
  }
  Stop();
}

Status WorkerPool::Submit(size_t bytes, Job job) {
  std::unique_lock lock(mutex_);
  room_made_.wait(lock, [&] {
    return error_ || pending_bytes_ == 0 ||
           pending_bytes_ + bytes <= max_pending_bytes_;
  });
  if (error_) return std::unexpected(*error_);
  pending_bytes_ += bytes;
  waiting_.push_back({bytes, std::move(job)});
  work_arrived_.notify_one();
  return {};
}

Status WorkerPool::Finish() {
  Stop();
  if (error_) return std::unexpected(*error_);
  return {};
}

void WorkerPool::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_arrived_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerPool::Work(size_t worker) {
  std::unique_lock lock(mutex_);
  while (true) {
    work_arrived_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Entry entry = std::move(waiting_.front());
    waiting_.pop_front();
    if (!error_) {
      lock.unlock();
      Status done = entry.job(worker);
      entry.job = nullptr;  // frees what it holds before there is room again
      lock.lock();
      if (!done && !error_) error_ = std::move(done).error();
    }
    pending_bytes_ -= entry.bytes;
    room_made_.notify_one();
  }
}

}  // namespace usher

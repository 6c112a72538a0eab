#include "packager/input/publisher_seat.h"

#include <utility>

namespace usher {
namespace {

constexpr size_t kPipeBytes = 16 << 20;
constexpr std::chrono::milliseconds kLookAround(50);

}  // namespace

bool Publisher::IsSilent() const {
  return std::chrono::steady_clock::now() - last_heard_ >=
         PublisherSeat::kSilence;
}

void Publisher::Stop() {
  if (pipe_) pipe_->Close();
  pipe_.reset();
}

bool PublisherSeat::Take(Publisher& newcomer) {
  if (taken_by_ != nullptr) {
    if (!taken_by_->IsSilent()) {
      Tell(newcomer, "is refused while " + taken_by_->peer() + " publishes");
      return false;
    }
    Tell(newcomer,
         "takes over from " + taken_by_->peer() + ", which is silent");
    taken_by_->Stop();
  }
  taken_by_ = &newcomer;
  Tell(newcomer, "publishes");
  newcomer.pipe_ = std::make_shared<BytePipe>(kPipeBytes);
  const std::scoped_lock lock(mutex_);
  waiting_.push_back(newcomer.pipe_);
  offered_.notify_one();
  return true;
}

void PublisherSeat::Leave(Publisher& publisher) {
  if (publisher.publishing()) Tell(publisher, "has ended publishing");
  publisher.Stop();
  if (taken_by_ == &publisher) taken_by_ = nullptr;
}

std::shared_ptr<BytePipe> PublisherSeat::Next(const Interrupt& interrupt) {
  std::unique_lock lock(mutex_);
  while (waiting_.empty() && !interrupt.requested()) {
    offered_.wait_for(lock, kLookAround);
  }
  if (interrupt.requested()) return nullptr;
  auto pipe = std::move(waiting_.front());
  waiting_.pop_front();
  return pipe;
}

}  // namespace usher

#include "packager/storage/origin_uploader.h"

#include <curl/curl.h>

#include <algorithm>
#include <utility>

namespace usher {
namespace {

using std::chrono::milliseconds;

// As many as a browser opens; parts of a ladder go at once.
constexpr size_t kAtOnce = 6;
constexpr milliseconds kShortestPause(250);
constexpr milliseconds kLongestPause(5000);
constexpr milliseconds kRefusedPause(2000);
constexpr int kAttempts = 5;

}  // namespace

OriginUploader::OriginUploader(Options options, Log log)
    : options_(std::move(options)),
      log_(std::move(log)),
      spool_(
          options_.spool, options_.spool_limit,
          [this](const std::string& path) {
            Tell("the spool is full: " + path +
                 " is dropped and will be missing there");
          },
          options_.is_flushed) {}

OriginUploader::~OriginUploader() {
  stopping_ = true;
  Wake();
  if (thread_.joinable()) thread_.join();
  if (multi_ == nullptr) return;
  for (auto& [handle, transfer] : running_) {
    curl_multi_remove_handle(multi_, handle);
  }
  curl_multi_cleanup(multi_);
}

Status OriginUploader::Start() {
  if (auto read = ReadCredentialFile(); !read) return read;
  if (auto opened = spool_.Open(options_.shared); !opened) return opened;
  if (spool_.size() > 0) {
    Tell("goes on with " + std::to_string(spool_.size()) +
         " files that an earlier run did not send");
  }
  if (spool_.damaged() > 0) {
    Tell(std::to_string(spool_.damaged()) + " files in " +
         options_.spool.string() +
         " were damaged, by a power cut perhaps, and are not sent");
  }
  idle_.push_back(std::make_unique<Transfer>());  // libcurl is initialised
  multi_ = curl_multi_init();
  if (multi_ == nullptr) return Failed({}, "libcurl does not start");
  thread_ = std::thread([this] { Run(); });
  return {};
}

Status OriginUploader::Put(std::string_view path,
                           std::span<const ByteView> pieces) {
  const Status put = spool_.Put(path, pieces);
  Wake();
  return put;
}

Status OriginUploader::Remove(std::string_view path) {
  const Status removed = spool_.Remove(path);
  Wake();
  return removed;
}

Status OriginUploader::RemoveLeftover(std::string_view path) {
  const Status removed = spool_.RemoveLeftover(path);
  Wake();
  return removed;
}

Status OriginUploader::Drain(milliseconds patience) {
  std::unique_lock lock(mutex_);
  while (spool_.size() > 0) {
    const uint64_t before = sent_;
    const auto news = [&] { return sent_ != before || refused_; };
    if (progress_.wait_for(lock, patience, news) && !refused_) continue;
    return Failed(options_.channel.target.origin,
                  "was not sent " + std::to_string(spool_.size()) +
                      " files, which stay in " + options_.spool.string(),
                  "run the same command again when it answers");
  }
  spool_.ForgetSent();
  return {};
}

void OriginUploader::Run() {
  constexpr milliseconds kLongestWait(1000);
  while (!stopping_) {
    Begin();
    int still_running = 0;
    curl_multi_perform(multi_, &still_running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) {
        Finish(message->easy_handle, message->data.result);
      }
    }
    const bool more = !away_ && running_.size() < kAtOnce && BeginOne();
    if (more) continue;
    const auto until_try =
        std::chrono::ceil<milliseconds>(next_try_ - Clock::now());
    const milliseconds wait =
        away_ && running_.empty()
            ? std::clamp(until_try, milliseconds(1), kLongestWait)
            : kLongestWait;
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(wait.count()),
                    nullptr);
  }
}

void OriginUploader::Begin() {
  if (away_ && (!running_.empty() || Clock::now() < next_try_)) return;
  const size_t most = away_ ? 1 : kAtOnce;
  while (running_.size() < most && BeginOne()) continue;
}

bool OriginUploader::BeginOne() {
  const auto entry = spool_.Claim();
  if (!entry) return false;
  std::optional<Bytes> body;
  if (!entry->removal) {
    auto read = spool_.Read(*entry);
    if (!read) {
      Tell(read.error().OneLine() + "; it will be missing there");
      spool_.GiveUp(*entry);
      return true;
    }
    body = *std::move(read);
  }
  std::unique_ptr<Transfer> transfer;
  if (idle_.empty()) {
    transfer = std::make_unique<Transfer>();
  } else {
    transfer = std::move(idle_.back());
    idle_.pop_back();
  }
  transfer->entry = *entry;
  transfer->request.Prepare(options_.channel, entry->path, std::move(body));
  void* handle = transfer->request.handle();
  curl_multi_add_handle(multi_, handle);
  running_.emplace(handle, std::move(transfer));
  return true;
}

void OriginUploader::Finish(void* handle, int code) {
  auto running = running_.extract(handle);
  Transfer& transfer = *running.mapped();
  const UploadOutcome outcome = transfer.request.OutcomeOf(code);
  curl_multi_remove_handle(multi_, handle);
  Judge(transfer.entry, outcome);
  idle_.push_back(std::move(running.mapped()));
}

void OriginUploader::Judge(const UploadSpool::Entry& entry,
                           const UploadOutcome& outcome) {
  if (outcome.kind == UploadOutcome::Kind::kDone) {
    spool_.Done(entry);
    attempts_.erase(entry.number);
    return OnDone();
  }
  if (outcome.kind == UploadOutcome::Kind::kBad && GiveUp(entry, outcome)) {
    return;
  }
  spool_.Release(entry);
  OnAway(outcome);
}

void OriginUploader::OnDone() {
  if (std::exchange(away_, false)) {
    Tell("is there again; " + std::to_string(spool_.size()) +
         " files are to follow");
  }
  pause_ = {};
  told_.clear();
  {
    const std::scoped_lock lock(mutex_);
    refused_ = false;
    ++sent_;
  }
  progress_.notify_all();
}

void OriginUploader::OnAway(const UploadOutcome& outcome) {
  const bool refused = outcome.kind == UploadOutcome::Kind::kRefused;
  if (std::exchange(told_, outcome.what) != outcome.what) {
    Tell(outcome.what + (refused
                             ? ": check its line in --output-credentials"
                             : "; what it misses is kept until it answers"));
  }
  if (refused) {
    {
      const std::scoped_lock lock(mutex_);
      refused_ = true;
    }
    progress_.notify_all();
    pause_ = kRefusedPause;
    if (auto read = ReadCredentialFile(); !read) Tell(read.error().OneLine());
  } else if (!away_ || running_.empty()) {
    pause_ = std::clamp(2 * pause_, kShortestPause, kLongestPause);
  }
  away_ = true;
  next_try_ = Clock::now() + pause_;
}

// What an origin will not take is not to keep it from the rest.
bool OriginUploader::GiveUp(const UploadSpool::Entry& entry,
                            const UploadOutcome& outcome) {
  if (++attempts_[entry.number] < kAttempts) return false;
  Tell(outcome.what + " to " + entry.path + "; it will be missing there");
  attempts_.erase(entry.number);
  spool_.GiveUp(entry);
  OnDone();
  return true;
}

Status OriginUploader::ReadCredentialFile() {
  if (options_.credentials.empty()) return {};
  UploadChannel& channel = options_.channel;
  auto read = ReadCredential(options_.credentials, channel.target.origin);
  if (!read) return std::unexpected(read.error());
  const bool s3 = *read && (*read)->kind == OriginCredential::Kind::kS3;
  if (channel.target.s3 && !s3) {
    return BadInput(options_.credentials.string(),
                    "has no s3 line for " + channel.target.origin,
                    "add: " + channel.target.origin + " s3 ACCESS:SECRET");
  }
  channel.credential = *std::move(read);
  return {};
}

void OriginUploader::Tell(const std::string& what) const {
  log_("origin " + options_.channel.target.origin + ": " + what);
}

void OriginUploader::Wake() {
  if (multi_ != nullptr) curl_multi_wakeup(multi_);
}

}  // namespace usher

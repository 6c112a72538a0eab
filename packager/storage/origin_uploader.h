// A storage that is an origin somewhere else. What is put is spooled and sent
// by a thread of its own, several files at once over connections that stay
// open, so that neither the caller nor another origin waits for this one.
//
// While the origin is away it is asked again and again, ever less often; what
// came meanwhile follows in order. Put, Remove..., Drain: from one thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "packager/storage/storage.h"
#include "packager/storage/upload_request.h"
#include "packager/storage/upload_spool.h"

namespace usher {

class OriginUploader final : public Storage {
 public:
  struct Options {
    UploadChannel channel;
    std::filesystem::path credentials;  // read again when refused; empty: none
    std::filesystem::path spool;
    uint64_t spool_limit = 0;
    bool is_flushed = false;  // Flush is called, time and again
    bool shared = false;      // others put the same there (--epoch)
  };
  // From any thread; never a secret.
  using Log = std::function<void(const std::string&)>;

  OriginUploader(Options options, Log log);
  // What was not sent stays in the spool.
  ~OriginUploader() override;

  // Reads the credential, takes up the spool and begins to send.
  Status Start();

  Status Put(std::string_view path, std::span<const ByteView> pieces) override;
  Status Remove(std::string_view path) override;
  // Servers log a DELETE of what is not there as an error.
  Status RemoveLeftover(std::string_view path) override;
  Status Flush() override { return spool_.Flush(); }
  bool HasLost(std::string_view path) override { return spool_.HasLost(path); }

  // Until all is sent. Fails where nothing was for so long, and at once where
  // the credential is refused.
  Status Drain(std::chrono::milliseconds patience);

 private:
  using Clock = std::chrono::steady_clock;
  struct Transfer {
    UploadRequest request;
    UploadSpool::Entry entry;
  };

  void Run();
  void Begin();
  bool BeginOne();
  void Finish(void* handle, int code);
  void Judge(const UploadSpool::Entry& entry, const UploadOutcome& outcome);
  void OnDone();
  void OnAway(const UploadOutcome& outcome);
  bool GiveUp(const UploadSpool::Entry& entry, const UploadOutcome& outcome);
  Status ReadCredentialFile();
  void Tell(const std::string& what) const;
  void Wake();

  Options options_;
  Log log_;
  UploadSpool spool_;
  void* multi_ = nullptr;  // a CURLM*
  std::thread thread_;
  std::atomic<bool> stopping_ = false;

  // Of the thread.
  std::map<void*, std::unique_ptr<Transfer>> running_;  // by easy handle
  std::vector<std::unique_ptr<Transfer>> idle_;
  std::map<uint64_t, int> attempts_;  // at what is answered as bad
  bool away_ = false;
  std::string told_;  // why it is away
  std::chrono::milliseconds pause_{};
  Clock::time_point next_try_{};

  std::mutex mutex_;
  std::condition_variable progress_;
  uint64_t sent_ = 0;
  bool refused_ = false;
};

}  // namespace usher

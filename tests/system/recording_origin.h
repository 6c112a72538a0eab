// An origin that answers everything with one body and keeps what it was asked.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/scripted_origin.h"

namespace usher::testing {

class RecordingOrigin {
 public:
  // `headers` are whole lines.
  explicit RecordingOrigin(std::string headers = {},
                           std::string body = "content")
      : origin_([this, headers, body](const OriginRequest& request) {
          const std::scoped_lock lock(mutex_);
          heads_ += request.head;
          targets_.push_back(request.target);
          return OriginReply{.headers = headers, .body = body};
        }) {}

  std::string address() const {
    return "127.0.0.1:" + std::to_string(origin_.port());
  }
  int requests() const { return origin_.requests(); }
  // Path and query of each request, in order.
  std::vector<std::string> targets() const {
    const std::scoped_lock lock(mutex_);
    return targets_;
  }
  // All bytes of all request heads.
  std::string heads() const {
    const std::scoped_lock lock(mutex_);
    return heads_;
  }

 private:
  mutable std::mutex mutex_;
  std::string heads_;
  std::vector<std::string> targets_;
  ScriptedOrigin origin_;
};

}  // namespace usher::testing

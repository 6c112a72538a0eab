// Answers a request for a live playlist, or for a part that is not there yet:
// what to send, or that it is to be held (rfc8216bis 6.2.5).
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "ngx_module/engine/live_files.h"

namespace usher::engine {

struct LiveAnswer {
  enum class Step { kDecline, kSend, kHold, kBad, kMissing, kStalled };
  Step step = Step::kDecline;
  std::shared_ptr<const std::string> body;  // kSend
  time_t modified = 0;
  uint32_t max_age = 0;   // seconds
  uint32_t patience = 0;  // kHold: seconds
};

// `path` is canonical and lies below `directory`. With `at_once` nothing is
// held: what there is, is sent.
LiveAnswer AnswerLive(LiveFiles& files, std::string_view directory,
                      std::string_view path, std::string_view args,
                      bool at_once);

}  // namespace usher::engine

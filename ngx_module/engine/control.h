// What who runs the box may ask and say (usher_control). docs/control-api.yaml
// is its contract:
//
//   POST revocations             {"ticket"|"session"|"key", "issuer", "until"}
//   POST evictions               {"ticket"|"session", "issuer"}
//   GET  events/<name>           state, start and number of sessions
//   PUT  events/<name>           {"state", "starts"}
//   GET  events/<name>/sessions  who watches
//
// A change is in force on the next request in every worker, and is answered
// when the state file is on the disk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ngx_module/engine/house.h"
#include "ngx_module/engine/state_file.h"
#include "ngx_module/engine/state_record.h"

namespace usher::engine {

enum class ControlMethod : uint8_t { kGet, kPut, kPost, kOther };

struct ControlRequest {
  ControlMethod method = ControlMethod::kOther;
  std::string_view path;  // below the location, without a leading slash
  std::string_view body;
};

struct ControlAnswer {
  int status = 500;
  std::string json;
  std::string allow;  // of a 405
  std::string said;   // one line for the log: what was changed
  // What was changed, durably or not, for the audit, and the event it was asked
  // of, if any.
  std::vector<StateRecord> changed;
  std::string_view event;  // of the request's path
};

// `idle`: the seconds after which a session no longer counts as watching.
ControlAnswer Control(House& house, StateFile& state,
                      const ControlRequest& request, uint32_t now,
                      uint32_t idle);

// Whether the Authorization header carries the secret.
bool MayControl(std::string_view authorization, std::string_view secret);

}  // namespace usher::engine

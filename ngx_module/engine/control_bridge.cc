// The C door to what outlives a restart, and to who runs the box.
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "ngx_module/bridge.h"
#include "ngx_module/engine/audit_line.h"
#include "ngx_module/engine/control.h"
#include "ngx_module/engine/followed_list.h"
#include "ngx_module/engine/opened_file.h"
#include "ngx_module/engine/opened_house.h"
#include "ngx_module/engine/seam.h"

namespace usher::engine {
namespace {

std::string_view ControlSecretOf(const usher_file_t* file) {
  return static_cast<const ControlSecretFile&>(*file->file).secret();
}

ControlMethod ControlMethodOf(usher_control_method_t method) {
  switch (method) {
    case USHER_CONTROL_GET:
      return ControlMethod::kGet;
    case USHER_CONTROL_PUT:
      return ControlMethod::kPut;
    case USHER_CONTROL_POST:
      return ControlMethod::kPost;
    case USHER_CONTROL_OTHER:
      break;
  }
  return ControlMethod::kOther;
}

void Tell(const usher_audit_t* audit, const std::vector<StateRecord>& changed,
          std::string_view event, std::string_view by) {
  for (const StateRecord& record : changed) {
    const std::string members = AuditMembers(record, event, by);
    audit->tell(audit->data, View(members));
  }
}

}  // namespace
}  // namespace usher::engine

using namespace usher::engine;  // NOLINT: the C functions below are its door

usher_state_t* usher_state_new(const char* path) noexcept {
  // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): Guarded handles it
  const auto made = [&] { return new usher_state_s{.file = StateFile(path)}; };
  return Guarded<usher_state_t*>(nullptr, made);
}

void usher_state_free(usher_state_t* state) noexcept { delete state; }

int usher_state_check(const usher_state_t* state,
                      usher_buffer_t* error) noexcept {
  error->size = 0;
  return Guarded(-1, [&] {
    const auto records = state->file.Read();
    if (records) return 0;
    WriteLine(records.error(), error);
    return -1;
  });
}

int usher_state_open(usher_state_t* state, const usher_house_t* house,
                     const usher_reader_t* owner, int64_t now,
                     usher_buffer_t* error) noexcept {
  error->size = 0;
  return Guarded(-1, [&] {
    House& shards = HouseAt(house);
    const bool given = owner->user != nullptr;
    const auto opened =
        state->file.Open(shards, given ? owner->uid : geteuid(),
                         given ? owner->gid : getegid(), Seconds(now));
    if (!opened) {
      WriteLine(opened.error(), error);
      return -1;
    }
    if (*opened == 0) return 0;
    WriteLine(
        usher::Error{usher::ErrorKind::kFailed, "usher_zone",
                     "has no room for " + std::to_string(*opened) +
                         " records of usher_state, which are not in force",
                     "make it larger"},
        error);
    return 1;
  });
}

int usher_revocations_follow(const usher_file_t* list,
                             const usher_house_t* house, usher_state_t* state,
                             int64_t now, const usher_audit_t* audit,
                             usher_buffer_t* error) noexcept {
  error->size = 0;
  return Guarded(-1, [&] {
    House& shards = HouseAt(house);
    const auto& file = static_cast<const RevocationsFile&>(*list->file);
    if (!file.list()) return 0;
    const auto followed =
        Follow(*file.list(), shards, state->file, Seconds(now));
    if (!followed) {
      WriteLine(followed.error(), error);
      return -1;
    }
    Tell(audit, *followed, {}, "list");
    return followed->empty() ? 0 : 1;
  });
}

int usher_may_control(const usher_file_t* secret,
                      usher_view_t authorization) noexcept {
  return Guarded(0, [&] {
    return MayControl(Text(authorization), ControlSecretOf(secret)) ? 1 : 0;
  });
}

int usher_control(const usher_house_t* house, usher_state_t* state,
                  const usher_control_request_t* request,
                  const usher_audit_t* audit, usher_control_answer_t* answer,
                  usher_buffer_t* json, usher_buffer_t* scratch) noexcept {
  *answer = {};
  return Guarded(-1, [&] {
    House& shards = HouseAt(house);
    const ControlAnswer given =
        Control(shards, state->file,
                {ControlMethodOf(request->method), Text(request->path),
                 Text(request->body)},
                Seconds(request->now), request->idle);
    Tell(audit, given.changed, given.event, "control");
    answer->status = given.status;
    given.allow.copy(answer->allow, sizeof(answer->allow) - 1);
    answer->said = Append(
        std::string_view(given.said).substr(0, scratch->capacity), scratch);
    return Write(given.json, json);
  });
}

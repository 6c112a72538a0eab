// What usher_audit says of a change by who runs the box: a control request or a
// signed list.
#pragma once

#include <string>
#include <string_view>

#include "ngx_module/engine/state_record.h"

namespace usher::engine {

// The members of a JSON object, without its braces: `"what":"revoked",...`.
// `event`: its name, where the record is of one. `by`: "control" or "list".
std::string AuditMembers(const StateRecord& record, std::string_view event,
                         std::string_view by);

}  // namespace usher::engine

#include "ngx_module/engine/audit_line.h"

#include <nlohmann/json.hpp>

#include "core/base/hex.h"

namespace usher::engine {
namespace {

using Json = nlohmann::ordered_json;

void AddSession(Json& line, const StateRecord& record) {
  line["session"] = ToHex(record.id);
  if (record.ticket != SlotId{}) line["ticket"] = ToHex(record.ticket);
}

Json LineOf(const StateRecord& record, std::string_view event) {
  Json line = {{"what", record.until == 0 ? "restored" : "revoked"}};
  switch (record.kind) {
    case SlotKind::kEvicted:
      line["what"] = "evicted";
      AddSession(line, record);
      break;
    case SlotKind::kRevokedSession:
      AddSession(line, record);
      break;
    case SlotKind::kRevokedTicket:
      line["ticket"] = ToHex(record.id);
      break;
    case SlotKind::kRevokedKey:
      // Both halves of the id are the same.
      line["signing_key"] = ToHex(record.id).substr(0, record.id.size());
      break;
    case SlotKind::kEvent:
      line = {{"what", "event"},
              {"event", event},
              {"state", NameOf(record.state)},
              {"starts", record.number}};
      return line;
    default:  // a list
      return {{"what", "list"}, {"sequence", record.number}};
  }
  if (record.until != 0) line["until"] = record.until;
  return line;
}

}  // namespace

std::string AuditMembers(const StateRecord& record, std::string_view event,
                         std::string_view by) {
  Json line = LineOf(record, event);
  line["reason"] = by;
  const std::string object = line.dump();
  return object.substr(1, object.size() - 2);
}

}  // namespace usher::engine

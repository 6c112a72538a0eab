#include "ngx_module/engine/control.h"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "core/base/base64url.h"
#include "core/base/hex.h"
#include "core/crypto/digest.h"
#include "core/layout/layout.h"
#include "core/session/credential.h"
#include "core/ticket/strict_json.h"
#include "core/ticket/verifier.h"
#include "ngx_module/engine/problem.h"
#include "ngx_module/engine/ticket_source.h"

namespace usher::engine {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

// Longer than any ticket should be good for.
constexpr uint32_t kRevokedSeconds = 366 * 24 * 3600;
// Of a session that this box does not know: no session lives longer.
constexpr uint32_t kEvictedSeconds = 7 * 24 * 3600;
constexpr size_t kMostListed = 1000;
constexpr size_t kThumbprintSize = 32;

struct Asking {
  House& house;
  StateFile& state;
  Json body;
  uint32_t now;
  uint32_t idle;
};

ControlAnswer Refuse(int status, std::string_view code,
                     std::string_view detail) {
  ControlAnswer answer;
  answer.status = status;
  answer.json = ProblemJson(status, code, detail);
  return answer;
}

ControlAnswer BadBody(std::string_view detail) {
  return Refuse(400, "bad_request", detail);
}

ControlAnswer Ok(const OrderedJson& json) {
  ControlAnswer answer;
  answer.status = 200;
  answer.json = json.dump() + "\n";
  return answer;
}

// --- members of a body -------------------------------------------------------

const std::string* TextOf(const Json& body, const char* name) {
  const auto member = body.find(name);
  if (member == body.end() || !member->is_string()) return nullptr;
  return &member->get_ref<const std::string&>();
}

// False where it is there but is no time.
bool ReadTime(const Json& body, const char* name, uint32_t& time) {
  const auto member = body.find(name);
  if (member == body.end()) return true;
  if (!member->is_number_unsigned()) return false;
  const auto seconds = member->get<uint64_t>();
  if (seconds > UINT32_MAX) return false;
  time = static_cast<uint32_t>(seconds);
  return true;
}

// Known texts and times. A misspelt member would be a revocation that does not
// do what was meant.
bool HasOnly(const Json& body, std::initializer_list<std::string_view> names) {
  for (const auto& [name, value] : body.items()) {
    const bool is_time = name == "until" || name == "starts";
    if (std::ranges::find(names, name) == names.end()) return false;
    if (!is_time && !value.is_string()) return false;
  }
  return true;
}

std::optional<session::SessionId> SidOf(const std::string& hex) {
  const auto bytes = FromHex(hex);
  session::SessionId sid;
  if (!bytes || bytes->size() != sid.size()) return {};
  std::ranges::copy(*bytes, sid.begin());
  return sid;
}

// The base64url thumbprint (RFC 7638) of a public key.
std::optional<SlotId> KeyOf(const std::string& thumbprint) {
  const auto bytes = FromBase64Url(thumbprint);
  if (!bytes || bytes->size() != kThumbprintSize) return {};
  std::array<uint8_t, 4> hash;
  std::copy_n(bytes->begin(), hash.size(), hash.begin());
  return KeyIdOf(hash);
}

session::ShortHash TicketOf(const Json& body, const std::string& subject) {
  const std::string* const issuer = TextOf(body, "issuer");
  return session::TicketHash(issuer != nullptr ? *issuer : "", subject);
}

// --- changes -----------------------------------------------------------------

ControlAnswer Make(Asking& asking, const std::vector<StateRecord>& records,
                   const OrderedJson& done) {
  const Status changed = asking.state.Change(asking.house, records, asking.now);
  if (!changed) {
    ControlAnswer answer =
        Refuse(500, "not_durable",
               "It is in force where there was room, but may be forgotten by a "
               "restart: see the error log, and send it again.");
    answer.said = changed.error().OneLine();
    answer.changed = records;
    return answer;
  }
  ControlAnswer answer = Ok(done);
  answer.changed = records;
  for (const StateRecord& record : records) {
    answer.said += (answer.said.empty() ? "" : ", ") + ToLine(record);
  }
  return answer;
}

// What is revoked: exactly one of the three.
std::optional<StateRecord> Revoked(Asking& asking) {
  const std::string* const ticket = TextOf(asking.body, "ticket");
  const std::string* const sid = TextOf(asking.body, "session");
  const std::string* const key = TextOf(asking.body, "key");
  if ((ticket != nullptr) + (sid != nullptr) + (key != nullptr) != 1) return {};
  StateRecord record;
  record.until = asking.now + kRevokedSeconds;
  if (ticket != nullptr) {
    record.kind = SlotKind::kRevokedTicket;
    record.id = TicketOf(asking.body, *ticket);
    return record;
  }
  if (sid != nullptr) {
    const auto id = SidOf(*sid);
    if (!id) return {};
    return asking.house.About(SlotKind::kRevokedSession, *id, record.until);
  }
  const auto id = KeyOf(*key);
  if (!id) return {};
  record.kind = SlotKind::kRevokedKey;
  record.id = *id;
  return record;
}

ControlAnswer Revoke(Asking& asking) {
  auto record = Revoked(asking);
  if (!record ||
      !HasOnly(asking.body, {"ticket", "issuer", "session", "key", "until"})) {
    return BadBody(
        "Name one of \"ticket\" (its sub, with \"issuer\" where it has one), "
        "\"session\" (16 hex digits) or \"key\" (its RFC 7638 thumbprint).");
  }
  if (!ReadTime(asking.body, "until", record->until)) {
    return BadBody("\"until\" is UNIX seconds; 0 takes a revocation back.");
  }
  return Make(asking, {*record}, {{"until", record->until}});
}

ControlAnswer Evict(Asking& asking) {
  const std::string* const ticket = TextOf(asking.body, "ticket");
  const std::string* const sid = TextOf(asking.body, "session");
  const auto id = sid != nullptr ? SidOf(*sid) : std::nullopt;
  if (!HasOnly(asking.body, {"ticket", "issuer", "session"}) ||
      (ticket != nullptr) == (sid != nullptr) || (sid != nullptr && !id)) {
    return BadBody(
        "Name one of \"ticket\" (its sub, with \"issuer\" where it has one) or "
        "\"session\" (16 hex digits).");
  }
  std::vector<StateRecord> records;
  if (id) {
    records.push_back(asking.house.About(SlotKind::kEvicted, *id,
                                         asking.now + kEvictedSeconds));
  } else {
    records =
        asking.house.EvictionsOf(TicketOf(asking.body, *ticket), asking.now);
  }
  return Make(asking, records, {{"evicted", records.size()}});
}

// --- events ------------------------------------------------------------------

std::vector<Slot> SessionsOf(const Asking& asking, const SlotId& event) {
  std::vector<Slot> sessions;
  for (const Shard& shard : asking.house.shards()) {
    for (const Slot& slot : shard.table.pool().slots()) {
      const bool live = uint64_t{slot.seen} + asking.idle >= asking.now &&
                        slot.expires > asking.now;
      if (slot.kind == SlotKind::kSeated && slot.event == event && live) {
        sessions.push_back(slot);
      }
    }
  }
  return sessions;
}

OrderedJson EventJson(Asking& asking, std::string_view name) {
  const SlotId id = session::EventHash(name);
  const StateRecord event = asking.house.EventOf(id);
  return {{"event", name},
          {"state", NameOf(event.state)},
          {"starts", event.number},
          {"live", SessionsOf(asking, id).size()}};
}

ControlAnswer SetEvent(Asking& asking, std::string_view name) {
  const std::string* const text = TextOf(asking.body, "state");
  const auto state = text != nullptr ? EventStateNamed(*text) : std::nullopt;
  StateRecord record;
  record.kind = SlotKind::kEvent;
  record.id = session::EventHash(name);
  if (!state || !HasOnly(asking.body, {"state", "starts"}) ||
      !ReadTime(asking.body, "starts", record.number)) {
    return BadBody(
        "\"state\" is \"open\", \"closed\", \"ended\" or \"open_to_all\"; "
        "\"starts\", which may be left out, is UNIX seconds.");
  }
  record.state = *state;
  ControlAnswer answer = Make(asking, {record}, {});
  if (answer.status == 200) answer.json = EventJson(asking, name).dump() + "\n";
  answer.event = name;
  return answer;
}

ControlAnswer ListSessions(Asking& asking, std::string_view name) {
  auto sessions = SessionsOf(asking, session::EventHash(name));
  std::ranges::sort(sessions, std::greater(), &Slot::since);
  OrderedJson list = OrderedJson::array();
  for (const Slot& slot :
       std::span(sessions).first(std::min(sessions.size(), kMostListed))) {
    list.push_back({{"session", ToHex(slot.id)},
                    {"ticket", ToHex(slot.ticket)},
                    {"since", slot.since},
                    {"seen", slot.seen},
                    {"expires", slot.expires},
                    {"seats", slot.seats}});
  }
  return Ok({{"event", name}, {"live", sessions.size()}, {"sessions", list}});
}

// --- which is which ----------------------------------------------------------

ControlAnswer Do(Asking& asking, const ControlRequest& request) {
  std::string_view path = request.path;
  if (path == "revocations") return Revoke(asking);
  if (path == "evictions") return Evict(asking);
  path.remove_prefix(std::string_view("events/").size());
  const std::string_view name = path.substr(0, path.find('/'));
  if (name.size() < path.size()) return ListSessions(asking, name);
  if (request.method == ControlMethod::kPut) return SetEvent(asking, name);
  return Ok(EventJson(asking, name));
}

// The methods of a resource; empty where there is none of that name.
std::string_view MethodsOf(std::string_view path) {
  if (path == "revocations" || path == "evictions") return "POST";
  if (!path.starts_with("events/")) return {};
  path.remove_prefix(std::string_view("events/").size());
  const std::string_view name = path.substr(0, path.find('/'));
  if (!layout::IsEventName(name)) return {};
  path.remove_prefix(name.size());
  if (path.empty()) return "GET, PUT";
  return path == "/sessions" ? "GET" : "";
}

std::string_view NameOf(ControlMethod method) {
  switch (method) {
    case ControlMethod::kGet:
      return "GET";
    case ControlMethod::kPut:
      return "PUT";
    case ControlMethod::kPost:
      return "POST";
    case ControlMethod::kOther:
      break;
  }
  return "none";
}

}  // namespace

ControlAnswer Control(House& house, StateFile& state,
                      const ControlRequest& request, uint32_t now,
                      uint32_t idle) {
  const std::string_view methods = MethodsOf(request.path);
  if (methods.empty()) {
    return Refuse(404, "not_found", "There is no such resource.");
  }
  if (!methods.contains(NameOf(request.method))) {
    ControlAnswer answer =
        Refuse(405, "method_not_allowed", "See docs/control-api.yaml.");
    answer.allow = methods;
    return answer;
  }
  Asking asking = {house, state, {}, now, idle};
  if (request.method != ControlMethod::kGet) {
    if (!ticket::IsStrictJsonObject(request.body, ticket::kMaxNesting)) {
      return BadBody("The body is one JSON object without doubled members.");
    }
    asking.body =
        Json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  }
  return Do(asking, request);
}

bool MayControl(std::string_view authorization, std::string_view secret) {
  const std::string_view token = BearerToken(authorization);
  if (token.empty() || secret.empty()) return false;
  // Digests, so that not even the length shows.
  return EqualInConstantTime(crypto::Sha256(AsBytes(token)),
                             crypto::Sha256(AsBytes(secret)));
}

}  // namespace usher::engine

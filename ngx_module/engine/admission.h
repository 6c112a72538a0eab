// Who may come in: a request's session or ticket against the policy of the
// location it asks for.
//
// A pure function of its arguments but for the random id of a new session. It
// keeps nothing: the session table learns of admissions from the shim.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/random_source.h"
#include "core/session/credential.h"
#include "core/ticket/key_set.h"
#include "core/ticket/verdict.h"
#include "ngx_module/engine/event_settings.h"
#include "ngx_module/engine/failure_budget.h"
#include "ngx_module/engine/ticket_source.h"

namespace usher::engine {

enum class Method : uint8_t { kGet, kHead, kOptions, kPost, kDelete, kOther };

struct Policy {
  std::span<const TicketSource> sources;
  std::string_view issuer;
  std::string_view audience;
  int64_t leeway_seconds = 30;
  uint32_t lifetime_seconds = 0;
  // A session of a ticket that names countries is good only in the one it was
  // opened in.
  bool binds_to_country = true;
  uint8_t binds_to = 0;  // session::Flag: usher_bind
  std::span<const EventSettings> events = {};
  FailureBudget* budget = nullptr;  // null: tickets are checked however often
  const ticket::KeySet& keys;
  session::Secrets& secrets;
};

// Who asks, as nginx knows it.
struct Viewer {
  std::string_view country = {};  // ISO 3166-1 alpha-2; empty where unknown
  ByteView address = {};          // 4 or 16 bytes; empty where there is none
  std::string_view agent = {};    // User-Agent
  // The edge as the viewer calls it, for tokens that speak of URIs.
  std::string_view scheme = {};
  std::string_view authority = {};
};

struct Request {
  Method method = Method::kGet;
  std::string_view path = {};        // canonical
  std::string_view asked = {};       // the same before any rewrite
  std::string_view credential = {};  // what stood behind /s/
  TicketCarriers carriers = {};
  Viewer viewer = {};
};

struct Decision {
  enum class Outcome : uint8_t {
    kAdmit,      // `session` is valid
    kOpen,       // `session` and `credential` are new: lead the viewer there
    kPreflight,  // answer what may be asked
    kRefuse,
  };
  Outcome outcome = Outcome::kRefuse;
  Denial denial = Denial::kTicketMissing;
  const char* reason = "";   // static text for the log
  uint32_t retry_after = 0;  // seconds; 0: none
  session::Session session;
  std::string credential;
};

inline constexpr const char* kKeyIsGone = "the key of its ticket is gone";

// Sessions of an event that is open to all have none.
bool HasItsKey(const ticket::KeySet& keys, const session::Session& session);

// What Admit() says of a GET or HEAD with a good credential that is bound to
// nothing. Nothing where it takes more of the request to tell.
std::optional<session::Session> AdmitAtOnce(
    const ticket::KeySet& keys, session::Secrets& secrets, Method method,
    std::string_view path, std::string_view credential, uint32_t now);

// A valid path session beats a ticket; a ticket reopens where the session is
// no longer good.
Decision Admit(const Policy& policy, const Request& request, uint32_t now,
               RandomSource& random);

// A session for `event` from `ticket`, shown on its own: kOpen or kRefuse.
Decision Open(const Policy& policy, std::string_view ticket,
              std::string_view event, const Viewer& viewer, uint32_t now,
              RandomSource& random);

// A session of nobody's ticket, good while the event is open to all.
Decision OpenToAll(const Policy& policy, std::string_view event, uint32_t now,
                   RandomSource& random);

// Checks a credential for whichever event it was made.
std::expected<session::Session, Denial> CheckAnyEvent(
    session::Secrets& secrets, std::string_view credential, uint32_t now);

// As an Allow header lists them.
const char* MethodsOf(std::string_view path);

}  // namespace usher::engine

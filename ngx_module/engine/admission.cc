#include "ngx_module/engine/admission.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/base64url.h"
#include "core/layout/everything.h"
#include "core/layout/layout.h"
#include "core/session/record.h"
#include "core/ticket/request_uri.h"
#include "core/ticket/verifier.h"
#include "ngx_module/engine/canonical_request.h"

namespace usher::engine {
namespace {

bool IsLicence(std::string_view path) {
  const auto resource = layout::Classify(path);
  return resource && resource->kind == layout::Kind::kLicence;
}

bool IsAllowed(Method method, std::string_view path) {
  switch (method) {
    case Method::kGet:
    case Method::kHead:
    case Method::kOptions:
      return true;
    case Method::kPost:
      return IsLicence(path);
    case Method::kDelete:
    case Method::kOther:
      return false;
  }
  return false;
}

Decision Refuse(Denial denial, const char* reason) {
  Decision decision;
  decision.denial = denial;
  decision.reason = reason;
  return decision;
}

Decision AdmitSession(const session::Session& session) {
  Decision decision;
  decision.outcome = Decision::Outcome::kAdmit;
  decision.session = session;
  return decision;
}

uint8_t FlagsOf(const ticket::Verified& verified, const Policy& policy) {
  const ticket::Limits& limits = verified.limits;
  const bool to_country =
      !verified.claims.countries.empty() && policy.binds_to_country;
  int flags = policy.binds_to;
  if (to_country) flags |= session::kToCountry;
  if (limits.one_path) flags |= session::kToPath;
  if (limits.to_address) flags |= session::kToAddress;
  if (limits.no_head) flags |= session::kNoHead;
  if (limits.no_post) flags |= session::kNoPost;
  return static_cast<uint8_t>(flags);
}

bool AllowsMethod(const session::Binding& binding, Method method) {
  return !(method == Method::kHead && (binding.flags & session::kNoHead)) &&
         !(method == Method::kPost && (binding.flags & session::kNoPost));
}

// Why a session does not hold here: by what it is bound to.
const char* ElsewhereOf(const session::Binding& binding) {
  switch (binding.flags) {
    case session::kToPrefix:
      return "the session is bound to another address prefix";
    case session::kToAgent:
      return "the session is bound to another user agent";
    case session::kToPath:
      return "the session is for another path";
    default:
      return "the session was opened elsewhere";
  }
}

Decision Signed(const Policy& policy, Decision decision, uint32_t now) {
  auto credential = policy.secrets.Sign(decision.session, now);
  if (!credential) {
    return Refuse(Denial::kSessionInvalid, "no session secret is active yet");
  }
  decision.outcome = Decision::Outcome::kOpen;
  decision.credential = *std::move(credential);
  return decision;
}

session::Place PlaceOf(const Viewer& viewer, std::string_view path) {
  return {.country = viewer.country,
          .address = viewer.address,
          .agent = viewer.agent,
          .path = path};
}

// The path as asked for, with the arguments that are part of a cache key.
std::string PathOf(const Request& request) {
  const auto canonical = Canonicalise(request.asked, request.carriers.query);
  if (!canonical) return {};
  std::string path(canonical->path);
  if (!canonical->args.empty()) path += '?' + canonical->args;
  return path;
}

bool IsHere(const session::Binding& binding, const Request& request) {
  if (binding.flags == 0) return true;
  if (!AllowsMethod(binding, request.method)) return false;
  const std::string path =
      (binding.flags & session::kToPath) != 0 ? PathOf(request) : std::string();
  return session::Holds(binding, PlaceOf(request.viewer, path));
}

std::string BaseOf(const Viewer& viewer) {
  if (viewer.scheme.empty() || viewer.authority.empty()) return {};
  std::string base(viewer.scheme);
  return base.append("://").append(viewer.authority);
}

// What the viewer asked for, less the token.
std::string TargetOf(const Request& request, std::string_view argument) {
  const std::string query =
      argument.empty()
          ? std::string(request.carriers.query)
          : ticket::WithoutAttribute(request.carriers.query, argument);
  std::string target(request.asked);
  if (!query.empty()) target += '?' + query;
  return target;
}

// `path` is what a session is bound to whose ticket is for one path.
Decision OpenFor(const Policy& policy, std::string_view text,
                 const ticket::Visit& visit, std::string_view path,
                 const Viewer& viewer, uint32_t now, RandomSource& random) {
  const EventSettings* const settings =
      policy.events.empty()
          ? nullptr
          : SettingsOf(policy.events, session::EventHash(visit.event));
  const auto pinned = [&](std::string EventSettings::* of_event,
                          std::string_view of_all) {
    const bool said = settings != nullptr && !(settings->*of_event).empty();
    return said ? std::string_view(settings->*of_event) : of_all;
  };
  const ticket::Expectations expected = {
      .issuer = pinned(&EventSettings::issuer, policy.issuer),
      .audience = pinned(&EventSettings::audience, policy.audience),
      .leeway_seconds = policy.leeway_seconds,
      .country = viewer.country};
  if (policy.budget != nullptr) {
    if (const uint32_t wait = policy.budget->Wait(text); wait > 0) {
      Decision later = Refuse(Denial::kRateLimited,
                              "too many bad tickets from this address");
      later.retry_after = wait;
      return later;
    }
  }
  auto verified = ticket::Verify(text, policy.keys, visit, expected, now);
  if (policy.budget != nullptr) policy.budget->Note(text, verified.has_value());
  if (!verified) {
    const ticket::Refusal& refusal = verified.error();
    Decision refused = Refuse(refusal.denial, refusal.reason);
    if (refusal.ticket) {
      refused.session.ticket =
          session::TicketHash(refusal.ticket->issuer, refusal.ticket->subject);
    }
    return refused;
  }
  if (verified->limits.renews) {
    verified->claims.expires = std::numeric_limits<uint32_t>::max();
  }
  Decision decision;
  decision.session = session::NewSession(
      verified->claims, visit.event, verified->signing_key_hash, now,
      policy.lifetime_seconds, random,
      static_cast<uint32_t>(verified->leeway_seconds));
  decision.session.binding =
      session::Bind(FlagsOf(*verified, policy), PlaceOf(viewer, path));
  return Signed(policy, std::move(decision), now);
}

}  // namespace

bool HasItsKey(const ticket::KeySet& keys, const session::Session& session) {
  return session::IsAnonymous(session) || keys.HasKeyOf(session.signing_key);
}

std::optional<session::Session> AdmitAtOnce(
    const ticket::KeySet& keys, session::Secrets& secrets, Method method,
    std::string_view path, std::string_view credential, uint32_t now) {
  if (method != Method::kGet && method != Method::kHead) return {};
  const auto event = layout::EventOfPath(path);
  if (!event || credential.empty()) return {};
  const auto session =
      secrets.Check(credential, session::EventHash(*event), now);
  if (!session || session->binding.flags != 0 || !HasItsKey(keys, *session)) {
    return {};
  }
  return *session;
}

Decision Admit(const Policy& policy, const Request& request, uint32_t now,
               RandomSource& random) {
  if (!IsAllowed(request.method, request.path)) {
    return Refuse(Denial::kMethodNotAllowed, "method");
  }
  if (request.method == Method::kOptions) {
    Decision preflight;
    preflight.outcome = Decision::Outcome::kPreflight;
    return preflight;
  }
  const auto event = layout::EventOfPath(request.path);
  Denial denial = Denial::kTicketMissing;
  const char* reason = "no ticket";
  if (!request.credential.empty()) {
    denial = Denial::kSessionInvalid;
    if (event) {
      const auto session = policy.secrets.Check(
          request.credential, session::EventHash(*event), now);
      if (!session) {
        denial = session.error();
      } else if (!HasItsKey(policy.keys, *session)) {
        denial = Denial::kSessionRevoked;
        reason = kKeyIsGone;
      } else if (IsHere(session->binding, request)) {
        return AdmitSession(*session);
      } else {
        reason = ElsewhereOf(session->binding);
      }
    }
  }
  const FoundTicket found = FindTicket(policy.sources, request.carriers);
  if (found.text.empty()) return Refuse(denial, reason);
  if (!event) return Refuse(Denial::kTicketScope, "no event in the path");
  const std::string base = BaseOf(request.viewer);
  const std::string target = TargetOf(request, found.argument);
  return OpenFor(policy, found.text,
                 {.event = *event,
                  .base = base,
                  .target = target,
                  .address = request.viewer.address,
                  .everything = layout::Everything()},
                 PathOf(request), request.viewer, now, random);
}

Decision Open(const Policy& policy, std::string_view ticket,
              std::string_view event, const Viewer& viewer, uint32_t now,
              RandomSource& random) {
  const std::string base = BaseOf(viewer);
  return OpenFor(policy, ticket,
                 {.event = event,
                  .base = base,
                  .address = viewer.address,
                  .everything = layout::Everything()},
                 {}, viewer, now, random);
}

Decision OpenToAll(const Policy& policy, std::string_view event, uint32_t now,
                   RandomSource& random) {
  Decision decision;
  random.Fill(decision.session.sid);
  decision.session.issued = now;
  decision.session.expires = now + policy.lifetime_seconds;
  decision.session.event = session::EventHash(event);
  return Signed(policy, std::move(decision), now);
}

std::expected<session::Session, Denial> CheckAnyEvent(
    session::Secrets& secrets, std::string_view credential, uint32_t now) {
  const auto bytes = FromBase64Url(credential);
  session::Record record;
  if (!bytes || bytes->size() != record.size()) {
    return std::unexpected(Denial::kSessionInvalid);
  }
  std::ranges::copy(*bytes, record.begin());
  // Whichever event it names, the MAC that Check wants covers that name.
  const auto claimed = session::ReadFields(record);
  if (!claimed) return std::unexpected(Denial::kSessionInvalid);
  return secrets.Check(credential, claimed->event, now);
}

const char* MethodsOf(std::string_view path) {
  return IsLicence(path) ? "GET, HEAD, OPTIONS, POST" : "GET, HEAD, OPTIONS";
}

}  // namespace usher::engine

#include "ngx_module/engine/admission.h"

#include <algorithm>
#include <utility>

#include "core/base/base64url.h"
#include "core/layout/layout.h"
#include "core/session/record.h"
#include "core/ticket/verifier.h"

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

uint8_t FlagsOf(const ticket::Claims& claims, const Policy& policy) {
  const bool to_country = !claims.countries.empty() && policy.binds_to_country;
  return static_cast<uint8_t>((to_country ? session::kToCountry : 0) |
                              policy.binds_to);
}

// Why a session does not hold here: by what it is bound to.
const char* ElsewhereOf(const session::Binding& binding) {
  switch (binding.flags) {
    case session::kToPrefix:
      return "the session is bound to another address prefix";
    case session::kToAgent:
      return "the session is bound to another user agent";
    default:
      return "the session was opened elsewhere";
  }
}

session::Place PlaceOf(const Viewer& viewer) {
  return {.country = viewer.country,
          .address = viewer.address,
          .agent = viewer.agent};
}

}  // namespace

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
      } else if (!policy.keys.HasKeyOf(session->signing_key)) {
        denial = Denial::kSessionRevoked;
        reason = "the key of its ticket is gone";
      } else if (session::Holds(session->binding, PlaceOf(request.viewer))) {
        return AdmitSession(*session);
      } else {
        reason = ElsewhereOf(session->binding);
      }
    }
  }
  const std::string ticket = FindTicket(policy.sources, request.carriers);
  if (ticket.empty()) return Refuse(denial, reason);
  if (!event) return Refuse(Denial::kTicketScope, "no event in the path");
  return Open(policy, ticket, *event, request.viewer, now, random);
}

Decision Open(const Policy& policy, std::string_view ticket,
              std::string_view event, const Viewer& viewer, uint32_t now,
              RandomSource& random) {
  const ticket::Expectations expected = {
      .issuer = policy.issuer,
      .audience = policy.audience,
      .leeway_seconds = policy.leeway_seconds,
      .country = viewer.country};
  const auto verified =
      ticket::Verify(ticket, policy.keys, event, expected, now);
  if (!verified) {
    return Refuse(verified.error().denial, verified.error().reason);
  }
  Decision decision;
  decision.session =
      session::NewSession(verified->claims, event, verified->signing_key_hash,
                          now, policy.lifetime_seconds, random,
                          static_cast<uint32_t>(policy.leeway_seconds));
  decision.session.binding =
      session::Bind(FlagsOf(verified->claims, policy), PlaceOf(viewer));
  auto credential = policy.secrets.Sign(decision.session, now);
  if (!credential) {
    return Refuse(Denial::kSessionInvalid, "no session secret is active yet");
  }
  decision.outcome = Decision::Outcome::kOpen;
  decision.credential = *std::move(credential);
  return decision;
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

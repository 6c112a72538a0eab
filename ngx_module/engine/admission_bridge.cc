// The C door to admission: converts views, catches everything, fails closed.
#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/crypto/system_random.h"
#include "core/layout/layout.h"
#include "ngx_module/bridge.h"
#include "ngx_module/engine/admission.h"
#include "ngx_module/engine/canonical_request.h"
#include "ngx_module/engine/opened_file.h"
#include "ngx_module/engine/opened_house.h"
#include "ngx_module/engine/redaction.h"
#include "ngx_module/engine/seam.h"
#include "ngx_module/engine/seam_session.h"
#include "ngx_module/engine/ticket_source.h"

namespace usher::engine {
namespace {

static_assert(USHER_CREDENTIAL_SIZE == session::kCredentialSize);

// The kind is fixed when the file is opened, and each user asks for its own.
const ticket::KeySet& KeysOf(const usher_file_t* file) {
  return static_cast<const TicketKeysFile&>(*file->file).keys();
}

session::Secrets& SecretsOf(usher_file_t* file) {
  return static_cast<SessionSecretsFile&>(*file->file).secrets();
}

TicketSource SourceOf(const usher_source_t& source) {
  switch (source.kind) {
    case USHER_SOURCE_QUERY:
      return {TicketSource::Kind::kQuery, Text(source.name)};
    case USHER_SOURCE_COOKIE:
      return {TicketSource::Kind::kCookie, Text(source.name)};
    case USHER_SOURCE_HEADER:
      return {TicketSource::Kind::kHeader, Text(source.name)};
    case USHER_SOURCE_BEARER:
      break;
  }
  return {TicketSource::Kind::kBearer, {}};
}

// Nothing where the location limits no failures.
std::optional<FailureBudget> BudgetOf(const usher_policy_t* policy,
                                      usher_view_t address, uint32_t now) {
  const usher_house_t* const house = policy->house;
  if (policy->failures == 0 || house->shards == nullptr) return {};
  return FailureBudget(HouseAt(house), AsBytes(Text(address)), policy->failures,
                       now);
}

uint8_t BindsTo(usher_bind_t bind) {
  switch (bind) {
    case USHER_BIND_IP_PREFIX:
      return session::kToPrefix;
    case USHER_BIND_USER_AGENT:
      return session::kToAgent;
    case USHER_BIND_NONE:
      break;
  }
  return 0;
}

Policy PolicyOf(const usher_policy_t* policy,
                std::span<const TicketSource> sources,
                FailureBudget* budget = nullptr) {
  return {.sources = sources,
          .issuer = Text(policy->issuer),
          .audience = Text(policy->audience),
          .leeway_seconds = policy->leeway,
          .lifetime_seconds = policy->lifetime,
          .binds_to_country = policy->binds_to_country != 0,
          .binds_to = BindsTo(policy->bind),
          .events = EventsOf(policy->events),
          .budget = budget,
          .keys = KeysOf(policy->ticket_keys),
          .secrets = SecretsOf(policy->secrets)};
}

Method MethodOf(usher_method_t method) {
  switch (method) {
    case USHER_METHOD_GET:
      return Method::kGet;
    case USHER_METHOD_HEAD:
      return Method::kHead;
    case USHER_METHOD_OPTIONS:
      return Method::kOptions;
    case USHER_METHOD_POST:
      return Method::kPost;
    case USHER_METHOD_DELETE:
      return Method::kDelete;
    case USHER_METHOD_OTHER:
      break;
  }
  return Method::kOther;
}

Viewer ViewerOf(const usher_viewer_t& viewer) {
  return {.country = Text(viewer.country),
          .address = AsBytes(Text(viewer.address)),
          .agent = Text(viewer.agent),
          .scheme = Text(viewer.scheme),
          .authority = Text(viewer.authority)};
}

Request RequestOf(const usher_request_t* request) {
  return {.method = MethodOf(request->method),
          .path = Text(request->path),
          .asked = Text(request->asked),
          .credential = Text(request->credential),
          .carriers = {.query = Text(request->query),
                       .authorization = Text(request->authorization),
                       .cookie = Text(request->cookie),
                       .fetch_site = Text(request->fetch_site),
                       .header = Text(request->header)},
          .viewer = ViewerOf(request->viewer)};
}

usher_outcome_t OutcomeOf(Decision::Outcome outcome) {
  switch (outcome) {
    case Decision::Outcome::kAdmit:
      return USHER_ADMIT;
    case Decision::Outcome::kOpen:
      return USHER_OPEN;
    case Decision::Outcome::kPreflight:
      return USHER_PREFLIGHT;
    case Decision::Outcome::kRefuse:
      break;
  }
  return USHER_REFUSE;
}

void Refuse(usher_decision_t* decision) {
  *decision = {};
  decision->outcome = USHER_REFUSE;
  decision->denial = static_cast<int>(Denial::kTicketInvalid);
  decision->reason = "out of memory";
}

void Write(const Decision& from, usher_decision_t* to) {
  to->outcome = OutcomeOf(from.outcome);
  to->denial = static_cast<int>(from.denial);
  to->reason = from.reason;
  to->retry_after = from.retry_after;
  to->session = SessionOf(from.session);
  std::ranges::copy(
      std::string_view(from.credential).substr(0, USHER_CREDENTIAL_SIZE),
      to->credential);
}

crypto::SystemRandom& Random() {
  static crypto::SystemRandom random;
  return random;
}

}  // namespace
}  // namespace usher::engine

using namespace usher::engine;  // NOLINT: the C functions below are its door

int usher_canonicalise(usher_view_t path, usher_view_t args,
                       usher_canonical_t* canonical) noexcept {
  return Guarded(-1, [&] {
    const auto request = Canonicalise(Text(path), Text(args));
    if (!request || request->args.size() > sizeof(canonical->args)) return -1;
    canonical->credential = View(request->credential);
    canonical->path = View(request->path);
    std::ranges::copy(request->args, canonical->args);
    canonical->args_size = request->args.size();
    return 0;
  });
}

size_t usher_loggable_referer(usher_view_t referer) noexcept {
  return LoggableReferer(Text(referer)).size();
}

size_t usher_loggable_request_line(usher_view_t line) noexcept {
  return LoggableRequestLine(Text(line)).size();
}

int usher_admit_at_once(const usher_policy_t* policy, usher_method_t method,
                        usher_view_t path, usher_view_t credential, int64_t now,
                        usher_session_t* session) noexcept {
  return Guarded(0, [&] {
    const auto admitted = AdmitAtOnce(
        KeysOf(policy->ticket_keys), SecretsOf(policy->secrets),
        MethodOf(method), Text(path), Text(credential), Seconds(now));
    if (!admitted) return 0;
    *session = SessionOf(*admitted);
    return 1;
  });
}

int usher_has_its_key(const usher_policy_t* policy,
                      const usher_session_t* session,
                      usher_entry_t* entry) noexcept {
  return Guarded(0, [&] {
    if (HasItsKey(KeysOf(policy->ticket_keys), SessionOf(*session))) return 1;
    *entry = {};
    entry->refused = 1;
    entry->denial = static_cast<int>(usher::Denial::kSessionRevoked);
    entry->reason = kKeyIsGone;
    return 0;
  });
}

void usher_admit(const usher_policy_t* policy, const usher_request_t* request,
                 int64_t now, usher_decision_t* decision) noexcept {
  Refuse(decision);
  Guarded(0, [&] {
    std::vector<TicketSource> sources(policy->source_count);
    std::transform(policy->sources, policy->sources + policy->source_count,
                   sources.begin(), SourceOf);
    auto budget = BudgetOf(policy, request->viewer.address, Seconds(now));
    Write(Admit(PolicyOf(policy, sources, budget ? &*budget : nullptr),
                RequestOf(request), Seconds(now), Random()),
          decision);
    return 0;
  });
}

void usher_open(const usher_policy_t* policy, usher_view_t ticket,
                usher_view_t event, const usher_viewer_t* viewer, int64_t now,
                usher_decision_t* decision) noexcept {
  Refuse(decision);
  Guarded(0, [&] {
    auto budget = BudgetOf(policy, viewer->address, Seconds(now));
    Write(Open(PolicyOf(policy, {}, budget ? &*budget : nullptr), Text(ticket),
               Text(event), ViewerOf(*viewer), Seconds(now), Random()),
          decision);
    return 0;
  });
}

void usher_open_to_all(const usher_policy_t* policy, usher_view_t event,
                       int64_t now, usher_decision_t* decision) noexcept {
  Refuse(decision);
  Guarded(0, [&] {
    Write(OpenToAll(PolicyOf(policy, {}), Text(event), Seconds(now), Random()),
          decision);
    decision->without_ticket = 1;
    return 0;
  });
}

int usher_close(usher_file_t* secrets, usher_view_t credential, int64_t now,
                usher_decision_t* decision) noexcept {
  Refuse(decision);
  return Guarded(-1, [&] {
    const auto session =
        CheckAnyEvent(SecretsOf(secrets), Text(credential), Seconds(now));
    if (!session) {
      decision->denial = static_cast<int>(session.error());
      decision->reason = "session";
      return -1;
    }
    decision->session = SessionOf(*session);
    return 0;
  });
}

usher_events_t* usher_events_new(void) noexcept {
  return Guarded<usher_events_t*>(nullptr, [] { return new usher_events_s; });
}

void usher_events_free(usher_events_t* events) noexcept { delete events; }

const char* usher_events_add(usher_events_t* events, const usher_view_t* words,
                             size_t count) noexcept {
  return Guarded<const char*>("needs more memory", [&] {
    std::vector<std::string_view> texts(count);
    std::transform(words, words + count, texts.begin(), Text);
    return AddEvent(events->list, texts);
  });
}

usher_view_t usher_event_of(usher_view_t path) noexcept {
  const auto event = usher::layout::EventOfPath(Text(path));
  return event ? View(*event) : usher_view_t{nullptr, 0};
}

int usher_session_covers(const usher_session_t* session,
                         usher_view_t path) noexcept {
  return Guarded(0, [&] {
    const auto event = usher::layout::EventOfPath(Text(path));
    if (!event) return 0;
    const auto hash = usher::session::EventHash(*event);
    return std::ranges::equal(hash, session->event) ? 1 : 0;
  });
}

const char* usher_methods_of(usher_view_t path) noexcept {
  return MethodsOf(Text(path));
}

void usher_blank_ticket(const usher_source_t* source, char* header,
                        size_t size) noexcept {
  BlankTickets(SourceOf(*source), {header, size});
}

// The C door to the engine: converts views, catches everything, fails closed.
#include "ngx_module/bridge.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/secret_memory.h"
#include "core/crypto/system_random.h"
#include "core/layout/layout.h"
#include "core/ticket/verdict.h"
#include "ngx_module/engine/admission.h"
#include "ngx_module/engine/canonical_request.h"
#include "ngx_module/engine/control.h"
#include "ngx_module/engine/followed_list.h"
#include "ngx_module/engine/house.h"
#include "ngx_module/engine/key_answer.h"
#include "ngx_module/engine/key_rate.h"
#include "ngx_module/engine/opened_file.h"
#include "ngx_module/engine/problem.h"
#include "ngx_module/engine/reader.h"
#include "ngx_module/engine/redaction.h"
#include "ngx_module/engine/session_endpoint.h"
#include "ngx_module/engine/session_table.h"
#include "ngx_module/engine/state_file.h"
#include "ngx_module/engine/status_report.h"
#include "ngx_module/engine/ticket_source.h"
#include "ngx_module/engine/watched_file.h"

struct usher_events_s {
  std::vector<usher::engine::EventSettings> list;
};

struct usher_shards_s {
  usher::engine::House house;
};

struct usher_state_s {
  usher::engine::StateFile file;
};

namespace usher::engine {
namespace {

uint32_t Seconds(int64_t now) { return static_cast<uint32_t>(now); }

static_assert(USHER_CREDENTIAL_SIZE == session::kCredentialSize);
static_assert(USHER_COUNT_DENIED == static_cast<int>(Counter::kDenied));

// No exception crosses the seam: what the engine could not do, for want of
// memory, is answered by `otherwise`.
template <typename T, typename F>
T Guarded(T otherwise, F&& body) noexcept {
  try {
    return body();
  } catch (...) {
    return otherwise;
  }
}

std::string_view Text(usher_view_t view) {
  return view.size == 0 ? std::string_view{}
                        : std::string_view(view.data, view.size);
}

usher_view_t View(std::string_view text) { return {text.data(), text.size()}; }

// Nothing is written where `text` does not fit.
int Write(std::string_view text, usher_buffer_t* buffer) {
  buffer->size = 0;
  if (text.size() > buffer->capacity) return -1;
  std::ranges::copy(text, buffer->data);
  buffer->size = text.size();
  return 0;
}

// A line for people: cut where the buffer ends.
void WriteLine(const Error& error, usher_buffer_t* buffer) {
  const std::string line = error.OneLine();
  Write(std::string_view(line).substr(0, buffer->capacity), buffer);
}

usher_view_t Append(std::string_view text, usher_buffer_t* scratch) {
  if (text.size() > scratch->capacity - scratch->size) return {nullptr, 0};
  char* to = scratch->data + scratch->size;
  std::ranges::copy(text, to);
  scratch->size += text.size();
  return {to, text.size()};
}

Reader MakeReader(const usher_reader_t* reader) {
  if (reader->user == nullptr) return {};
  return {reader->user, reader->uid, reader->gid};
}

std::unique_ptr<WatchedFile> MakeFile(usher_file_kind_t kind,
                                      const char* path) {
  switch (kind) {
    case USHER_TICKET_KEYS:
      return std::make_unique<TicketKeysFile>(path);
    case USHER_SESSION_SECRETS:
      return std::make_unique<SessionSecretsFile>(path);
    case USHER_MASTER_KEY:
      return std::make_unique<MasterKeyFile>(path);
    case USHER_CONTROL_SECRET:
      return std::make_unique<ControlSecretFile>(path);
    case USHER_HOP_SECRETS:
      return std::make_unique<HopSecretsFile>(path);
    case USHER_REVOCATIONS:
      break;
  }
  return nullptr;
}

usher_file_t* Opened(std::unique_ptr<usher_file_s> file, const char* path,
                     const usher_reader_t* reader, usher_buffer_t* error) {
  Status status = file->file->Load();
  if (status) status = MakeReader(reader).CheckFile(path);
  if (status) return file.release();
  WriteLine(status.error(), error);
  return nullptr;
}

// The kind is fixed when the file is opened, and each user asks for its own.
const ticket::KeySet& KeysOf(const usher_file_t* file) {
  return static_cast<const TicketKeysFile&>(*file->file).keys();
}
session::Secrets& SecretsOf(usher_file_t* file) {
  return static_cast<SessionSecretsFile&>(*file->file).secrets();
}
const keys::MasterKey& MasterOf(const usher_file_t* file) {
  return static_cast<const MasterKeyFile&>(*file->file).key();
}

// A key that does not open may be sealed under a master key that is newer than
// the file as it was read: `usher key rotate-master` waits for nobody.
template <typename Find>
auto WithNewestMaster(usher_file_t* master, Find find) {
  auto found = find();
  if (found || found.error().kind != KeyFailure::Kind::kFailed) return found;
  const auto adopted = master->file->Poll();
  if (adopted && *adopted) return find();
  return found;
}

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

std::span<const EventSettings> EventsOf(const usher_events_t* events) {
  if (events == nullptr) return {};
  return events->list;
}

SessionTable TableAt(const usher_table_t* table) {
  return SessionTable(
      std::span(static_cast<std::byte*>(table->memory), table->size));
}

House& HouseAt(const usher_house_t* house) { return house->shards->house; }

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

usher_session_t SessionOf(const session::Session& from) {
  usher_session_t to = {};
  std::ranges::copy(from.sid, to.sid);
  std::ranges::copy(from.ticket, to.ticket);
  std::ranges::copy(from.event, to.event);
  std::ranges::copy(from.signing_key, to.signing_key);
  to.expires = from.expires;
  to.seats = from.seats;
  to.one_path = (from.binding.flags & session::kToPath) != 0 ? 1 : 0;
  return to;
}

session::Session SessionOf(const usher_session_t& from) {
  session::Session to;
  std::ranges::copy(from.sid, to.sid.begin());
  std::ranges::copy(from.ticket, to.ticket.begin());
  std::ranges::copy(from.event, to.event.begin());
  std::ranges::copy(from.signing_key, to.signing_key.begin());
  to.expires = from.expires;
  to.seats = from.seats;
  return to;
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

void Clear(usher_key_refusal_t* refusal) {
  refusal->seconds_early = 0;
  refusal->error.size = 0;
}

usher_key_result_t ResultOf(const KeyFailure& failure,
                            usher_key_refusal_t* refusal) {
  switch (failure.kind) {
    case KeyFailure::Kind::kUnknown:
      return USHER_KEY_UNKNOWN;
    case KeyFailure::Kind::kNotYet:
      refusal->seconds_early = static_cast<uint32_t>(
          std::min<uint64_t>(failure.seconds_early, UINT32_MAX));
      return USHER_KEY_NOT_YET;
    case KeyFailure::Kind::kBadRequest:
      return USHER_KEY_BAD_REQUEST;
    case KeyFailure::Kind::kFailed:
      break;
  }
  WriteLine(failure.error, &refusal->error);
  return USHER_KEY_FAILED;
}

const Traffic& TrafficAt(const usher_traffic_t* traffic) {
  return *reinterpret_cast<const Traffic*>(traffic);
}

Entrance EntranceOf(usher_entrance_t entrance) {
  switch (entrance) {
    case USHER_ENTRANCE_USE:
      return Entrance::kUse;
    case USHER_ENTRANCE_PEEK:
      return Entrance::kPeek;
    case USHER_ENTRANCE_POST:
      break;
  }
  return Entrance::kPost;
}

SharedSession SharedOf(usher_shared_t shared) {
  switch (shared) {
    case USHER_SHARED_LOG:
      return SharedSession::kLog;
    case USHER_SHARED_REFUSE:
      return SharedSession::kRefuse;
    case USHER_SHARED_COUNT:
      break;
  }
  return SharedSession::kCount;
}

Visit VisitOf(const usher_visit_t& visit) {
  return {.address = AsBytes(Text(visit.address)),
          .agent = Text(visit.agent),
          .path = Text(visit.path),
          .range = Text(visit.range)};
}

void Refuse(usher_entry_t* entry) {
  *entry = {};
  entry->refused = 1;
  entry->denial = static_cast<int>(Denial::kSessionInvalid);
  entry->reason = "out of memory";
}

void Write(const Entry& from, usher_entry_t* to) {
  *to = {};
  to->refused = from.denial ? 1 : 0;
  to->denial = static_cast<int>(from.denial.value_or(Denial::kSessionInvalid));
  to->reason = from.reason;
  to->retry_after = from.retry_after;
  to->seated = from.seated ? 1 : 0;
  to->shared = from.shared ? 1 : 0;
  to->evicted = static_cast<int>(from.evicted.size());
  for (size_t i = 0; i < from.evicted.size() && i < USHER_EVICTED_TOLD; ++i) {
    std::ranges::copy(from.evicted[i].id, to->evicted_sids[i]);
  }
}

crypto::SystemRandom& Random() {
  static crypto::SystemRandom random;
  return random;
}

Denial DenialOf(int number) {
  const bool known = number >= 0 && static_cast<size_t>(number) < kDenials;
  return known ? static_cast<Denial>(number) : Denial::kTicketInvalid;
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

usher_file_t* usher_file_open(usher_file_kind_t kind, const char* path,
                              const usher_reader_t* reader,
                              usher_buffer_t* error) noexcept {
  error->size = 0;
  return Guarded<usher_file_t*>(nullptr, [&] {
    return Opened(std::make_unique<usher_file_s>(kind, MakeFile(kind, path)),
                  path, reader, error);
  });
}

usher_file_t* usher_revocations_open(const char* path, const usher_file_t* keys,
                                     const usher_reader_t* reader,
                                     usher_buffer_t* error) noexcept {
  error->size = 0;
  return Guarded<usher_file_t*>(nullptr, [&] {
    const auto& key_file = static_cast<const TicketKeysFile&>(*keys->file);
    return Opened(std::make_unique<usher_file_s>(
                      USHER_REVOCATIONS,
                      std::make_unique<RevocationsFile>(path, key_file)),
                  path, reader, error);
  });
}

void usher_file_close(usher_file_t* file) noexcept { delete file; }

usher_file_change_t usher_file_poll(usher_file_t* file,
                                    usher_buffer_t* error) noexcept {
  error->size = 0;
  return Guarded(USHER_FILE_REFUSED, [&] {
    const auto adopted = file->file->Poll();
    if (adopted) return *adopted ? USHER_FILE_ADOPTED : USHER_FILE_UNCHANGED;
    WriteLine(adopted.error(), error);
    return USHER_FILE_REFUSED;
  });
}

int usher_directory_check(const char* path, const usher_reader_t* reader,
                          usher_buffer_t* error) noexcept {
  error->size = 0;
  return Guarded(-1, [&] {
    const auto status = MakeReader(reader).CheckDirectory(path);
    if (status) return 0;
    WriteLine(status.error(), error);
    return -1;
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

int usher_session_body(usher_view_t body, usher_buffer_t* scratch,
                       usher_session_body_t* members) noexcept {
  return Guarded(-1, [&] {
    const auto read = ReadSessionBody(Text(body));
    if (!read) return -1;
    members->ticket = Append(read->ticket, scratch);
    members->event = Append(read->event, scratch);
    members->session = Append(read->session, scratch);
    return 0;
  });
}

usher_view_t usher_only_event(usher_view_t ticket,
                              usher_buffer_t* scratch) noexcept {
  return Guarded(usher_view_t{nullptr, 0},
                 [&] { return Append(OnlyEventOf(Text(ticket)), scratch); });
}

usher_view_t usher_bearer(usher_view_t authorization) noexcept {
  return View(BearerToken(Text(authorization)));
}

int usher_is_event(usher_view_t name) noexcept {
  return usher::layout::IsEventName(Text(name)) ? 1 : 0;
}

int usher_origin_allowed(usher_view_t origin, usher_view_t fetch_site,
                         usher_view_t host, const usher_view_t* allowed,
                         size_t allowed_count) noexcept {
  return Guarded(0, [&] {
    std::vector<std::string_view> entries(allowed_count);
    std::transform(allowed, allowed + allowed_count, entries.begin(), Text);
    return IsOriginAllowed(Text(origin), Text(fetch_site), Text(host), entries)
               ? 1
               : 0;
  });
}

int usher_session_json(usher_view_t scheme, usher_view_t host,
                       usher_view_t event, const usher_decision_t* decision,
                       usher_buffer_t* json) noexcept {
  return Guarded(-1, [&] {
    const OpenedSession opened = {
        .scheme = Text(scheme),
        .host = Text(host),
        .event = Text(event),
        .credential = {decision->credential, USHER_CREDENTIAL_SIZE},
        .expires = decision->session.expires};
    return Write(SessionJson(opened), json);
  });
}

usher_asked_t usher_key_asked(usher_view_t path,
                              char kid[USHER_KID_SIZE + 1]) noexcept {
  return Guarded(USHER_ASKED_NOTHING, [&] {
    const auto resource = usher::layout::Classify(Text(path));
    if (!resource) return USHER_ASKED_NOTHING;
    if (resource->kind == usher::layout::Kind::kLicence) {
      return USHER_ASKED_LICENCE;
    }
    if (!resource->kid) return USHER_ASKED_NOTHING;
    kid[resource->kid->ToHex().copy(kid, USHER_KID_SIZE)] = '\0';
    return USHER_ASKED_KEY;
  });
}

usher_key_result_t usher_key(const usher_key_store_t* store, usher_view_t path,
                             int64_t now, uint8_t key[USHER_KEY_SIZE],
                             usher_key_refusal_t* refusal) noexcept {
  Clear(refusal);
  return Guarded(USHER_KEY_FAILED, [&] {
    const auto found = WithNewestMaster(store->master, [&] {
      return FindKey(MasterOf(store->master), store->directory, Text(path),
                     static_cast<uint64_t>(now));
    });
    if (!found) return ResultOf(found.error(), refusal);
    if (found->size() != USHER_KEY_SIZE) return USHER_KEY_FAILED;
    std::ranges::copy(found->view(), key);
    return USHER_KEY_FOUND;
  });
}

usher_key_result_t usher_licence(const usher_key_store_t* store,
                                 usher_view_t path, usher_view_t body,
                                 int64_t now, usher_buffer_t* licence,
                                 usher_key_refusal_t* refusal) noexcept {
  Clear(refusal);
  return Guarded(USHER_KEY_FAILED, [&] {
    auto made = WithNewestMaster(store->master, [&] {
      return MakeLicence(MasterOf(store->master), store->directory, Text(path),
                         Text(body), static_cast<uint64_t>(now));
    });
    if (!made) return ResultOf(made.error(), refusal);
    const bool fits = Write(*made, licence) == 0;
    WipeText(*made);
    return fits ? USHER_KEY_FOUND : USHER_KEY_FAILED;
  });
}

size_t usher_table_minimum(void) noexcept { return SessionTable::kMinimumSize; }

int usher_secrets_lock(usher_buffer_t* error) noexcept {
  error->size = 0;
  return Guarded(-1, [&] {
    const auto locked = usher::SecretMemory::OfProcess().Lock();
    if (locked) return 0;
    WriteLine(locked.error(), error);
    return -1;
  });
}

void usher_table_format(const usher_table_t* table) noexcept {
  Guarded(0, [&] {
    std::array<uint8_t, sizeof(usher::SipKey)> random;
    Random().Fill(random);
    TableAt(table).Format(std::bit_cast<usher::SipKey>(random));
    return 0;
  });
}

int usher_house_open(usher_house_t* house) noexcept {
  return Guarded(-1, [&] {
    std::vector<Shard> shards;
    shards.reserve(USHER_SHARDS);
    for (int i = 0; i < USHER_SHARDS; ++i) {
      shards.push_back({TableAt(&house->tables[i]),
                        {house->mutexes[i], house->lock, house->unlock}});
    }
    house->shards =
        new usher_shards_s{House(std::move(shards), EventsOf(house->events))};
    return 0;
  });
}

void usher_house_close(usher_house_t* house) noexcept {
  delete house->shards;
  house->shards = nullptr;
}

int usher_table_usable(const usher_table_t* table) noexcept {
  return TableAt(table).IsUsable() ? 1 : 0;
}

void usher_house_enter(const usher_house_t* house, usher_state_t* state,
                       const usher_session_t* session,
                       usher_entrance_t entrance, const usher_seats_t* seats,
                       int64_t now, const usher_session_t* handed_back,
                       const usher_visit_t* visit, usher_entry_t* entry,
                       usher_buffer_t* error) noexcept {
  Refuse(entry);
  error->size = 0;
  Guarded(0, [&] {
    const SeatRules rules = {.evict_oldest = seats->evict_oldest != 0,
                             .idle = seats->idle,
                             .evictions = seats->evictions,
                             .shared = SharedOf(seats->shared)};
    usher::session::Session old;
    if (handed_back != nullptr) old = SessionOf(*handed_back);
    Visit client;
    if (visit != nullptr) client = VisitOf(*visit);
    const Entry entered = HouseAt(house).Enter(
        SessionOf(*session), EntranceOf(entrance), rules, Seconds(now),
        handed_back != nullptr ? &old.sid : nullptr,
        visit != nullptr ? &client : nullptr);
    Write(entered, entry);
    if (state != nullptr && !entered.evicted.empty()) {
      const auto noted = state->file.Note(entered.evicted);
      if (!noted) WriteLine(noted.error(), error);
    }
    return 0;
  });
}

void usher_house_forget(const usher_house_t* house,
                        const usher_session_t* session,
                        const usher_visit_t* visit) noexcept {
  Guarded(0, [&] {
    HouseAt(house).Forget(SessionOf(*session), VisitOf(*visit));
    return 0;
  });
}

void usher_house_may_open(const usher_house_t* house,
                          const usher_session_t* session, int64_t now,
                          usher_entry_t* entry) noexcept {
  Refuse(entry);
  Guarded(0, [&] {
    Write(HouseAt(house).MayOpen(SessionOf(*session), Seconds(now)), entry);
    return 0;
  });
}

uint32_t usher_house_ask_key(const usher_house_t* house,
                             const usher_session_t* session, usher_view_t path,
                             int64_t now) noexcept {
  return Guarded(0U, [&] {
    return AskKey(HouseAt(house), SessionOf(*session).sid, Text(path),
                  Seconds(now));
  });
}

int usher_house_open_to_all(const usher_house_t* house,
                            usher_view_t event) noexcept {
  return Guarded(0, [&] {
    const auto id = usher::session::EventHash(Text(event));
    return HouseAt(house).EventOf(id).state == EventState::kOpenToAll ? 1 : 0;
  });
}

uint64_t usher_house_changes(const usher_house_t* house) noexcept {
  uint64_t changes = 0;
  for (const usher_table_t& table : house->tables) {
    changes += TableAt(&table).Changes();
  }
  return changes;
}

void usher_house_leave(const usher_house_t* house,
                       const usher_session_t* session) noexcept {
  Guarded(0, [&] {
    HouseAt(house).Leave(SessionOf(*session));
    return 0;
  });
}

void usher_house_count(const usher_house_t* house, unsigned number,
                       unsigned counter) noexcept {
  TableAt(&house->tables[number % USHER_SHARDS]).counters().Count(counter);
}

int usher_status_json(const usher_house_t* house,
                      const usher_traffic_t* traffic, int64_t now,
                      uint32_t idle, usher_buffer_t* json) noexcept {
  return Guarded(-1, [&] {
    return Write(StatusJson(HouseAt(house).shards(), TrafficAt(traffic),
                            Seconds(now), idle),
                 json);
  });
}

int usher_metrics_text(const usher_house_t* house,
                       const usher_traffic_t* traffic, int64_t now,
                       uint32_t idle, usher_buffer_t* text) noexcept {
  return Guarded(-1, [&] {
    return Write(MetricsText(HouseAt(house).shards(), TrafficAt(traffic),
                             Seconds(now), idle),
                 text);
  });
}

usher_state_t* usher_state_new(const char* path) noexcept {
  return Guarded<usher_state_t*>(
      nullptr, [&] { return new usher_state_s{.file = StateFile(path)}; });
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
    if (opened) return 0;
    WriteLine(opened.error(), error);
    return -1;
  });
}

int usher_revocations_follow(const usher_file_t* list,
                             const usher_house_t* house, usher_state_t* state,
                             int64_t now, usher_buffer_t* error) noexcept {
  error->size = 0;
  return Guarded(-1, [&] {
    House& shards = HouseAt(house);
    const auto& file = static_cast<const RevocationsFile&>(*list->file);
    const auto followed =
        Follow(file.list(), shards, state->file, Seconds(now));
    if (followed) return *followed ? 1 : 0;
    WriteLine(followed.error(), error);
    return -1;
  });
}

int usher_may_control(const usher_file_t* secret,
                      usher_view_t authorization) noexcept {
  return Guarded(0, [&] {
    return MayControl(Text(authorization), ControlSecretOf(secret)) ? 1 : 0;
  });
}

int usher_control(const usher_house_t* house, usher_state_t* state,
                  usher_control_method_t method, usher_view_t path,
                  usher_view_t body, int64_t now, uint32_t idle,
                  usher_control_answer_t* answer, usher_buffer_t* json,
                  usher_buffer_t* scratch) noexcept {
  *answer = {};
  return Guarded(-1, [&] {
    House& shards = HouseAt(house);
    const ControlAnswer given = Control(
        shards, state->file, {ControlMethodOf(method), Text(path), Text(body)},
        Seconds(now), idle);
    answer->status = given.status;
    given.allow.copy(answer->allow, sizeof(answer->allow) - 1);
    answer->said = Append(
        std::string_view(given.said).substr(0, scratch->capacity), scratch);
    return Write(given.json, json);
  });
}

const int usher_denial_bad_request =
    static_cast<int>(usher::Denial::kBadRequest);
const int usher_denial_method =
    static_cast<int>(usher::Denial::kMethodNotAllowed);
const int usher_denial_missing =
    static_cast<int>(usher::Denial::kTicketMissing);
const int usher_denial_scope = static_cast<int>(usher::Denial::kTicketScope);
const int usher_denial_key_not_yet =
    static_cast<int>(usher::Denial::kKeyNotYet);
const int usher_denial_rate_limited =
    static_cast<int>(usher::Denial::kRateLimited);

// The texts are string literals, so they end with a zero.
const char* usher_denial_code(int denial) noexcept {
  return CodeOf(DenialOf(denial)).data();
}

int usher_denial_status(int denial) noexcept {
  return HttpStatusOf(DenialOf(denial));
}

const char* usher_denial_sentence(int denial) noexcept {
  return SentenceOf(DenialOf(denial)).data();
}

int usher_problem(int status, const char* code, const char* detail,
                  usher_buffer_t* json) noexcept {
  return Guarded(
      -1, [&] { return Write(ProblemJson(status, code, detail), json); });
}

// The C door to the sessions that all workers share, and to numbers about them.
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "core/base/sip_hash.h"
#include "core/crypto/system_random.h"
#include "ngx_module/bridge.h"
#include "ngx_module/engine/key_rate.h"
#include "ngx_module/engine/opened_house.h"
#include "ngx_module/engine/seam.h"
#include "ngx_module/engine/seam_session.h"
#include "ngx_module/engine/session_table.h"
#include "ngx_module/engine/status_report.h"
#include "ngx_module/engine/traffic.h"

namespace usher::engine {
namespace {

static_assert(USHER_COUNT_DENIED == static_cast<int>(Counter::kDenied));

SessionTable TableAt(const usher_table_t* table) {
  return SessionTable(
      std::span(static_cast<std::byte*>(table->memory), table->size));
}

// None where nobody is admitted here: a shield or an origin.
std::span<const Shard> ShardsOf(const usher_house_t* house) {
  if (house->shards == nullptr) return {};
  return HouseAt(house).shards();
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

Box BoxOf(const usher_box_t& box) {
  return {Seconds(box.now), box.idle, box.draining != 0};
}

}  // namespace
}  // namespace usher::engine

using namespace usher::engine;  // NOLINT: the C functions below are its door

size_t usher_table_minimum(void) noexcept { return SessionTable::kMinimumSize; }

void usher_table_format(const usher_table_t* table) noexcept {
  Guarded(0, [&] {
    std::array<uint8_t, sizeof(usher::SipKey)> random;
    usher::crypto::SystemRandom().Fill(random);
    TableAt(table).Format(std::bit_cast<usher::SipKey>(random));
    return 0;
  });
}

int usher_table_usable(const usher_table_t* table) noexcept {
  return TableAt(table).IsUsable() ? 1 : 0;
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
  for (const Shard& shard : HouseAt(house).shards()) {
    changes += shard.table.Changes();
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
  HouseAt(house).Count(number, counter);
}

int usher_status_json(const usher_house_t* house,
                      const usher_traffic_t* traffic, const usher_box_t* box,
                      usher_buffer_t* json) noexcept {
  return Guarded(-1, [&] {
    return Write(StatusJson(ShardsOf(house), TrafficAt(traffic), BoxOf(*box)),
                 json);
  });
}

int usher_metrics_text(const usher_house_t* house,
                       const usher_traffic_t* traffic, const usher_box_t* box,
                       usher_buffer_t* text) noexcept {
  return Guarded(-1, [&] {
    return Write(MetricsText(ShardsOf(house), TrafficAt(traffic), BoxOf(*box),
                             Exposition::Format::kPrometheus),
                 text);
  });
}

int usher_openmetrics_text(const usher_house_t* house,
                           const usher_traffic_t* traffic,
                           const usher_box_t* box,
                           usher_buffer_t* text) noexcept {
  return Guarded(-1, [&] {
    return Write(MetricsText(ShardsOf(house), TrafficAt(traffic), BoxOf(*box),
                             Exposition::Format::kOpenMetrics),
                 text);
  });
}

// Prometheus names it first; who names it last reads it as well.
int usher_accepts_openmetrics(usher_view_t accept) noexcept {
  return Text(accept).contains("application/openmetrics-text") ? 1 : 0;
}

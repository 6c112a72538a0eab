#include "ngx_module/engine/status_report.h"

#include <array>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string_view>

#include "ngx_module/engine/exposition.h"
#include "ngx_module/engine/traffic_report.h"

namespace usher::engine {
namespace {

using Shards = std::span<const Shard>;

template <typename Number>
uint64_t Sum(Shards shards, Number number) {
  return std::accumulate(shards.begin(), shards.end(), uint64_t{0},
                         [&](uint64_t sum, const Shard& shard) {
                           return sum + number(shard.table);
                         });
}

uint64_t Value(Shards shards, unsigned counter) {
  return Sum(shards, [&](const SessionTable& table) {
    return table.counters().Of(counter);
  });
}

uint64_t Value(Shards shards, Counter counter) {
  return Value(shards, static_cast<unsigned>(counter));
}

uint64_t Denied(Shards shards, size_t denial) {
  return Value(shards, static_cast<unsigned>(Counter::kDenied) +
                           static_cast<unsigned>(denial));
}

uint64_t Live(Shards shards, uint32_t now, uint32_t idle) {
  return Sum(shards, [&](const auto& table) { return table.Live(now, idle); });
}

uint64_t Capacity(Shards shards) {
  return Sum(shards, [](const auto& table) { return table.pool().Capacity(); });
}

uint64_t Displaced(Shards shards) {
  return Sum(shards,
             [](const auto& table) { return table.pool().displaced(); });
}

uint64_t Tombstones(Shards shards) {
  return Sum(shards, [](const auto& table) {
    uint64_t count = 0;
    for (const SlotKind kind :
         {SlotKind::kEvicted, SlotKind::kRevokedSession,
          SlotKind::kRevokedTicket, SlotKind::kRevokedKey}) {
      count += table.pool().CountOf(kind);
    }
    return count;
  });
}

std::string_view CodeAt(size_t denial) {
  return CodeOf(static_cast<Denial>(denial));
}

LiveSessions LiveByEvent(Shards shards, uint32_t now, uint32_t idle) {
  LiveSessions live;
  for (const Shard& shard : shards) shard.table.AddLive(live, now, idle);
  return live;
}

// The newest revocation list, in the shard that keeps it.
const Slot* NewestList(Shards shards) {
  if (shards.empty()) return nullptr;
  return shards.front().table.pool().Find(SlotKind::kList, {});
}

void Admissions(Exposition& text, Shards shards) {
  text.Family("usher_admissions_total", "counter", "Requests by verdict.");
  text.Sample(Value(shards, Counter::kAdmitted), {{"verdict", "admitted"}});
  for (size_t i = 0; i < kDenials; ++i) {
    text.Sample(Denied(shards, i), {{"verdict", CodeAt(i)}});
  }
}

void RevocationList(Exposition& text, Shards shards) {
  const Slot* const list = NewestList(shards);
  if (list == nullptr) return;
  text.Metric("usher_revocation_list_sequence", "gauge",
              "Number of the revocation list in force.", list->number);
  text.Metric("usher_revocation_list_timestamp_seconds", "gauge",
              "When it was taken over, UNIX time.", list->since);
}

}  // namespace

std::string StatusJson(Shards shards, const Traffic& traffic, const Box& box) {
  nlohmann::ordered_json denied;
  for (size_t i = 0; i < kDenials; ++i) denied[CodeAt(i)] = Denied(shards, i);
  nlohmann::ordered_json status = {
      {"draining", box.draining},
      {"sessions",
       {{"live", Live(shards, box.now, box.idle)},
        {"capacity", Capacity(shards)},
        {"evicted", Value(shards, Counter::kEvicted)},
        {"shared", Value(shards, Counter::kShared)},
        {"displaced", Displaced(shards)},
        {"tombstones", Tombstones(shards)}}},
      {"tickets",
       {{"verified", Value(shards, Counter::kTicketsVerified)},
        {"opened", Value(shards, Counter::kOpened)}}},
      {"requests",
       {{"admitted", Value(shards, Counter::kAdmitted)}, {"denied", denied}}},
      {"keys",
       {{"delivered", Value(shards, Counter::kKeys)},
        {"licences", Value(shards, Counter::kLicences)}}},
      {"audit", {{"dropped", Value(shards, Counter::kAuditDropped)}}}};
  if (const Slot* const list = NewestList(shards)) {
    status["revocation_list"] = {{"sequence", list->number},
                                 {"since", list->since}};
  }
  status.update(nlohmann::ordered_json::parse(
      TrafficJson(traffic, LiveByEvent(shards, box.now, box.idle),
                  uint64_t{box.now} * 1000)));
  return status.dump(2) + "\n";
}

std::string MetricsText(Shards shards, const Traffic& traffic, const Box& box,
                        Exposition::Format format) {
  Exposition text(format);
  text.Metric("usher_draining", "gauge",
              "1 while the box takes no new viewers (usher_drain).",
              box.draining ? 1 : 0);
  text.Metric("usher_sessions_live", "gauge", "Sessions in use.",
              Live(shards, box.now, box.idle));
  text.Metric("usher_sessions_capacity", "gauge", "Sessions the zone holds.",
              Capacity(shards));
  text.Metric("usher_sessions_evicted_total", "counter",
              "Sessions whose seat another of their ticket took.",
              Value(shards, Counter::kEvicted));
  text.Metric("usher_sessions_shared_total", "counter",
              "Further clients caught using a session of somebody else's.",
              Value(shards, Counter::kShared));
  text.Metric("usher_sessions_displaced_total", "counter",
              "Sessions forgotten before their time, because the zone is full.",
              Displaced(shards));
  text.Metric("usher_sessions_opened_total", "counter",
              "Sessions opened with a ticket.",
              Value(shards, Counter::kOpened));
  text.Metric("usher_tickets_verified_total", "counter",
              "Tickets whose signature was checked.",
              Value(shards, Counter::kTicketsVerified));
  text.Metric("usher_keys_delivered_total", "counter", "Content keys given.",
              Value(shards, Counter::kKeys));
  text.Metric("usher_licences_delivered_total", "counter",
              "Clear Key licences given.", Value(shards, Counter::kLicences));
  text.Metric("usher_audit_dropped_total", "counter",
              "Lines of usher_audit that found no room.",
              Value(shards, Counter::kAuditDropped));
  text.Metric("usher_tombstones", "gauge",
              "Sessions and tickets that are remembered as sent away.",
              Tombstones(shards));
  Admissions(text, shards);
  RevocationList(text, shards);
  AddTraffic(text, traffic, LiveByEvent(shards, box.now, box.idle));
  return text.Take();
}

}  // namespace usher::engine

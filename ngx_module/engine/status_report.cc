#include "ngx_module/engine/status_report.h"

#include <array>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string_view>

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

std::string_view CodeAt(size_t denial) {
  return CodeOf(static_cast<Denial>(denial));
}

void Family(std::string& text, std::string_view name, std::string_view type,
            std::string_view help) {
  text.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void Sample(std::string& text, std::string_view name, uint64_t value) {
  text.append(name).append(" ").append(std::to_string(value)).append("\n");
}

void Metric(std::string& text, std::string_view name, std::string_view type,
            std::string_view help, uint64_t value) {
  Family(text, name, type, help);
  Sample(text, name, value);
}

void Admissions(std::string& text, Shards shards) {
  constexpr std::string_view kName = "usher_admissions_total";
  Family(text, kName, "counter", "Requests by verdict.");
  const auto verdict = [&](std::string_view name, uint64_t value) {
    std::string labelled(kName);
    labelled.append("{verdict=\"").append(name).append("\"}");
    Sample(text, labelled, value);
  };
  verdict("admitted", Value(shards, Counter::kAdmitted));
  for (size_t i = 0; i < kDenials; ++i) verdict(CodeAt(i), Denied(shards, i));
}

}  // namespace

std::string StatusJson(Shards shards, uint32_t now, uint32_t idle) {
  nlohmann::ordered_json denied;
  for (size_t i = 0; i < kDenials; ++i) denied[CodeAt(i)] = Denied(shards, i);
  const nlohmann::ordered_json status = {
      {"sessions",
       {{"live", Live(shards, now, idle)},
        {"capacity", Capacity(shards)},
        {"evicted", Value(shards, Counter::kEvicted)},
        {"shared", Value(shards, Counter::kShared)},
        {"displaced", Displaced(shards)}}},
      {"tickets",
       {{"verified", Value(shards, Counter::kTicketsVerified)},
        {"opened", Value(shards, Counter::kOpened)}}},
      {"requests",
       {{"admitted", Value(shards, Counter::kAdmitted)}, {"denied", denied}}},
      {"keys",
       {{"delivered", Value(shards, Counter::kKeys)},
        {"licences", Value(shards, Counter::kLicences)}}}};
  return status.dump(2) + "\n";
}

std::string MetricsText(Shards shards, uint32_t now, uint32_t idle) {
  std::string text;
  Metric(text, "usher_sessions_live", "gauge", "Sessions in use.",
         Live(shards, now, idle));
  Metric(text, "usher_sessions_capacity", "gauge", "Sessions the zone holds.",
         Capacity(shards));
  Metric(text, "usher_sessions_evicted_total", "counter",
         "Sessions whose seat another of their ticket took.",
         Value(shards, Counter::kEvicted));
  Metric(text, "usher_sessions_shared_total", "counter",
         "Further clients caught using a session of somebody else's.",
         Value(shards, Counter::kShared));
  Metric(text, "usher_sessions_displaced_total", "counter",
         "Sessions forgotten before their time, because the zone is full.",
         Displaced(shards));
  Metric(text, "usher_sessions_opened_total", "counter",
         "Sessions opened with a ticket.", Value(shards, Counter::kOpened));
  Metric(text, "usher_tickets_verified_total", "counter",
         "Tickets whose signature was checked.",
         Value(shards, Counter::kTicketsVerified));
  Metric(text, "usher_keys_delivered_total", "counter", "Content keys given.",
         Value(shards, Counter::kKeys));
  Metric(text, "usher_licences_delivered_total", "counter",
         "Clear Key licences given.", Value(shards, Counter::kLicences));
  Admissions(text, shards);
  return text;
}

}  // namespace usher::engine

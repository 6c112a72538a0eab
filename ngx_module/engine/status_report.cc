#include "ngx_module/engine/status_report.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace usher::engine {
namespace {

uint64_t Value(const SessionTable& table, Counter counter) {
  return table.CountOf(static_cast<unsigned>(counter));
}

uint64_t Denied(const SessionTable& table, size_t denial) {
  return table.CountOf(static_cast<unsigned>(Counter::kDenied) +
                       static_cast<unsigned>(denial));
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

void Admissions(std::string& text, const SessionTable& table) {
  constexpr std::string_view kName = "usher_admissions_total";
  Family(text, kName, "counter", "Requests by verdict.");
  const auto verdict = [&](std::string_view name, uint64_t value) {
    std::string labelled(kName);
    labelled.append("{verdict=\"").append(name).append("\"}");
    Sample(text, labelled, value);
  };
  verdict("admitted", Value(table, Counter::kAdmitted));
  for (size_t i = 0; i < kDenials; ++i) verdict(CodeAt(i), Denied(table, i));
}

}  // namespace

std::string StatusJson(const SessionTable& table, uint32_t now, uint32_t idle) {
  nlohmann::ordered_json denied;
  for (size_t i = 0; i < kDenials; ++i) denied[CodeAt(i)] = Denied(table, i);
  const nlohmann::ordered_json status = {
      {"sessions",
       {{"live", table.Live(now, idle)}, {"capacity", table.Capacity()}}},
      {"tickets",
       {{"verified", Value(table, Counter::kTicketsVerified)},
        {"opened", Value(table, Counter::kOpened)}}},
      {"requests",
       {{"admitted", Value(table, Counter::kAdmitted)}, {"denied", denied}}},
      {"keys",
       {{"delivered", Value(table, Counter::kKeys)},
        {"licences", Value(table, Counter::kLicences)}}}};
  return status.dump(2) + "\n";
}

std::string MetricsText(const SessionTable& table, uint32_t now,
                        uint32_t idle) {
  std::string text;
  Metric(text, "usher_sessions_live", "gauge", "Sessions in use.",
         table.Live(now, idle));
  Metric(text, "usher_sessions_capacity", "gauge", "Sessions the zone holds.",
         table.Capacity());
  Metric(text, "usher_sessions_opened_total", "counter",
         "Sessions opened with a ticket.", Value(table, Counter::kOpened));
  Metric(text, "usher_tickets_verified_total", "counter",
         "Tickets whose signature was checked.",
         Value(table, Counter::kTicketsVerified));
  Metric(text, "usher_keys_delivered_total", "counter", "Content keys given.",
         Value(table, Counter::kKeys));
  Metric(text, "usher_licences_delivered_total", "counter",
         "Clear Key licences given.", Value(table, Counter::kLicences));
  Admissions(text, table);
  return text;
}

}  // namespace usher::engine

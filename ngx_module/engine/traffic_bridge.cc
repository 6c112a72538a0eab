#include "ngx_module/traffic_bridge.h"

#include <array>
#include <new>
#include <optional>
#include <span>
#include <string_view>

#include "ngx_module/engine/seam.h"
#include "ngx_module/engine/traffic.h"

using usher::engine::CacheOutcome;
using usher::engine::PlayerReport;
using usher::engine::Text;
using usher::engine::Traffic;

namespace {

Traffic& At(usher_traffic_t* traffic) {
  return *reinterpret_cast<Traffic*>(traffic);
}

// In the order of NGX_HTTP_CACHE_MISS to NGX_HTTP_CACHE_SCARCE.
CacheOutcome OutcomeOf(int cache_status, bool coalesced) {
  constexpr std::array kOutcomes = {
      CacheOutcome::kNone,        CacheOutcome::kMiss,  CacheOutcome::kBypass,
      CacheOutcome::kExpired,     CacheOutcome::kStale, CacheOutcome::kUpdating,
      CacheOutcome::kRevalidated, CacheOutcome::kHit,   CacheOutcome::kMiss};
  const auto index = static_cast<size_t>(cache_status);
  const CacheOutcome outcome =
      index < kOutcomes.size() ? kOutcomes[index] : CacheOutcome::kNone;
  return coalesced && outcome == CacheOutcome::kHit ? CacheOutcome::kCoalesced
                                                    : outcome;
}

Traffic::Wait WaitOf(usher_wait_t wait) {
  return wait == USHER_WAIT_HELD ? Traffic::Wait::kHeld
                                 : Traffic::Wait::kFollower;
}

// Nothing where memory is out, as if the player had said nothing.
std::optional<PlayerReport> ReportOf(const usher_served_t& served) noexcept {
  std::array<std::string_view, USHER_CMCD_HEADERS> headers;
  for (size_t i = 0; i < served.cmcd_count; ++i) {
    headers[i] = Text(served.cmcd[i]);
  }
  try {
    return usher::engine::ReadPlayerReport(
        Text(served.query), std::span(headers).first(served.cmcd_count));
  } catch (...) {
    return std::nullopt;
  }
}

}  // namespace

size_t usher_traffic_size() noexcept { return sizeof(Traffic); }

usher_traffic_t* usher_traffic_format(void* memory) noexcept {
  return reinterpret_cast<usher_traffic_t*>(new (memory) Traffic{});
}

void usher_traffic_start(usher_traffic_t* traffic, unsigned process) noexcept {
  At(traffic).StartProcess(process);
}

void usher_traffic_served(usher_traffic_t* traffic,
                          const usher_served_t* served) noexcept {
  At(traffic).CountServed(
      {.path = Text(served->path),
       .status = served->status,
       .outcome = OutcomeOf(served->cache_status, served->coalesced != 0),
       .bytes = served->bytes,
       .now = served->now,
       .player = ReportOf(*served)});
}

void usher_traffic_fetched(usher_traffic_t* traffic, usher_view_t path,
                           int status, uint64_t bytes) noexcept {
  At(traffic).CountFetch(Text(path), status, bytes);
}

void usher_traffic_hop_refused(usher_traffic_t* traffic, int refusal) noexcept {
  At(traffic).CountHopRefusal(static_cast<usher::hop::Refusal>(refusal));
}

void usher_traffic_park(usher_traffic_t* traffic, unsigned process,
                        usher_wait_t wait) noexcept {
  At(traffic).Park(process, WaitOf(wait));
}

void usher_traffic_unpark(usher_traffic_t* traffic, unsigned process,
                          usher_wait_t wait, uint64_t waited) noexcept {
  At(traffic).Unpark(process, WaitOf(wait), waited);
}

#include "ngx_module/engine/traffic_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/session/credential.h"

namespace usher::engine {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto kRelaxed = std::memory_order_relaxed;

uint64_t SessionsOf(std::string_view event, const LiveSessions& live) {
  const auto found = live.find(session::EventHash(event));
  return found == live.end() ? 0 : found->second;
}

template <typename Call>
void ForEachFlow(const Traffic& traffic, Call call) {
  for (size_t i = 0; i < kFileKinds; ++i) {
    for (size_t j = 0; j < kCacheOutcomes; ++j) {
      const auto kind = static_cast<FileKind>(i);
      const auto outcome = static_cast<CacheOutcome>(j);
      // What never happened is no series.
      if (traffic.Requests(kind, outcome) != 0) call(kind, outcome);
    }
  }
}

template <typename Call>
void ForEachOrigin(const Traffic& traffic, Call call) {
  for (size_t i = 0; i < kFileKinds; ++i) {
    const auto kind = static_cast<FileKind>(i);
    if (traffic.Fetches(kind) != 0) call(kind);
  }
}

template <typename Call>
void ForEachHopRefusal(const Traffic& traffic, Call call) {
  for (size_t i = 0; i < hop::kRefusals; ++i) {
    const auto refusal = static_cast<hop::Refusal>(i);
    call(hop::CodeOf(refusal), traffic.HopRefusals(refusal));
  }
}

// What an event adds to a family: its labels and one number.
template <typename Value>
void PerEvent(Exposition& text, const Traffic& traffic, std::string_view name,
              std::string_view type, std::string_view help, Value value) {
  text.Family(name, type, help);
  traffic.ForEachEvent(
      [&](const Traffic::Event& event, std::string_view label) {
        text.Sample(value(event), {{"event", label}});
      });
}

void AddHistogram(Exposition& text, std::string_view name,
                  std::string_view help, const Traffic::Histogram& waits) {
  text.Family(name, "histogram", help);
  uint64_t count = 0;
  for (size_t i = 0; i < kWaitBuckets.size(); ++i) {
    count += waits.counts[i].load(kRelaxed);
    text.Suffixed("_bucket", count, {{"le", Seconds(kWaitBuckets[i])}});
  }
  count += waits.counts.back().load(kRelaxed);
  text.Suffixed("_bucket", count, {{"le", "+Inf"}});
  text.Milli("_sum", waits.sum.load(kRelaxed));
  text.Suffixed("_count", count);
}

// The share of waits that took at most so long, as the upper end of a bucket;
// nothing where there were none, or it was longer than the last.
Json Quantile(const Traffic::Histogram& waits, double share) {
  uint64_t all = 0;
  for (const auto& count : waits.counts) all += count.load(kRelaxed);
  const double wanted = share * static_cast<double>(all);
  uint64_t until = 0;
  for (size_t i = 0; all != 0 && i < kWaitBuckets.size(); ++i) {
    until += waits.counts[i].load(kRelaxed);
    if (static_cast<double>(until) >= wanted) return kWaitBuckets[i];
  }
  return nullptr;
}

// Null where nobody said anything.
Json MeanJson(const Traffic::Mean& mean) {
  const uint64_t count = mean.count.load(kRelaxed);
  return count == 0 ? Json() : Json(mean.sum.load(kRelaxed) / count);
}

Json PlayersJson(const Traffic::Players& players) {
  return {{"reports", players.reports.load(kRelaxed)},
          {"starved", players.starved.load(kRelaxed)},
          {"starting", players.starting.load(kRelaxed)},
          {"mean_bitrate_kbps", MeanJson(players.bitrate)},
          {"mean_throughput_kbps", MeanJson(players.throughput)},
          {"mean_start_delay_ms", MeanJson(players.start_delay)},
          {"mean_latency_ms", MeanJson(players.latency)}};
}

enum class Unit { kKilobits, kMilliseconds };

// All that the players of each event said of one thing, as bytes or seconds.
void AddMeans(Exposition& text, const Traffic& traffic, std::string_view name,
              std::string_view help, Traffic::Mean Traffic::Players::* what,
              Unit unit) {
  text.Family(name, "summary", help);
  traffic.ForEachEvent(
      [&](const Traffic::Event& event, std::string_view label) {
        const Traffic::Mean& said = event.players.*what;
        const uint64_t sum = said.sum.load(kRelaxed);
        if (unit == Unit::kMilliseconds) {
          text.Milli("_sum", sum, {{"event", label}});
        } else {
          text.Suffixed("_sum", sum * 125, {{"event", label}});
        }
        text.Suffixed("_count", said.count.load(kRelaxed), {{"event", label}});
      });
}

void AddPlayers(Exposition& text, const Traffic& traffic) {
  using Players = Traffic::Players;
  const auto count = [&](std::string_view name, std::string_view help,
                         Traffic::Number Players::* what) {
    PerEvent(text, traffic, name, "counter", help,
             [what](const Traffic::Event& event) {
               return (event.players.*what).load(kRelaxed);
             });
  };
  count("usher_event_player_reports_total", "Requests that carried CMCD.",
        &Players::reports);
  count("usher_event_player_starved_total",
        "Those of them that said the buffer had run empty.", &Players::starved);
  count("usher_event_player_starting_total",
        "Those of them whose player had not begun to play.",
        &Players::starting);
  AddMeans(text, traffic, "usher_event_player_bitrate_bytes_per_second",
           "Rate of the media that players asked for.", &Players::bitrate,
           Unit::kKilobits);
  AddMeans(text, traffic, "usher_event_player_throughput_bytes_per_second",
           "Throughput that players measured.", &Players::throughput,
           Unit::kKilobits);
  AddMeans(text, traffic, "usher_event_player_start_delay_seconds",
           "From the press on play to the first picture.",
           &Players::start_delay, Unit::kMilliseconds);
  AddMeans(text, traffic, "usher_event_player_latency_seconds",
           "How far behind live players were.", &Players::latency,
           Unit::kMilliseconds);
}

Json WaitsJson(const Traffic& traffic, Traffic::Wait wait) {
  const Traffic::Histogram& waits = traffic.Waits(wait);
  uint64_t count = 0;
  // [upper end in ms, how many], the last of them without an end.
  Json buckets = Json::array();
  for (size_t i = 0; i < waits.counts.size(); ++i) {
    const uint64_t in_bucket = waits.counts[i].load(kRelaxed);
    count += in_bucket;
    buckets.push_back(
        {i < kWaitBuckets.size() ? Json(kWaitBuckets[i]) : Json(), in_bucket});
  }
  return {{"now", traffic.Waiting(wait)},
          {"ended", count},
          {"p50_ms", Quantile(waits, 0.5)},
          {"p95_ms", Quantile(waits, 0.95)},
          {"buckets", buckets}};
}

}  // namespace

std::string TrafficJson(const Traffic& traffic, const LiveSessions& live,
                        uint64_t now_ms) {
  Json status;
  Json& events = status["events"] = Json::object();
  traffic.ForEachEvent([&](const Traffic::Event& event, std::string_view name) {
    Json& json = events[std::string(name)];
    json = {{"sessions", SessionsOf(name, live)},
            {"requests", event.requests.load(kRelaxed)},
            {"bytes", event.bytes.load(kRelaxed)},
            {"newest_segment", event.newest.load(kRelaxed)},
            {"newest_segment_age_ms", nullptr}};
    const uint64_t since = event.newest_since.load(kRelaxed);
    if (since != 0) {
      json["newest_segment_age_ms"] = now_ms - std::min(now_ms, since);
    }
    if (event.players.reports.load(kRelaxed) != 0) {
      json["players"] = PlayersJson(event.players);
    }
  });
  Json& flows = status["traffic"] = Json::object();
  ForEachFlow(traffic, [&](FileKind kind, CacheOutcome outcome) {
    flows[std::string(NameOf(kind))][std::string(NameOf(outcome))] = {
        {"requests", traffic.Requests(kind, outcome)},
        {"bytes", traffic.Bytes(kind, outcome)}};
  });
  Json& origin = status["origin"] = Json::object();
  ForEachOrigin(traffic, [&](FileKind kind) {
    origin[std::string(NameOf(kind))] = {
        {"fetches", traffic.Fetches(kind)},
        {"failures", traffic.FetchFailures(kind)},
        {"bytes", traffic.FetchedBytes(kind)}};
  });
  Json& hops = status["hops"]["refused"] = Json::object();
  ForEachHopRefusal(traffic, [&](std::string_view code, uint64_t count) {
    hops[std::string(code)] = count;
  });
  status["waits"] = {
      {"followers", WaitsJson(traffic, Traffic::Wait::kFollower)},
      {"held", WaitsJson(traffic, Traffic::Wait::kHeld)}};
  return status.dump();
}

void AddTraffic(Exposition& text, const Traffic& traffic,
                const LiveSessions& live) {
  text.Family("usher_requests_total", "counter",
              "Requests by what they were for and what the cache said.");
  ForEachFlow(traffic, [&](FileKind kind, CacheOutcome outcome) {
    text.Sample(traffic.Requests(kind, outcome),
                {{"kind", NameOf(kind)}, {"cache", NameOf(outcome)}});
  });
  text.Family("usher_sent_bytes_total", "counter",
              "Bytes sent to viewers, heads included.");
  ForEachFlow(traffic, [&](FileKind kind, CacheOutcome outcome) {
    text.Sample(traffic.Bytes(kind, outcome),
                {{"kind", NameOf(kind)}, {"cache", NameOf(outcome)}});
  });
  text.Family("usher_origin_fetches_total", "counter",
              "Answers that came from the next box, not from the cache.");
  ForEachOrigin(traffic, [&](FileKind kind) {
    text.Sample(traffic.Fetches(kind), {{"kind", NameOf(kind)}});
  });
  text.Family("usher_origin_failures_total", "counter",
              "Those of them with a status of 500 or above.");
  ForEachOrigin(traffic, [&](FileKind kind) {
    text.Sample(traffic.FetchFailures(kind), {{"kind", NameOf(kind)}});
  });
  text.Family("usher_origin_bytes_total", "counter",
              "Their bodies, where they said how long they were.");
  ForEachOrigin(traffic, [&](FileKind kind) {
    text.Sample(traffic.FetchedBytes(kind), {{"kind", NameOf(kind)}});
  });
  text.Family("usher_hop_refused_total", "counter",
              "Requests that usher_hop_secret kept out.");
  ForEachHopRefusal(traffic, [&](std::string_view code, uint64_t count) {
    text.Sample(count, {{"code", code}});
  });
  text.Metric("usher_followers_waiting", "gauge",
              "Requests that wait for somebody else's fetch.",
              traffic.Waiting(Traffic::Wait::kFollower));
  AddHistogram(text, "usher_follower_wait_seconds", "How long they waited.",
               traffic.Waits(Traffic::Wait::kFollower));
  text.Metric("usher_held_requests", "gauge",
              "Live requests held until what they ask for is there.",
              traffic.Waiting(Traffic::Wait::kHeld));
  AddHistogram(text, "usher_held_seconds", "How long they were held.",
               traffic.Waits(Traffic::Wait::kHeld));
  text.Family("usher_event_sessions", "gauge", "Sessions in use.");
  traffic.ForEachEvent([&](const Traffic::Event&, std::string_view label) {
    text.Sample(SessionsOf(label, live), {{"event", label}});
  });
  PerEvent(text, traffic, "usher_event_requests_total", "counter",
           "Requests that were served.", [](const Traffic::Event& event) {
             return event.requests.load(kRelaxed);
           });
  PerEvent(
      text, traffic, "usher_event_sent_bytes_total", "counter", "Bytes sent.",
      [](const Traffic::Event& event) { return event.bytes.load(kRelaxed); });
  PerEvent(
      text, traffic, "usher_event_newest_segment", "gauge",
      "The highest segment number that was served.",
      [](const Traffic::Event& event) { return event.newest.load(kRelaxed); });
  PerEvent(text, traffic, "usher_event_newest_segment_timestamp_seconds",
           "gauge", "When it was served first, UNIX time.",
           [](const Traffic::Event& event) {
             return event.newest_since.load(kRelaxed) / 1000;
           });
  AddPlayers(text, traffic);
}

}  // namespace usher::engine

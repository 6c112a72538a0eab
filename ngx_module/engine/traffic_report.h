// The numbers of traffic.h in words.
#pragma once

#include <map>
#include <string>

#include "ngx_module/engine/exposition.h"
#include "ngx_module/engine/slot_pool.h"
#include "ngx_module/engine/traffic.h"

namespace usher::engine {

// Sessions in use, by the hash of the event's name.
using LiveSessions = std::map<SlotId, uint64_t>;

// A JSON object: "events", "traffic", "origin", "hops", "waits".
std::string TrafficJson(const Traffic& traffic, const LiveSessions& live,
                        uint64_t now_ms);
void AddTraffic(Exposition& text, const Traffic& traffic,
                const LiveSessions& live);

}  // namespace usher::engine

// Sessions and traffic in words: JSON for people, Prometheus text for machines.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "ngx_module/engine/exposition.h"
#include "ngx_module/engine/house.h"
#include "ngx_module/engine/traffic.h"

namespace usher::engine {

// What it reports of, beside what was counted.
struct Box {
  uint32_t now = 0;
  uint32_t idle = 0;  // seconds after which a session no longer counts
  bool draining = false;
};

std::string StatusJson(std::span<const Shard> shards, const Traffic& traffic,
                       const Box& box);

std::string MetricsText(std::span<const Shard> shards, const Traffic& traffic,
                        const Box& box, Exposition::Format format);

}  // namespace usher::engine

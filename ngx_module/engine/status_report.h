// Sessions and traffic in words: JSON for people, Prometheus text for machines.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "ngx_module/engine/house.h"
#include "ngx_module/engine/traffic.h"

namespace usher::engine {

std::string StatusJson(std::span<const Shard> shards, const Traffic& traffic,
                       uint32_t now, uint32_t idle);

// Exposition format 0.0.4.
std::string MetricsText(std::span<const Shard> shards, const Traffic& traffic,
                        uint32_t now, uint32_t idle);

}  // namespace usher::engine

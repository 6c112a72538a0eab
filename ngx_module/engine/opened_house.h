// What stands behind the opaque handles of shared memory, state and events.
#pragma once

#include <span>
#include <vector>

#include "core/session/credential.h"
#include "ngx_module/bridge.h"
#include "ngx_module/engine/event_settings.h"
#include "ngx_module/engine/house.h"
#include "ngx_module/engine/state_file.h"

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

inline std::span<const EventSettings> EventsOf(const usher_events_t* events) {
  if (events == nullptr) return {};
  return events->list;
}

inline House& HouseAt(const usher_house_t* house) {
  return house->shards->house;
}

}  // namespace usher::engine

#include "ngx_module/cmcd_bridge.h"

#include <algorithm>

#include "ngx_module/engine/cmcd.h"

namespace {

std::string_view Text(usher_view_t view) {
  return view.size == 0 ? std::string_view{}
                        : std::string_view(view.data, view.size);
}

void Write(std::string_view text, usher_buffer_t* value) {
  if (text.size() > value->capacity) return;
  std::ranges::copy(text, value->data);
  value->size = text.size();
}

}  // namespace

void usher_cmcd_of_query(usher_view_t query, usher_view_t key,
                         usher_buffer_t* value) noexcept {
  value->size = 0;
  try {
    const std::string data = usher::engine::CmcdOfQuery(Text(query));
    Write(usher::engine::CmcdValue(data, Text(key)), value);
  } catch (...) {
    value->size = 0;  // out of memory: as if the player said nothing
  }
}

void usher_cmcd_of_header(usher_view_t header, usher_view_t key,
                          usher_buffer_t* value) noexcept {
  value->size = 0;
  Write(usher::engine::CmcdValue(Text(header), Text(key)), value);
}

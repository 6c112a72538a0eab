#include "ngx_module/cmcd_bridge.h"

#include <string>

#include "ngx_module/engine/cmcd.h"
#include "ngx_module/engine/seam.h"

using usher::engine::Text;
using usher::engine::Write;

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

// What every C door to the engine does: see what nginx says as C++ does, write
// answers where nginx has room, and let no exception through.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "ngx_module/bridge.h"

namespace usher::engine {

// No exception crosses the seam: what the engine could not do, for want of
// memory, is answered by `otherwise`.
template <typename T, typename F>
T Guarded(T otherwise, F&& body) noexcept {
  try {
    return body();
  } catch (...) {
    return otherwise;
  }
}

inline std::string_view Text(usher_view_t view) {
  return view.size == 0 ? std::string_view{}
                        : std::string_view(view.data, view.size);
}

inline usher_view_t View(std::string_view text) {
  return {text.data(), text.size()};
}

// Nothing is written where `text` does not fit.
inline int Write(std::string_view text, usher_buffer_t* buffer) {
  buffer->size = 0;
  if (text.size() > buffer->capacity) return -1;
  std::ranges::copy(text, buffer->data);
  buffer->size = text.size();
  return 0;
}

// A line for people: cut where the buffer ends.
inline void WriteLine(const Error& error, usher_buffer_t* buffer) {
  const std::string line = error.OneLine();
  Write(std::string_view(line).substr(0, buffer->capacity), buffer);
}

inline usher_view_t Append(std::string_view text, usher_buffer_t* scratch) {
  if (text.size() > scratch->capacity - scratch->size) return {nullptr, 0};
  char* to = scratch->data + scratch->size;
  std::ranges::copy(text, to);
  scratch->size += text.size();
  return {to, text.size()};
}

inline uint32_t Seconds(int64_t now) { return static_cast<uint32_t>(now); }

}  // namespace usher::engine

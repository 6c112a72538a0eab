// CBOR as tests write it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace usher::testing::cbor {

inline std::string Head(unsigned major, uint64_t number) {
  std::string head(1, static_cast<char>(major << 5));
  if (number < 24) {
    head[0] = static_cast<char>(head[0] | static_cast<char>(number));
    return head;
  }
  int size = 0;
  while (size < 3 && number >> (8U << size) != 0) ++size;
  head[0] = static_cast<char>(head[0] | (24 + size));
  for (int byte = (1 << size) - 1; byte >= 0; --byte) {
    head += static_cast<char>(number >> (8 * byte));
  }
  return head;
}

inline std::string Int(int64_t value) {
  return value >= 0 ? Head(0, static_cast<uint64_t>(value))
                    : Head(1, static_cast<uint64_t>(-1 - value));
}
inline std::string Text(std::string_view text) {
  return Head(3, text.size()).append(text);
}
inline std::string ByteString(std::string_view bytes) {
  return Head(2, bytes.size()).append(bytes);
}
inline std::string Tag(uint64_t tag, std::string_view item) {
  return Head(6, tag).append(item);
}
// Of items written already.
inline std::string Array(const std::vector<std::string>& items) {
  std::string array = Head(4, items.size());
  for (const std::string& item : items) array += item;
  return array;
}
// Keys and values in turn.
inline std::string Map(const std::vector<std::string>& items) {
  std::string map = Head(5, items.size() / 2);
  for (const std::string& item : items) map += item;
  return map;
}

}  // namespace usher::testing::cbor

#include "packager/config/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace usher::config {
namespace {

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view NearestName(std::string_view word,
                             std::span<const std::string_view> names) {
  std::string_view nearest;
  size_t fewest = 0;
  // A hostile key may be megabytes long; no name we know is.
  if (word.size() > 64) return nearest;
  for (const std::string_view name : names) {
    const size_t edits = EditDistance(word, name);
    if (edits > name.size() / 3 + 1) continue;
    if (nearest.empty() || edits < fewest) {
      nearest = name;
      fewest = edits;
    }
  }
  return nearest;
}

}  // namespace usher::config

#include "packager/encrypt/subsample_list.h"

#include <algorithm>
#include <utility>

namespace usher {
namespace {

constexpr size_t kBlock = 16;
// What an entry's 16 bits hold, in whole blocks.
constexpr size_t kMaxClear = 0xFFFF / kBlock * kBlock;

// Entries that a clear range of `clear` bytes needs.
size_t EntriesFor(size_t clear) {
  return clear <= kMaxClear ? 1 : 1 + (clear - 1) / kMaxClear;
}

void Push(size_t clear, size_t encrypted, std::vector<Subsample>& entries) {
  for (; clear > kMaxClear; clear -= kMaxClear) {
    entries.push_back({.clear = kMaxClear, .encrypted = 0});
  }
  entries.push_back({.clear = static_cast<uint16_t>(clear),
                     .encrypted = static_cast<uint32_t>(encrypted)});
}

// Megabytes without a picture: what the entries cannot call clear.
void ProtectTail(std::vector<Subsample>& entries) {
  Subsample& last = entries[kMaxSubsamples - 1];
  size_t tail = last.clear;
  for (size_t i = kMaxSubsamples - 1; i < entries.size(); ++i) {
    tail += entries[i].encrypted;
    if (i >= kMaxSubsamples) tail += entries[i].clear;
  }
  last.clear = static_cast<uint16_t>(tail % kBlock);
  last.encrypted = static_cast<uint32_t>(tail - tail % kBlock);
  entries.resize(kMaxSubsamples);
}

}  // namespace

void SubsampleList::Add(size_t clear_size, size_t protected_size) {
  const size_t odd = whole_blocks_ ? protected_size % kBlock : 0;
  clear_ += clear_size + odd;
  if (protected_size == odd) return;
  ranges_.push_back({clear_, protected_size - odd});
  clear_ = 0;
}

std::vector<Subsample> SubsampleList::Finish() {
  const auto needed = [this] {
    size_t entries = clear_ > 0 ? EntriesFor(clear_) : 0;
    for (const Range& range : ranges_) entries += EntriesFor(range.clear);
    return entries;
  };
  while (needed() > kMaxSubsamples && !ranges_.empty()) DropSmallest();
  std::vector<Subsample> entries;
  for (const Range& range : ranges_) {
    Push(range.clear, range.encrypted, entries);
  }
  if (clear_ > 0 || entries.empty()) Push(clear_, 0, entries);
  if (entries.size() > kMaxSubsamples) ProtectTail(entries);
  ranges_.clear();
  clear_ = 0;
  return entries;
}

// It becomes clear, as a part of what is clear behind it.
void SubsampleList::DropSmallest() {
  const auto smallest =
      std::ranges::min_element(ranges_, {}, &Range::encrypted);
  const auto next = std::next(smallest);
  (next == ranges_.end() ? clear_ : next->clear) +=
      smallest->clear + smallest->encrypted;
  ranges_.erase(smallest);
}

}  // namespace usher

#include "ngx_module/engine/nonce_memory.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/hop/hop.h"

namespace usher::engine {
namespace {

constexpr uint64_t kSchema = 0x7573'6865'6e00'0001;  // "ushen", version 1
constexpr size_t kEntries = 10;

struct Key {
  uint64_t id;
  uint32_t bucket;
};

Key KeyOf(const hop::Nonce& nonce) {
  Key key;
  std::memcpy(&key.id, nonce.data(), sizeof(key.id));
  std::memcpy(&key.bucket, nonce.data() + sizeof(key.id), sizeof(key.bucket));
  return key;
}

}  // namespace

struct NonceMemory::Header {
  uint64_t schema;
  uint64_t buckets;
};

// A slot whose time is outside the window is free: nobody can use it again.
struct NonceMemory::Bucket {
  std::array<uint64_t, kEntries> ids;
  std::array<uint32_t, kEntries> times;
  uint32_t forgotten;  // the latest time that is remembered no more
  uint32_t unused;
};

NonceMemory::NonceMemory(std::span<std::byte> memory)
    : header_(reinterpret_cast<Header*>(memory.data())),
      buckets_(reinterpret_cast<Bucket*>(memory.data() + sizeof(Header)),
               (memory.size() - sizeof(Header)) / sizeof(Bucket)) {}

void NonceMemory::Format() {
  std::ranges::fill(buckets_, Bucket{});
  *header_ = {.schema = kSchema, .buckets = buckets_.size()};
}

bool NonceMemory::IsUsable() const {
  return header_->schema == kSchema && header_->buckets == buckets_.size();
}

bool NonceMemory::Remember(const hop::Stamp& stamp, uint32_t now) {
  const Key key = KeyOf(stamp.nonce);
  Bucket& bucket = buckets_[key.bucket % buckets_.size()];
  if (stamp.time <= bucket.forgotten) return false;
  size_t oldest = 0;
  for (size_t i = 0; i < kEntries; ++i) {
    if (bucket.ids[i] == key.id && bucket.times[i] != 0) return false;
    if (bucket.times[i] < bucket.times[oldest]) oldest = i;
  }
  const uint32_t time = bucket.times[oldest];
  if (uint64_t{time} + hop::kWindow >= now) {
    bucket.forgotten = std::max(bucket.forgotten, time);
    if (stamp.time <= time) return false;
  }
  bucket.times[oldest] = stamp.time;
  bucket.ids[oldest] = key.id;
  return true;
}

}  // namespace usher::engine

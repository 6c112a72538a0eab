#include "core/ticket/cbor.h"

#include <cbor.h>

#include <limits>
#include <utility>

namespace usher::ticket {
namespace {

// One head of an item, and a string with its bytes, as libcbor calls it out.
struct Head {
  enum class Kind : uint8_t { kItem, kTag, kIndefinite };
  Kind kind = Kind::kIndefinite;
  Cbor item;
};

Head& HeadOf(void* context) { return *static_cast<Head*>(context); }

template <typename Number>
void OnUnsigned(void* context, Number number) {
  HeadOf(context) = {Head::Kind::kItem,
                     {.kind = Cbor::Kind::kUnsigned, .number = number}};
}
template <typename Number>
void OnNegative(void* context, Number number) {
  HeadOf(context) = {Head::Kind::kItem,
                     {.kind = Cbor::Kind::kNegative, .number = number}};
}
template <typename Number>
void OnFloat(void* context, Number number) {
  HeadOf(context) = {
      Head::Kind::kItem,
      {.kind = Cbor::Kind::kFloat, .real = static_cast<double>(number)}};
}
template <Cbor::Kind kKind>
void OnString(void* context, cbor_data data, size_t size) {
  HeadOf(context) = {
      Head::Kind::kItem,
      {.kind = kKind, .string = std::string(AsText({data, size}))}};
}
template <Cbor::Kind kKind>
void OnCollection(void* context, size_t count) {
  HeadOf(context) = {Head::Kind::kItem, {.kind = kKind, .number = count}};
}
void OnTag(void* context, uint64_t tag) {
  HeadOf(context) = {Head::Kind::kTag, {.number = tag}};
}
void OnOther(void* context) {
  HeadOf(context) = {Head::Kind::kItem, {.kind = Cbor::Kind::kOther}};
}
void OnIndefinite(void* context) {
  HeadOf(context).kind = Head::Kind::kIndefinite;
}

cbor_callbacks Callbacks() {
  cbor_callbacks callbacks = cbor_empty_callbacks;
  callbacks.uint8 = OnUnsigned<uint8_t>;
  callbacks.uint16 = OnUnsigned<uint16_t>;
  callbacks.uint32 = OnUnsigned<uint32_t>;
  callbacks.uint64 = OnUnsigned<uint64_t>;
  callbacks.negint8 = OnNegative<uint8_t>;
  callbacks.negint16 = OnNegative<uint16_t>;
  callbacks.negint32 = OnNegative<uint32_t>;
  callbacks.negint64 = OnNegative<uint64_t>;
  callbacks.byte_string = OnString<Cbor::Kind::kBytes>;
  callbacks.string = OnString<Cbor::Kind::kText>;
  callbacks.array_start = OnCollection<Cbor::Kind::kArray>;
  callbacks.map_start = OnCollection<Cbor::Kind::kMap>;
  callbacks.tag = OnTag;
  callbacks.float2 = OnFloat<float>;
  callbacks.float4 = OnFloat<float>;
  callbacks.float8 = OnFloat<double>;
  callbacks.undefined = OnOther;
  callbacks.null = OnOther;
  callbacks.boolean = [](void* context, bool) { OnOther(context); };
  callbacks.byte_string_start = OnIndefinite;
  callbacks.string_start = OnIndefinite;
  callbacks.indef_array_start = OnIndefinite;
  callbacks.indef_map_start = OnIndefinite;
  callbacks.indef_break = OnIndefinite;
  return callbacks;
}

bool IsSameKey(const Cbor& one, const Cbor& other) {
  return one.kind == other.kind && one.number == other.number &&
         one.string == other.string;
}

// Longer heads than needed and unsorted keys are taken: RFC 8949 section 4.2
// binds who encodes, neither CWT nor COSE demands it, and refusing would lock
// out who paid a shop with another encoder. It gains an attacker nothing: what
// was signed are these bytes, keys compare by value, and no length is open.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  std::optional<Cbor> Item(int nesting) {
    if (nesting == 0) return std::nullopt;
    Head head;
    if (!Next(head)) return std::nullopt;
    if (head.kind == Head::Kind::kTag) return Tagged(head.item.number, nesting);
    if (head.kind != Head::Kind::kItem) return std::nullopt;
    if (head.item.kind == Cbor::Kind::kArray && !Array(head.item, nesting)) {
      return std::nullopt;
    }
    if (head.item.kind == Cbor::Kind::kMap && !Map(head.item, nesting)) {
      return std::nullopt;
    }
    return std::move(head.item);
  }
  bool AtEnd() const { return rest_.empty(); }

 private:
  bool Next(Head& head) {
    if (NextSmallTag(head)) return true;
    static const cbor_callbacks callbacks = Callbacks();
    const cbor_decoder_result result =
        cbor_stream_decode(rest_.data(), rest_.size(), &callbacks, &head);
    if (result.status != CBOR_DECODER_FINISHED) return false;
    rest_ = rest_.subspan(result.read);
    return true;
  }

  // libcbor before 0.9 knows only some of the tags below 24, and not COSE's.
  bool NextSmallTag(Head& head) {
    constexpr uint8_t kTag = 6;
    constexpr uint8_t kSmall = 24;
    if (rest_.empty() || rest_[0] >> 5 != kTag) return false;
    const uint8_t tag = rest_[0] & 0x1f;
    if (tag >= kSmall) return false;
    OnTag(&head, tag);
    rest_ = rest_.subspan(1);
    return true;
  }

  std::optional<Cbor> Tagged(uint64_t tag, int nesting) {
    auto item = Item(nesting - 1);
    if (item) item->tags.insert(item->tags.begin(), tag);
    return item;
  }

  // `number` of them; each takes a byte at least.
  bool Items(Cbor& collection, uint64_t count, int nesting) {
    if (count > rest_.size()) return false;
    collection.items.reserve(count);
    for (uint64_t i = 0; i < count; ++i) {
      auto item = Item(nesting - 1);
      if (!item) return false;
      collection.items.push_back(*std::move(item));
    }
    return true;
  }

  bool Array(Cbor& array, int nesting) {
    const uint64_t count = std::exchange(array.number, 0);
    return Items(array, count, nesting);
  }

  bool Map(Cbor& map, int nesting) {
    const uint64_t count = std::exchange(map.number, 0);
    if (count > rest_.size() / 2 || !Items(map, 2 * count, nesting)) {
      return false;
    }
    for (size_t i = 0; i < map.items.size(); i += 2) {
      const Cbor& key = map.items[i];
      if (!key.tags.empty() ||
          (!key.IsInteger() && key.kind != Cbor::Kind::kText)) {
        return false;
      }
      for (size_t k = 0; k < i; k += 2) {
        if (IsSameKey(map.items[k], key)) return false;
      }
    }
    return true;
  }

  ByteView rest_;
};

}  // namespace

std::optional<int64_t> Cbor::Integer() const {
  constexpr auto kMost =
      static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (!IsInteger() || number > kMost) return std::nullopt;
  const auto value = static_cast<int64_t>(number);
  return kind == Kind::kUnsigned ? value : -1 - value;
}

const Cbor* Cbor::Find(int64_t key) const {
  if (kind != Kind::kMap) return nullptr;
  for (size_t i = 0; i < items.size(); i += 2) {
    if (items[i].Integer() == key) return &items[i + 1];
  }
  return nullptr;
}

std::optional<Cbor> ReadCbor(ByteView bytes, int max_nesting) {
  Reader reader(bytes);
  auto item = reader.Item(max_nesting);
  if (!item || !reader.AtEnd()) return std::nullopt;
  return item;
}

}  // namespace usher::ticket

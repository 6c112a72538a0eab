#include "packager/encrypt/hevc/ref_pic_set.h"

#include <algorithm>

namespace usher::hevc {
namespace {

constexpr size_t kMaxPics = 16;         // sps_max_dec_pic_buffering_minus1
constexpr uint32_t kMaxDelta = 0x7fff;  // delta_poc_s0_minus1

int32_t BoundedDelta(RbspReader& reader) {
  const uint32_t delta = reader.Ue();
  if (delta > kMaxDelta) reader.Fail();
  return reader.ok() ? static_cast<int32_t>(delta) + 1 : 0;
}

void ReadDirect(RbspReader& reader, RefPicSet& set) {
  const uint32_t before = reader.Ue();
  const uint32_t after = reader.Ue();
  if (before > kMaxPics || after > kMaxPics) return reader.Fail();
  int32_t delta = 0;
  for (uint32_t i = 0; i < before && reader.ok(); ++i) {
    delta -= BoundedDelta(reader);
    set.before.push_back({delta, reader.Flag()});
  }
  delta = 0;
  for (uint32_t i = 0; i < after && reader.ok(); ++i) {
    delta += BoundedDelta(reader);
    set.after.push_back({delta, reader.Flag()});
  }
}

// What becomes of a picture of the other set, or of the other set's own
// picture.
struct Inherited {
  bool used = false;
  bool kept = true;
};

std::vector<Inherited> ReadInherited(RbspReader& reader, size_t count) {
  std::vector<Inherited> inherited;
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    Inherited each;
    each.used = reader.Flag();
    if (!each.used) each.kept = reader.Flag();
    inherited.push_back(each);
  }
  return inherited;
}

// 7.4.8, (7-61) and (7-62): the other set's pictures seen from this one.
void ReadPredicted(RbspReader& reader, const RefPicSet& other, RefPicSet& set) {
  const bool negative = reader.Flag();
  const int32_t shift = BoundedDelta(reader) * (negative ? -1 : 1);
  const auto inherited = ReadInherited(reader, other.size() + 1);
  if (!reader.ok()) return;
  const auto add = [&](int32_t delta, size_t index) {
    if (!inherited[index].kept || delta == 0) return;
    (delta < 0 ? set.before : set.after)
        .push_back({delta, inherited[index].used});
  };
  for (size_t i = 0; i < other.before.size(); ++i) {
    add(other.before[i].delta + shift, i);
  }
  for (size_t i = 0; i < other.after.size(); ++i) {
    add(other.after[i].delta + shift, other.before.size() + i);
  }
  add(shift, other.size());
  std::ranges::sort(set.before, std::ranges::greater(), &RefPic::delta);
  std::ranges::sort(set.after, {}, &RefPic::delta);
  if (set.size() > kMaxPics) reader.Fail();
}

}  // namespace

uint32_t RefPicSet::UsedCount() const {
  const auto used = [](const std::vector<RefPic>& pics) {
    return std::ranges::count(pics, true, &RefPic::used);
  };
  return static_cast<uint32_t>(used(before) + used(after));
}

RefPicSet ReadRefPicSet(RbspReader& reader, std::span<const RefPicSet> known,
                        bool in_slice) {
  RefPicSet set;
  const bool predicted = !known.empty() && reader.Flag();
  if (!predicted) {
    ReadDirect(reader, set);
    return set;
  }
  const uint64_t back = in_slice ? uint64_t{reader.Ue()} + 1 : 1;
  if (back > known.size()) {
    reader.Fail();
    return set;
  }
  ReadPredicted(reader, known[known.size() - back], set);
  return set;
}

}  // namespace usher::hevc

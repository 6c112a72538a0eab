#include "packager/encrypt/subsample_map.h"

#include <algorithm>
#include <optional>
#include <string>

#include "packager/encrypt/h264/nal_unit.h"
#include "packager/encrypt/h264/slice_header.h"

namespace usher {
namespace {

constexpr size_t kBlock = 16;
// What an entry's 16 bits hold, less room for making a range whole blocks.
constexpr size_t kMaxClear = 0xFFFF - kBlock + 1;

// Collects ranges: clear ones in a row become one, and one that is too long
// for an entry's 16 bits becomes several.
class SubsampleList {
 public:
  explicit SubsampleList(bool whole_blocks) : whole_blocks_(whole_blocks) {}

  void Add(size_t clear_size, size_t protected_size) {
    const size_t odd = whole_blocks_ ? protected_size % kBlock : 0;
    clear_ += clear_size + odd;
    if (protected_size > odd) Push(protected_size - odd);
  }

  std::vector<Subsample> Finish() {
    if (clear_ > 0 || entries_.empty()) Push(0);
    if (entries_.size() > kMaxSubsamples) JoinLast();
    return std::move(entries_);
  }

 private:
  void Push(size_t protected_size) {
    for (; clear_ > kMaxClear; clear_ -= kMaxClear) {
      entries_.push_back({.clear = kMaxClear, .encrypted = 0});
    }
    entries_.push_back({.clear = static_cast<uint16_t>(clear_),
                        .encrypted = static_cast<uint32_t>(protected_size)});
    clear_ = 0;
  }

  // Protects everything behind the clear part of the last entry there is.
  void JoinLast() {
    Subsample& last = entries_[kMaxSubsamples - 1];
    for (const Subsample& more : std::span(entries_).subspan(kMaxSubsamples)) {
      last.encrypted += more.clear + more.encrypted;
    }
    entries_.resize(kMaxSubsamples);
    const uint32_t odd = whole_blocks_ ? last.encrypted % kBlock : 0;
    last.clear = static_cast<uint16_t>(last.clear + odd);
    last.encrypted -= odd;
  }

  bool whole_blocks_;
  size_t clear_ = 0;  // not in an entry yet
  std::vector<Subsample> entries_;
};

// Takes one NAL unit behind its length off `rest`; nothing where it is longer
// than what is left.
std::optional<ByteView> TakeNal(ByteView& rest, unsigned length_size) {
  if (rest.size() < length_size) return std::nullopt;
  size_t size = 0;
  for (unsigned i = 0; i < length_size; ++i) size = size << 8 | rest[i];
  rest = rest.subspan(length_size);
  if (rest.size() < size) return std::nullopt;
  const ByteView nal = rest.first(size);
  rest = rest.subspan(size);
  return nal;
}

}  // namespace

SubsampleMapper::SubsampleMapper(Scheme scheme, h264::DecoderConfig config)
    : scheme_(scheme), config_(std::move(config)) {}

void SubsampleMapper::StartFragment() {
  if (!sets_changed_) return;
  sets_ = config_.parameter_sets;
  sets_changed_ = false;
}

Result<std::vector<Subsample>> SubsampleMapper::Map(ByteView sample) {
  const unsigned length_size = config_.nal_length_size;
  SubsampleList list(scheme_ == Scheme::kCenc);
  ByteView rest = sample;
  while (!rest.empty()) {
    const size_t offset = sample.size() - rest.size();
    const std::optional<ByteView> nal = TakeNal(rest, length_size);
    if (!nal) {
      return BadInput({},
                      "the NAL unit at byte " + std::to_string(offset) +
                          " of " + std::to_string(sample.size()) +
                          " is longer than the sample",
                      "remux or re-encode the input");
    }
    const size_t clear = ClearSize(*nal);
    list.Add(length_size + clear, nal->size() - clear);
  }
  return list.Finish();
}

size_t SubsampleMapper::ClearSize(ByteView nal) {
  constexpr size_t kNalHeaderSize = 1;
  if (nal.empty()) return 0;
  if (!h264::IsVcl(nal)) {
    if (sets_.Add(nal)) sets_changed_ = true;
    return nal.size();
  }
  return h264::SliceHeaderSize(nal, sets_).value_or(kNalHeaderSize);
}

}  // namespace usher

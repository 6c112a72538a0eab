#include "packager/manifest/past_segments.h"

#include <algorithm>
#include <cstring>

namespace usher::manifest {
namespace {

constexpr size_t kSize = sizeof(SegmentFacts);

}  // namespace

Status PastSegments::Add(const SegmentRecord& segment, uint64_t peak) {
  if (auto own = MakeOwn(); !own) return own;
  const SegmentFacts& facts = segment;
  facts_->Append({reinterpret_cast<const uint8_t*>(&facts), kSize});
  if (count_ == 0) first_ = facts;
  ++count_;
  bytes_ += segment.bytes;
  ticks_ += segment.duration;
  peak_ = std::max(peak_, peak);
  independent_ = independent_ && segment.IsIndependent();
  NoteKind(segment);
  return {};
}

// Where a copy has gone on otherwise, it keeps what they had together.
Status PastSegments::MakeOwn() {
  if (facts_ && facts_->size() == count_ * kSize) return {};
  auto own = std::make_shared<SpillBuffer>(directory_);
  const auto copied = ForEach(0, [&](const SegmentRecord& segment) {
    const SegmentFacts& facts = segment;
    own->Append({reinterpret_cast<const uint8_t*>(&facts), kSize});
  });
  if (copied) facts_ = std::move(own);
  return copied;
}

void PastSegments::NoteKind(const SegmentRecord& segment) {
  const bool known = std::ranges::any_of(kinds_, [&](const auto& kind) {
    return kind.gap == segment.gap && kind.kid == segment.kid;
  });
  if (known) return;
  kinds_.push_back(segment);
  kinds_.back().parts.clear();
}

Status PastSegments::ForEach(size_t from, const VisitSegment& visit) const {
  if (from >= count_) return {};
  auto contents = facts_->Read(from * kSize);
  if (!contents) return std::unexpected(contents.error());
  size_t left = count_ - from;
  for (ByteView piece : contents->pieces) {
    for (; left > 0 && !piece.empty(); piece = piece.subspan(kSize), --left) {
      SegmentFacts facts;
      std::memcpy(&facts, piece.data(), kSize);
      visit(SegmentRecord{facts});
    }
  }
  return {};
}

}  // namespace usher::manifest

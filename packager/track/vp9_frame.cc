#include "packager/track/vp9_frame.h"

#include "packager/track/bit_reader.h"

namespace usher {
namespace {

constexpr uint32_t kSyncCode = 0x498342;

}  // namespace

std::vector<ByteView> SplitSuperframe(ByteView sample) {
  std::vector<ByteView> frames;
  if (sample.empty()) return frames;
  const uint8_t marker = sample.back();
  const size_t count = (marker & 7U) + 1;
  const size_t width = (marker >> 3 & 3U) + 1;
  const size_t index_size = 2 + count * width;
  if ((marker & 0xe0) != 0xc0 || sample.size() < index_size ||
      sample[sample.size() - index_size] != marker) {
    frames.push_back(sample);
    return frames;
  }
  ByteView rest = sample.first(sample.size() - index_size);
  const ByteView index = sample.subspan(rest.size() + 1);
  for (size_t i = 0; i < count; ++i) {
    size_t size = 0;
    for (size_t byte = width; byte-- > 0;) {
      size = size << 8 | index[i * width + byte];
    }
    if (size > rest.size()) return {sample};
    if (size > 0) frames.push_back(rest.first(size));
    rest = rest.subspan(size);
  }
  return frames;
}

// Reads one header, element by element, in the order of 6.2.
class Vp9HeaderParser {
 public:
  Vp9HeaderParser(ByteView frame, Vp9HeaderReader& reader)
      : bits_(frame), references_(reader.references_) {}

  std::optional<Vp9Header> Parse() {
    if (!ReadStart()) return std::nullopt;
    if (header_.shows_existing) return Finish();
    if (!ReadPicture()) return std::nullopt;
    if (!error_resilient_) bits_.Bits(2);  // contexts: refresh, parallel
    bits_.Bits(2);                         // frame_context_idx
    ReadLoopFilter();
    ReadQuantisation();
    if (bits_.Flag()) ReadSegmentation();
    ReadTiles();
    bits_.Bits(16);  // header_size_in_bytes
    if (bits_.overrun()) return std::nullopt;
    for (unsigned i = 0; i < references_.size(); ++i) {
      if ((refresh_ >> i & 1) != 0) references_[i] = size_;
    }
    return Finish();
  }

 private:
  std::optional<Vp9Header> Finish() {
    if (bits_.overrun()) return std::nullopt;
    header_.size = (bits_.position() + 7) / 8;
    return header_;
  }

  bool ReadStart() {
    if (bits_.Bits(2) != 2) return false;
    header_.profile = bits_.Bits(1);
    header_.profile |= bits_.Bits(1) << 1;
    if (header_.profile == 3 && bits_.Flag()) return false;
    header_.shows_existing = bits_.Flag();
    if (header_.shows_existing) bits_.Bits(3);
    return true;
  }

  bool ReadPicture() {
    header_.key = !bits_.Flag();
    const bool shown = bits_.Flag();
    error_resilient_ = bits_.Flag();
    if (header_.key) {
      if (bits_.Bits(24) != kSyncCode) return false;
      ReadColour();
      ReadSize();
      refresh_ = 0xff;
      return true;
    }
    const bool intra_only = !shown && bits_.Flag();
    if (!error_resilient_) bits_.Bits(2);  // reset_frame_context
    if (intra_only) {
      if (bits_.Bits(24) != kSyncCode) return false;
      if (header_.profile > 0) ReadColour();
      refresh_ = bits_.Bits(8);
      ReadSize();
    } else {
      refresh_ = bits_.Bits(8);
      ReadInter();
    }
    return true;
  }

  void ReadColour() {
    constexpr unsigned kRgb = 7;
    const bool other_subsampling = (header_.profile & 1) != 0;
    if (header_.profile >= 2) header_.bit_depth = bits_.Flag() ? 12 : 10;
    header_.colour_space = bits_.Bits(3);
    if (header_.colour_space == kRgb) {
      header_.full_range = true;
      header_.subsampling = 3;
      if (other_subsampling) bits_.Bits(1);
      return;
    }
    header_.full_range = bits_.Flag();
    if (!other_subsampling) return;
    const bool x = bits_.Flag();
    const bool y = bits_.Flag();
    header_.subsampling = x && y ? 1 : x ? 2 : 3;
    bits_.Bits(1);
  }

  void ReadSize() {
    ReadOwnSize();
    SkipRenderSize();
  }

  void ReadOwnSize() {
    size_.width = bits_.Bits(16) + 1;
    size_.height = bits_.Bits(16) + 1;
  }

  void SkipRenderSize() {
    if (bits_.Flag()) bits_.Bits(32);
  }

  void ReadInter() {
    std::array<unsigned, 3> indices{};
    for (unsigned& index : indices) {
      index = bits_.Bits(3);
      bits_.Bits(1);  // sign bias
    }
    bool found = false;
    for (const unsigned index : indices) {
      found = bits_.Flag();
      if (!found) continue;
      size_ = references_[index];
      break;
    }
    if (!found) ReadOwnSize();
    SkipRenderSize();
    bits_.Bits(1);                     // allow_high_precision_mv
    if (!bits_.Flag()) bits_.Bits(2);  // interpolation filter
  }

  void ReadLoopFilter() {
    bits_.Bits(9);
    if (!bits_.Flag() || !bits_.Flag()) return;  // deltas: enabled, updated
    for (int i = 0; i < 6; ++i) {
      if (bits_.Flag()) bits_.Bits(7);
    }
  }

  void ReadQuantisation() {
    bits_.Bits(8);
    for (int i = 0; i < 3; ++i) {
      if (bits_.Flag()) bits_.Bits(5);
    }
  }

  void ReadSegmentation() {
    constexpr std::array<unsigned, 4> kBits = {9, 7, 2, 0};  // with their signs
    if (bits_.Flag()) {                                      // update_map
      SkipProbabilities(7);
      if (bits_.Flag()) SkipProbabilities(3);
    }
    if (!bits_.Flag()) return;  // update_data
    bits_.Bits(1);
    for (int segment = 0; segment < 8; ++segment) {
      for (const unsigned count : kBits) {
        if (bits_.Flag()) bits_.Bits(count);
      }
    }
  }

  void SkipProbabilities(int count) {
    for (int i = 0; i < count; ++i) {
      if (bits_.Flag()) bits_.Bits(8);
    }
  }

  void ReadTiles() {
    const uint32_t blocks = ((size_.width + 7) / 8 + 7) / 8;  // 64x64, a row
    unsigned least = 0;
    while ((64U << least) < blocks) ++least;
    unsigned most = 1;
    while (blocks >> most >= 4) ++most;
    --most;
    for (unsigned log2 = least; log2 < most && bits_.Flag(); ++log2) {
    }
    if (bits_.Flag()) bits_.Bits(1);  // rows
  }

  BitReader bits_;
  std::array<Vp9HeaderReader::Size, 8>& references_;
  Vp9Header header_;
  Vp9HeaderReader::Size size_;
  bool error_resilient_ = false;
  unsigned refresh_ = 0;
};

std::optional<Vp9Header> Vp9HeaderReader::Read(ByteView frame) {
  return Vp9HeaderParser(frame, *this).Parse();
}

}  // namespace usher

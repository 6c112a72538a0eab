#include "packager/encrypt/av1/frame_header.h"

#include <algorithm>

#include "packager/encrypt/av1/film_grain.h"
#include "packager/encrypt/av1/tile_layout.h"
#include "packager/track/bit_reader.h"

namespace usher::av1 {
namespace {

enum class FrameType { kKey = 0, kInter = 1, kIntraOnly = 2, kSwitch = 3 };

constexpr unsigned kNoPrimary = 7;
constexpr unsigned kInterReferences = 7;
constexpr unsigned kEachFrameTells = 2;

// Reads one header, element by element, in the order of 5.9.2.
class Parser {
 public:
  Parser(ByteView payload, const SequenceHeader& sequence, Layer layer,
         std::array<ReferenceFrame, kReferences>& references)
      : bits_(payload),
        sequence_(sequence),
        layer_(layer),
        references_(references) {}

  std::optional<FrameHeader> Parse() {
    if (!sequence_.reduced_still_picture && bits_.Flag()) {
      return ShowExisting();
    }
    ReadType();
    ReadIdentity();
    ReadTiming();
    ReadRefresh();
    IsIntra() ? ReadIntraPicture() : ReadInterPicture();
    if (bits_.overrun() || short_signaling_) return std::nullopt;
    if (!sequence_.reduced_still_picture && !disable_cdf_update_) {
      bits_.Bits(1);  // disable_frame_end_update_cdf
    }
    if (primary_ != kNoPrimary) {
      frame_.quantiser = references_[indices_[primary_]].quantiser;
    }
    tiles_ = ReadTileLayout(bits_, frame_.width, frame_.height,
                            sequence_.large_superblocks);
    ReadQuantisation();
    ReadSegmentation();
    ReadDeltas();
    ReadFilters();
    ReadModes();
    if (!IsIntra()) ReadGlobalMotion();
    if (sequence_.film_grain && (shown_ || showable_)) {
      SkipFilmGrain(bits_, sequence_, type_ == FrameType::kInter);
    }
    return Finish();
  }

 private:
  bool IsIntra() const {
    return type_ == FrameType::kKey || type_ == FrameType::kIntraOnly;
  }
  bool HasChroma() const { return !sequence_.monochrome; }

  std::optional<FrameHeader> ShowExisting() {
    const unsigned index = bits_.Bits(3);
    ReadPresentationTime();
    bits_.Bits(sequence_.frame_id_bits);
    if (bits_.overrun()) return std::nullopt;
    const ReferenceFrame shown = references_[index];
    if (shown.key) references_.fill(shown);
    FrameHeader header;
    header.bits = bits_.position();
    header.shows_existing = true;
    return header;
  }

  std::optional<FrameHeader> Finish() {
    if (bits_.overrun()) return std::nullopt;
    frame_.key = type_ == FrameType::kKey;
    for (unsigned i = 0; i < kReferences; ++i) {
      if ((refresh_ >> i & 1) != 0) references_[i] = frame_;
    }
    FrameHeader header;
    header.bits = bits_.position();
    header.tiles = tiles_.columns * tiles_.rows;
    header.tile_number_bits = tiles_.column_bits + tiles_.row_bits;
    header.tile_size_bytes = tiles_.size_bytes;
    return header;
  }

  void ReadPresentationTime() {
    if (sequence_.decoder_model && !sequence_.equal_picture_interval) {
      bits_.Bits(sequence_.presentation_time_bits);
    }
  }

  void ReadType() {
    if (sequence_.reduced_still_picture) {
      shown_ = true;
      error_resilient_ = true;
      return;
    }
    type_ = static_cast<FrameType>(bits_.Bits(2));
    shown_ = bits_.Flag();
    if (shown_) ReadPresentationTime();
    showable_ = shown_ ? type_ != FrameType::kKey : bits_.Flag();
    error_resilient_ = type_ == FrameType::kSwitch ||
                       (type_ == FrameType::kKey && shown_) || bits_.Flag();
  }

  void ReadIdentity() {
    disable_cdf_update_ = bits_.Flag();
    screen_content_ = sequence_.screen_content_tools == kEachFrameTells
                          ? bits_.Flag()
                          : sequence_.screen_content_tools != 0;
    if (screen_content_) {
      integer_mv_ = sequence_.integer_mv == kEachFrameTells
                        ? bits_.Flag()
                        : sequence_.integer_mv != 0;
    }
    if (IsIntra()) integer_mv_ = true;
    bits_.Bits(sequence_.frame_id_bits);
    if (type_ == FrameType::kSwitch) {
      size_override_ = true;
    } else if (!sequence_.reduced_still_picture) {
      size_override_ = bits_.Flag();
    }
    frame_.order_hint = bits_.Bits(sequence_.order_hint_bits);
    if (!IsIntra() && !error_resilient_) {
      primary_ = bits_.Bits(3);
    } else {
      primary_ = kNoPrimary;
    }
  }

  // buffer_removal_time of each operating point the frame is part of.
  void ReadTiming() {
    if (!sequence_.decoder_model || !bits_.Flag()) return;
    for (const OperatingPoint& point : sequence_.operating_points) {
      if (!point.decoder_model) continue;
      const bool in = point.layers == 0 ||
                      ((point.layers >> layer_.temporal & 1) != 0 &&
                       (point.layers >> (layer_.spatial + 8) & 1) != 0);
      if (in) bits_.Bits(sequence_.removal_time_bits);
    }
  }

  void ReadRefresh() {
    constexpr unsigned kAll = 0xff;
    const bool all =
        type_ == FrameType::kSwitch || (type_ == FrameType::kKey && shown_);
    refresh_ = all ? kAll : bits_.Bits(8);
    if (IsIntra() && refresh_ == kAll) return;
    if (!error_resilient_ || sequence_.order_hint_bits == 0) return;
    for (ReferenceFrame& reference : references_) {
      reference.order_hint = bits_.Bits(sequence_.order_hint_bits);
    }
  }

  void ReadIntraPicture() {
    ReadSize();
    SkipRenderSize();
    if (screen_content_ && frame_.upscaled_width == frame_.width) {
      intra_block_copy_ = bits_.Flag();
    }
  }

  void ReadInterPicture() {
    if (sequence_.order_hint_bits != 0) short_signaling_ = bits_.Flag();
    if (short_signaling_) return;
    for (unsigned& index : indices_) {
      index = bits_.Bits(3);
      if (sequence_.frame_id_bits != 0) {
        bits_.Bits(sequence_.delta_frame_id_bits);
      }
    }
    if (size_override_ && !error_resilient_) {
      ReadSizeWithReferences();
    } else {
      ReadSize();
      SkipRenderSize();
    }
    high_precision_ = !integer_mv_ && bits_.Flag();
    if (!bits_.Flag()) bits_.Bits(2);  // interpolation filter
    bits_.Bits(1);                     // is_motion_mode_switchable
    if (!error_resilient_ && sequence_.ref_frame_mvs) bits_.Bits(1);
  }

  void ReadSize() {
    frame_.upscaled_width = size_override_
                                ? bits_.Bits(sequence_.width_bits) + 1
                                : sequence_.max_width;
    frame_.height = size_override_ ? bits_.Bits(sequence_.height_bits) + 1
                                   : sequence_.max_height;
    ReadSuperresolution();
  }

  void ReadSuperresolution() {
    constexpr uint32_t kNumerator = 8;
    frame_.width = frame_.upscaled_width;
    if (!sequence_.superres || !bits_.Flag()) return;
    const uint32_t denominator = bits_.Bits(3) + 9;
    frame_.width =
        (frame_.upscaled_width * kNumerator + denominator / 2) / denominator;
  }

  void SkipRenderSize() {
    if (bits_.Flag()) bits_.Bits(32);
  }

  void ReadSizeWithReferences() {
    for (const unsigned index : indices_) {
      if (!bits_.Flag()) continue;  // found_ref
      frame_.upscaled_width = references_[index].upscaled_width;
      frame_.height = references_[index].height;
      return ReadSuperresolution();
    }
    ReadSize();
    SkipRenderSize();
  }

  // delta_q of 5.9.13; whether it is not 0.
  bool ReadDeltaQ() { return bits_.Flag() && bits_.Bits(7) != 0; }

  void ReadQuantisation() {
    base_q_ = static_cast<int>(bits_.Bits(8));
    any_delta_q_ = ReadDeltaQ();
    if (HasChroma()) {
      const bool differ = sequence_.separate_uv_delta_q && bits_.Flag();
      for (unsigned i = 0; i < (differ ? 4U : 2U); ++i) {
        if (ReadDeltaQ()) any_delta_q_ = true;
      }
    }
    if (!bits_.Flag()) return;  // using_qmatrix
    bits_.Bits(8);
    if (sequence_.separate_uv_delta_q) bits_.Bits(4);
  }

  void ReadSegmentation() {
    if (!bits_.Flag()) {
      frame_.quantiser.fill(std::nullopt);
      return;
    }
    bool update_data = true;
    if (primary_ != kNoPrimary) {
      if (bits_.Flag()) bits_.Bits(1);  // update_map, temporal_update
      update_data = bits_.Flag();
    }
    if (!update_data) return;
    for (std::optional<int>& quantiser : frame_.quantiser) {
      quantiser = ReadSegment();
    }
  }

  std::optional<int> ReadSegment() {
    // Signed ones with their signs; the first changes the quantiser.
    constexpr std::array<unsigned, 8> kBits = {9, 7, 7, 7, 7, 3, 0, 0};
    std::optional<int> quantiser;
    for (size_t feature = 0; feature < kBits.size(); ++feature) {
      if (!bits_.Flag()) continue;
      const auto value = static_cast<int>(bits_.Bits(kBits[feature]));
      if (feature == 0) quantiser = value < 256 ? value : value - 512;
    }
    return quantiser;
  }

  void ReadDeltas() {
    const bool quantiser = base_q_ > 0 && bits_.Flag();
    if (!quantiser) return;
    bits_.Bits(2);
    if (!intra_block_copy_ && bits_.Flag()) bits_.Bits(3);
  }

  bool IsLossless() const {
    if (any_delta_q_) return false;
    return std::ranges::all_of(
        frame_.quantiser, [this](const std::optional<int>& change) {
          return std::clamp(base_q_ + change.value_or(0), 0, 255) == 0;
        });
  }

  void ReadFilters() {
    lossless_ = IsLossless();
    if (lossless_ && frame_.width == frame_.upscaled_width) return;
    if (intra_block_copy_) return;
    if (!lossless_) {
      ReadLoopFilter();
      if (sequence_.cdef) ReadCdef();
    }
    if (sequence_.restoration) ReadRestoration();
  }

  void ReadLoopFilter() {
    const uint32_t levels = bits_.Bits(12);
    if (HasChroma() && levels != 0) bits_.Bits(12);
    bits_.Bits(3);                               // sharpness
    if (!bits_.Flag() || !bits_.Flag()) return;  // deltas: enabled, updated
    for (int i = 0; i < 10; ++i) {
      if (bits_.Flag()) bits_.Bits(7);
    }
  }

  void ReadCdef() {
    bits_.Bits(2);
    const unsigned strengths = 1U << bits_.Bits(2);
    for (unsigned i = 0; i < strengths; ++i) bits_.Bits(HasChroma() ? 12 : 6);
  }

  void ReadRestoration() {
    bool any = false;
    bool chroma = false;
    for (unsigned plane = 0; plane < (HasChroma() ? 3U : 1U); ++plane) {
      if (bits_.Bits(2) == 0) continue;
      any = true;
      chroma = chroma || plane > 0;
    }
    if (!any) return;
    if (sequence_.large_superblocks) {
      bits_.Bits(1);
    } else if (bits_.Flag()) {
      bits_.Bits(1);
    }
    if (chroma && sequence_.subsampling_x && sequence_.subsampling_y) {
      bits_.Bits(1);
    }
  }

  void ReadModes() {
    if (!lossless_) bits_.Bits(1);  // tx_mode_select
    const bool reference_select = !IsIntra() && bits_.Flag();
    if (reference_select && AllowsSkipMode()) bits_.Bits(1);
    if (!IsIntra() && !error_resilient_ && sequence_.warped_motion) {
      bits_.Bits(1);
    }
    bits_.Bits(1);  // reduced_tx_set
  }

  // get_relative_dist() of 5.9.3.
  int Distance(unsigned a, unsigned b) const {
    const int half = 1 << (sequence_.order_hint_bits - 1);
    const int difference = static_cast<int>(a) - static_cast<int>(b);
    return (difference & (half - 1)) - (difference & half);
  }

  // 5.9.22: two references that lie on both sides, or two before the frame.
  bool AllowsSkipMode() const {
    if (sequence_.order_hint_bits == 0) return false;
    std::optional<unsigned> forward;
    std::optional<unsigned> backward;
    for (const unsigned index : indices_) {
      const unsigned hint = references_[index].order_hint;
      const int distance = Distance(hint, frame_.order_hint);
      if (distance < 0 && (!forward || Distance(hint, *forward) > 0)) {
        forward = hint;
      }
      if (distance > 0 && (!backward || Distance(hint, *backward) < 0)) {
        backward = hint;
      }
    }
    if (!forward) return false;
    if (backward) return true;
    return std::ranges::any_of(indices_, [&](unsigned index) {
      return Distance(references_[index].order_hint, *forward) < 0;
    });
  }

  void ReadGlobalMotion() {
    for (unsigned i = 0; i < kInterReferences; ++i) {
      if (!bits_.Flag()) continue;  // is_global
      const bool rotation_zoom = bits_.Flag();
      const bool translation = !rotation_zoom && bits_.Flag();
      if (!translation) {
        // Rotation and zoom have two parameters, the affine form four.
        for (unsigned p = 0; p < (rotation_zoom ? 2U : 4U); ++p) {
          SkipGlobalParameter(12);
        }
      }
      const unsigned width = !translation ? 12U : high_precision_ ? 9U : 8U;
      SkipGlobalParameter(width);
      SkipGlobalParameter(width);
    }
  }

  // decode_subexp() of 5.9.26.
  void SkipGlobalParameter(unsigned width) {
    const uint32_t symbols = (2U << width) + 1;
    uint32_t passed = 0;
    for (unsigned i = 0; !bits_.overrun(); ++i) {
      const unsigned count = i == 0 ? 3 : i + 2;
      const uint32_t step = 1U << count;
      if (symbols <= passed + 3 * step) {
        ReadNonSymmetric(bits_, symbols - passed);
        return;
      }
      if (!bits_.Flag()) {
        bits_.Bits(count);
        return;
      }
      passed += step;
    }
  }

  BitReader bits_;
  const SequenceHeader& sequence_;
  Layer layer_;
  std::array<ReferenceFrame, kReferences>& references_;
  ReferenceFrame frame_;
  TileLayout tiles_;
  FrameType type_ = FrameType::kKey;
  bool shown_ = false;
  bool showable_ = false;
  bool error_resilient_ = false;
  bool disable_cdf_update_ = false;
  bool screen_content_ = false;
  bool integer_mv_ = false;
  bool size_override_ = false;
  bool intra_block_copy_ = false;
  bool short_signaling_ = false;
  bool high_precision_ = false;
  unsigned primary_ = kNoPrimary;
  unsigned refresh_ = 0xff;
  std::array<unsigned, kInterReferences> indices_{};
  int base_q_ = 0;
  bool any_delta_q_ = false;
  bool lossless_ = false;
};

}  // namespace

std::optional<FrameHeader> FrameHeaderReader::Read(
    ByteView payload, const SequenceHeader& sequence, Layer layer) {
  return Parser(payload, sequence, layer, references_).Parse();
}

}  // namespace usher::av1

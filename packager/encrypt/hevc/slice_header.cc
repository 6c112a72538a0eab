#include "packager/encrypt/hevc/slice_header.h"

#include <array>
#include <bit>
#include <vector>

#include "packager/encrypt/hevc/nal_unit.h"
#include "packager/encrypt/rbsp_reader.h"

namespace usher::hevc {
namespace {

enum class SliceType { kB = 0, kP = 1, kI = 2 };

// Ceil(Log2(count)).
unsigned BitsFor(uint32_t count) {
  return count < 2 ? 0 : static_cast<unsigned>(std::bit_width(count - 1));
}

// Reads one slice segment header, element by element, in the order of 7.3.6.1.
class SliceHeaderReader {
 public:
  SliceHeaderReader(ByteView nal, const ParameterSets& sets)
      : reader_(nal), sets_(sets), type_of_nal_(NalType(nal)) {}

  std::optional<size_t> Size() {
    if (!ReadIdentity()) return std::nullopt;
    if (!dependent_) ReadSlice();
    if (pps_->entry_points) SkipEntryPoints();
    if (pps_->header_extension) SkipExtension();
    reader_.Flag();  // byte_alignment() begins with a one
    if (!reader_.ok()) return std::nullopt;
    return reader_.BytesRead();
  }

 private:
  bool IsB() const { return type_ == SliceType::kB; }
  bool IsIntra() const { return type_ == SliceType::kI; }
  bool IsIrap() const {
    return type_of_nal_ >= kFirstIrapNal && type_of_nal_ <= kLastIrapNal;
  }
  bool IsIdr() const {
    return type_of_nal_ == kIdrWithRadlNal || type_of_nal_ == kIdrAloneNal;
  }

  bool ReadIdentity() {
    reader_.Bits(16);  // NAL header
    const bool first = reader_.Flag();
    if (IsIrap()) reader_.Flag();  // no_output_of_prior_pics_flag
    const uint32_t pps_id = reader_.Ue();
    pps_ = reader_.ok() ? sets_.FindPps(pps_id) : nullptr;
    sps_ = pps_ != nullptr ? sets_.FindSps(pps_->sps_id) : nullptr;
    if (sps_ == nullptr) return false;
    if (first) return true;
    if (pps_->dependent_segments) dependent_ = reader_.Flag();
    reader_.Bits(BitsFor(sps_->coding_blocks));  // slice_segment_address
    return true;
  }

  void ReadSlice() {
    reader_.Bits(pps_->extra_bits);
    const uint32_t type = reader_.Ue();
    if (type > 2) return reader_.Fail();
    type_ = static_cast<SliceType>(type);
    if (pps_->output_flag) reader_.Flag();
    if (sps_->separate_colour_planes) reader_.Bits(2);
    if (!IsIdr()) ReadReferences();
    if (sps_->sample_adaptive_offset) {
      in_loop_filter_ = reader_.Flag();
      if (sps_->chroma && reader_.Flag()) in_loop_filter_ = true;
    }
    if (!IsIntra()) ReadPrediction();
    ReadQuantisation();
    ReadDeblocking();
  }

  void ReadReferences() {
    reader_.Bits(sps_->poc_lsb_bits);
    const auto& sets = sps_->short_term_sets;
    if (!reader_.Flag()) {  // short_term_ref_pic_set_sps_flag
      refs_ = ReadRefPicSet(reader_, sets, true).UsedCount();
    } else {
      const uint32_t index =
          reader_.Bits(BitsFor(static_cast<uint32_t>(sets.size())));
      if (index >= sets.size()) return reader_.Fail();
      refs_ = sets[index].UsedCount();
    }
    if (sps_->long_term_refs) ReadLongTermReferences();
    if (sps_->temporal_motion_vectors) temporal_ = reader_.Flag();
  }

  void ReadLongTermReferences() {
    constexpr uint32_t kMax = 32;
    const auto known = static_cast<uint32_t>(sps_->long_term_used.size());
    const uint32_t from_sps = known > 0 ? reader_.Ue() : 0;
    const uint32_t own = reader_.Ue();
    if (from_sps > kMax || own > kMax) return reader_.Fail();
    for (uint32_t i = 0; i < from_sps + own && reader_.ok(); ++i) {
      bool used = false;
      if (i < from_sps) {
        const uint32_t index = reader_.Bits(BitsFor(known));
        if (index >= known) return reader_.Fail();
        used = sps_->long_term_used[index];
      } else {
        reader_.Bits(sps_->poc_lsb_bits);
        used = reader_.Flag();
      }
      if (used) ++refs_;
      if (reader_.Flag()) reader_.Ue();  // delta_poc_msb_cycle_lt
    }
  }

  void ReadPrediction() {
    ReadReferenceCounts();
    if (pps_->lists_modification && refs_ > 1) {
      for (unsigned list = 0; list < (IsB() ? 2U : 1U); ++list) {
        if (!reader_.Flag()) continue;
        for (uint32_t i = 0; i < ref_count_[list]; ++i) {
          reader_.Bits(BitsFor(refs_));  // list_entry
        }
      }
    }
    if (IsB()) reader_.Flag();             // mvd_l1_zero_flag
    if (pps_->cabac_init) reader_.Flag();  // cabac_init_flag
    if (temporal_) {
      const unsigned list = IsB() && !reader_.Flag() ? 1 : 0;
      if (ref_count_[list] > 1) reader_.Ue();  // collocated_ref_idx
    }
    if (IsB() ? pps_->weighted_bipred : pps_->weighted_pred) ReadWeights();
    reader_.Ue();  // five_minus_max_num_merge_cand
  }

  void ReadReferenceCounts() {
    ref_count_ = pps_->default_ref_count;
    if (!reader_.Flag()) return;  // num_ref_idx_active_override_flag
    for (unsigned list = 0; list < (IsB() ? 2U : 1U); ++list) {
      const uint32_t count = reader_.Ue();
      if (count > 14) return reader_.Fail();
      ref_count_[list] = count + 1;
    }
  }

  // 7.3.6.3
  void ReadWeights() {
    reader_.Ue();                    // luma_log2_weight_denom
    if (sps_->chroma) reader_.Se();  // delta_chroma_log2_weight_denom
    ReadWeightList(ref_count_[0]);
    if (IsB()) ReadWeightList(ref_count_[1]);
  }

  void ReadWeightList(uint32_t count) {
    std::array<bool, 16> luma{};
    std::array<bool, 16> chroma{};
    for (uint32_t i = 0; i < count; ++i) luma[i] = reader_.Flag();
    for (uint32_t i = 0; i < count && sps_->chroma; ++i) {
      chroma[i] = reader_.Flag();
    }
    for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
      if (luma[i]) SkipSe(2);
      if (chroma[i]) SkipSe(4);
    }
  }

  void ReadQuantisation() {
    reader_.Se();  // slice_qp_delta
    if (pps_->chroma_qp_offsets) SkipSe(2);
    if (pps_->chroma_qp_offset_list) reader_.Flag();
  }

  void ReadDeblocking() {
    bool disabled = pps_->deblocking_disabled;
    if (pps_->deblocking_override && reader_.Flag()) {
      disabled = reader_.Flag();
      if (!disabled) SkipSe(2);
    }
    if (!disabled) in_loop_filter_ = true;
    if (pps_->loop_filter_across_slices && in_loop_filter_) reader_.Flag();
  }

  void SkipEntryPoints() {
    constexpr uint32_t kMaxPoints = 440 * 135;  // 7.4.7.1
    const uint32_t points = reader_.Ue();
    if (points > kMaxPoints) return reader_.Fail();
    if (points == 0) return;
    const uint32_t bits = reader_.Ue() + 1;
    if (bits == 0 || bits > 32) return reader_.Fail();
    for (uint32_t i = 0; i < points && reader_.ok(); ++i) reader_.Bits(bits);
  }

  void SkipExtension() {
    const uint32_t bytes = reader_.Ue();
    if (bytes > 256) return reader_.Fail();
    for (uint32_t i = 0; i < bytes; ++i) reader_.Bits(8);
  }

  void SkipSe(unsigned count) {
    for (unsigned i = 0; i < count; ++i) reader_.Se();
  }

  RbspReader reader_;
  const ParameterSets& sets_;
  uint8_t type_of_nal_;
  const Pps* pps_ = nullptr;
  const Sps* sps_ = nullptr;
  bool dependent_ = false;
  SliceType type_ = SliceType::kI;
  uint32_t refs_ = 0;  // NumPicTotalCurr
  bool temporal_ = false;
  bool in_loop_filter_ = false;
  std::array<uint32_t, 2> ref_count_ = {1, 1};
};

}  // namespace

std::optional<size_t> SliceHeaderSize(ByteView nal, const ParameterSets& sets) {
  const bool slice =
      nal.size() > kNalHeaderSize && IsVcl(nal) && LayerOf(nal) == 0;
  if (!slice) return std::nullopt;
  return SliceHeaderReader(nal, sets).Size();
}

}  // namespace usher::hevc

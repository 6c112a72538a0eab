#include "packager/encrypt/h264/slice_header.h"

#include <array>
#include <bit>

#include "packager/encrypt/h264/nal_unit.h"
#include "packager/encrypt/rbsp_reader.h"

namespace usher::h264 {
namespace {

enum class SliceType { kP = 0, kB = 1, kI = 2, kSp = 3, kSi = 4 };

// Reads one slice header, element by element, in the order of 7.3.3.
class SliceHeaderReader {
 public:
  SliceHeaderReader(ByteView nal, const ParameterSets& sets)
      : reader_(nal),
        sets_(sets),
        ref_idc_(NalRefIdc(nal)),
        idr_(NalType(nal) == kIdrSliceNal) {}

  std::optional<size_t> Size() {
    if (!ReadIdentity()) return std::nullopt;
    ReadPicture();
    ReadPictureOrder();
    if (pps_->redundant_pic_cnt) reader_.Ue();
    if (IsB()) reader_.Flag();  // direct_spatial_mv_pred_flag
    ReadReferences();
    if (ref_idc_ != 0) ReadMarking();
    ReadCoding();
    if (!reader_.ok()) return std::nullopt;
    return reader_.BytesRead();
  }

 private:
  bool IsB() const { return type_ == SliceType::kB; }
  bool IsIntra() const {
    return type_ == SliceType::kI || type_ == SliceType::kSi;
  }

  // Up to the ids of the parameter sets that tell how to read on.
  bool ReadIdentity() {
    reader_.Bits(8);  // NAL header
    reader_.Ue();     // first_mb_in_slice
    const uint32_t type = reader_.Ue();
    const uint32_t pps_id = reader_.Ue();
    if (!reader_.ok() || type > 9) return false;
    type_ = static_cast<SliceType>(type % 5);
    pps_ = sets_.FindPps(pps_id);
    sps_ = pps_ != nullptr ? sets_.FindSps(pps_->sps_id) : nullptr;
    return sps_ != nullptr;
  }

  void ReadPicture() {
    if (sps_->separate_colour_planes) reader_.Bits(2);
    reader_.Bits(sps_->frame_num_bits);
    if (!sps_->frame_mbs_only) {
      field_ = reader_.Flag();
      if (field_) reader_.Flag();  // bottom_field_flag
    }
    if (idr_) reader_.Ue();  // idr_pic_id
  }

  void ReadPictureOrder() {
    const bool both_fields = pps_->bottom_field_pic_order && !field_;
    if (sps_->poc_type == 0) {
      reader_.Bits(sps_->poc_lsb_bits);
      if (both_fields) reader_.Se();
    } else if (sps_->poc_type == 1 && !sps_->delta_pic_order_always_zero) {
      reader_.Se();
      if (both_fields) reader_.Se();
    }
  }

  void ReadReferences() {
    if (IsIntra()) return;
    ReadReferenceCounts();
    ReadListModification();
    if (IsB()) ReadListModification();
    const bool weighted =
        IsB() ? pps_->weighted_bipred_idc == 1 : pps_->weighted_pred;
    if (weighted) ReadWeights();
  }

  void ReadReferenceCounts() {
    ref_count_ = pps_->default_ref_count;
    if (!reader_.Flag()) return;  // num_ref_idx_active_override_flag
    for (unsigned list = 0; list < (IsB() ? 2U : 1U); ++list) {
      const uint32_t count = reader_.Ue();
      if (count > 31) reader_.Fail();
      ref_count_[list] = count + 1;
    }
  }

  // 7.3.3.1, one list.
  void ReadListModification() {
    constexpr uint32_t kEnd = 3;
    if (!reader_.Flag()) return;
    while (reader_.ok()) {
      const uint32_t operation = reader_.Ue();
      if (operation == kEnd) return;
      if (operation > kEnd) return reader_.Fail();
      reader_.Ue();
    }
  }

  // 7.3.3.2
  void ReadWeights() {
    reader_.Ue();                    // luma_log2_weight_denom
    if (sps_->chroma) reader_.Ue();  // chroma_log2_weight_denom
    ReadWeightList(ref_count_[0]);
    if (IsB()) ReadWeightList(ref_count_[1]);
  }

  void ReadWeightList(uint32_t count) {
    for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
      if (reader_.Flag()) SkipSe(2);
      if (sps_->chroma && reader_.Flag()) SkipSe(4);
    }
  }

  void SkipSe(unsigned count) {
    for (unsigned i = 0; i < count; ++i) reader_.Se();
  }

  // 7.3.3.3
  void ReadMarking() {
    if (idr_) {
      reader_.Bits(2);
    } else if (reader_.Flag()) {
      while (reader_.ok() && ReadMarkingOperation()) {
      }
    }
  }

  bool ReadMarkingOperation() {
    const uint32_t operation = reader_.Ue();
    // Operands of memory_management_control_operation 0 to 6.
    constexpr std::array<unsigned, 7> kOperands = {0, 1, 1, 2, 1, 0, 1};
    if (operation >= kOperands.size()) {
      reader_.Fail();
      return false;
    }
    for (unsigned i = 0; i < kOperands[operation]; ++i) reader_.Ue();
    return operation != 0;
  }

  void ReadCoding() {
    if (pps_->cabac && !IsIntra()) reader_.Ue();  // cabac_init_idc
    reader_.Se();                                 // slice_qp_delta
    if (type_ == SliceType::kSp) reader_.Flag();  // sp_for_switch_flag
    if (type_ == SliceType::kSp || type_ == SliceType::kSi) reader_.Se();
    if (pps_->deblocking_control && reader_.Ue() != 1) SkipSe(2);
    if (pps_->slice_group_change_rate != 0) ReadSliceGroupChangeCycle();
  }

  void ReadSliceGroupChangeCycle() {
    const uint64_t rate = pps_->slice_group_change_rate;
    const uint64_t cycles = (sps_->map_units + rate - 1) / rate;
    reader_.Bits(static_cast<unsigned>(std::bit_width(cycles)));
  }

  RbspReader reader_;
  const ParameterSets& sets_;
  unsigned ref_idc_;
  bool idr_;
  SliceType type_ = SliceType::kI;
  bool field_ = false;
  std::array<uint32_t, 2> ref_count_ = {1, 1};
  const Pps* pps_ = nullptr;
  const Sps* sps_ = nullptr;
};

}  // namespace

std::optional<size_t> SliceHeaderSize(ByteView nal, const ParameterSets& sets) {
  const bool slice = !nal.empty() && (NalType(nal) == kSliceNal ||
                                      NalType(nal) == kIdrSliceNal);
  if (!slice) return std::nullopt;
  return SliceHeaderReader(nal, sets).Size();
}

}  // namespace usher::h264

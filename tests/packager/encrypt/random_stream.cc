#include "tests/packager/encrypt/random_stream.h"

#include <bit>
#include <random>

#include "tests/packager/encrypt/nal_writer.h"

namespace usher::testing {
namespace {

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  RandomSlice Make() {
    RandomSlice result;
    result.sps = MakeSps();
    result.pps = MakePps();
    MakeSlice(result);
    return result;
  }

 private:
  int64_t Between(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  }
  uint64_t UpTo(uint64_t high) {
    return std::uniform_int_distribution<uint64_t>(0, high)(random_);
  }
  bool Coin() { return UpTo(1) == 1; }

  // Writes a random flag and tells which it was.
  bool Flag(NalWriter& out) {
    const bool value = Coin();
    out.Flag(value);
    return value;
  }

  Bytes MakeSps() {
    NalWriter out(3, 7);
    const bool high = Coin();
    const uint64_t profile = high ? 244 : 88;
    out.U(8, profile);
    out.U(8, 0);
    out.U(8, 40);
    sps_id_ = UpTo(31);
    out.Ue(sps_id_);
    chroma_ = true;
    separate_planes_ = false;
    if (high) WriteChroma(out);
    frame_num_bits_ = static_cast<unsigned>(Between(4, 16));
    out.Ue(frame_num_bits_ - 4);
    WritePictureOrder(out);
    out.Ue(4);  // max_num_ref_frames
    Flag(out);
    width_ = static_cast<uint64_t>(Between(1, 40));
    height_ = static_cast<uint64_t>(Between(1, 40));
    out.Ue(width_ - 1);
    out.Ue(height_ - 1);
    frame_mbs_only_ = Coin();
    out.Flag(frame_mbs_only_);
    if (!frame_mbs_only_) Flag(out);  // mb_adaptive_frame_field_flag
    out.Flag(true);                   // direct_8x8_inference_flag
    out.Flag(false);                  // frame_cropping_flag
    out.Flag(false);                  // vui_parameters_present_flag
    return out.FinishParameterSet();
  }

  void WriteChroma(NalWriter& out) {
    const uint64_t format = UpTo(3);
    out.Ue(format);
    if (format == 3) separate_planes_ = Flag(out);
    chroma_ = format != 0 && !separate_planes_;
    out.Ue(UpTo(6));
    out.Ue(UpTo(6));
    out.Flag(false);
    if (!Flag(out)) return;
    for (int list = 0; list < (format == 3 ? 12 : 8); ++list) {
      if (Flag(out)) WriteScalingList(out, list < 6 ? 16 : 64);
    }
  }

  void WriteScalingList(NalWriter& out, int size) {
    int64_t last = 8;
    int64_t next = 8;
    for (int i = 0; i < size && next != 0; ++i) {
      const int64_t delta = Between(-128, 127);
      out.Se(delta);
      next = (last + delta + 256) % 256;
      if (next != 0) last = next;
    }
  }

  void WritePictureOrder(NalWriter& out) {
    poc_type_ = UpTo(2);
    out.Ue(poc_type_);
    if (poc_type_ == 0) {
      poc_lsb_bits_ = static_cast<unsigned>(Between(4, 16));
      out.Ue(poc_lsb_bits_ - 4);
    } else if (poc_type_ == 1) {
      delta_always_zero_ = Flag(out);
      out.Se(Between(-1000, 1000));
      out.Se(Between(-1000, 1000));
      const uint64_t count = UpTo(5);
      out.Ue(count);
      for (uint64_t i = 0; i < count; ++i) out.Se(Between(-9, 9));
    }
  }

  Bytes MakePps() {
    NalWriter out(3, 8);
    pps_id_ = UpTo(255);
    out.Ue(pps_id_);
    out.Ue(sps_id_);
    cabac_ = Flag(out);
    bottom_field_order_ = Flag(out);
    WriteSliceGroups(out);
    default_refs_ = {UpTo(31), UpTo(31)};
    for (uint64_t count : default_refs_) out.Ue(count);
    weighted_ = Flag(out);
    weighted_bi_ = UpTo(2);
    out.U(2, weighted_bi_);
    out.Se(Between(-26, 25));
    out.Se(Between(-26, 25));
    out.Se(Between(-12, 12));
    deblocking_ = Flag(out);
    Flag(out);
    redundant_ = Flag(out);
    return out.FinishParameterSet();
  }

  void WriteSliceGroups(NalWriter& out) {
    const uint64_t more_groups = Coin() ? 0 : UpTo(7);
    change_rate_ = 0;
    out.Ue(more_groups);
    if (more_groups == 0) return;
    // Types 3 to 5 are for two groups (7.4.2.2).
    uint64_t type = UpTo(6);
    if (type >= 3 && type <= 5 && more_groups != 1) type = 6;
    out.Ue(type);
    const uint64_t units = width_ * height_;
    if (type == 0) {
      for (uint64_t i = 0; i <= more_groups; ++i) out.Ue(UpTo(units - 1));
    } else if (type == 2) {
      for (uint64_t i = 0; i < more_groups; ++i) {
        const uint64_t top_left = UpTo(units - 1);
        out.Ue(top_left);
        out.Ue(top_left + UpTo(units - 1 - top_left));
      }
    } else if (type >= 3 && type <= 5) {
      Flag(out);
      change_rate_ = UpTo(units - 1) + 1;
      out.Ue(change_rate_ - 1);
    } else if (type == 6) {
      out.Ue(units - 1);
      const auto bits = static_cast<unsigned>(std::bit_width(more_groups));
      for (uint64_t i = 0; i < units; ++i) out.U(bits, UpTo(more_groups));
    }
  }

  void MakeSlice(RandomSlice& result) {
    idr_ = UpTo(3) == 0;
    const uint64_t ref_idc = idr_ ? Between(1, 3) : UpTo(3);
    // IDR pictures have I and SI slices only.
    type_ = idr_ ? (Coin() ? 2 : 4) : UpTo(4);
    NalWriter out(static_cast<unsigned>(ref_idc), idr_ ? 5 : 1);
    out.Ue(0);  // first_mb_in_slice
    out.Ue(Coin() ? type_ : type_ + 5);
    out.Ue(pps_id_);
    if (separate_planes_) out.U(2, UpTo(2));
    out.U(frame_num_bits_, idr_ ? 0 : UpTo((1U << frame_num_bits_) - 1));
    field_ = false;
    if (!frame_mbs_only_) {
      field_ = Flag(out);
      if (field_) Flag(out);
    }
    if (idr_) out.Ue(UpTo(65535));
    WriteOrderCounts(out);
    if (redundant_) out.Ue(ref_idc == 0 ? UpTo(127) : 0);
    if (type_ == 1) Flag(out);  // direct_spatial_mv_pred_flag
    if (type_ != 2 && type_ != 4) WriteReferences(out);
    if (ref_idc != 0) WriteMarking(out);
    WriteCoding(out);
    result.header_size = out.EscapedSize(out.bits());
    Bytes payload(40);
    for (uint8_t& byte : payload) byte = Coin() ? 0 : UpTo(255) & 0xFF;
    payload.push_back(0x80);
    result.slice = out.FinishSlice(payload);
  }

  void WriteOrderCounts(NalWriter& out) {
    const bool both = bottom_field_order_ && !field_;
    if (poc_type_ == 0) {
      out.U(poc_lsb_bits_, UpTo((1U << poc_lsb_bits_) - 1));
      if (both) out.Se(Between(-30000, 30000));
    } else if (poc_type_ == 1 && !delta_always_zero_) {
      out.Se(Between(-30000, 30000));
      if (both) out.Se(Between(-30000, 30000));
    }
  }

  void WriteReferences(NalWriter& out) {
    std::array<uint64_t, 2> refs = default_refs_;
    const unsigned lists = type_ == 1 ? 2 : 1;
    const uint64_t max = field_ ? 31 : 15;
    // The defaults may be too many for frames, then they must be overridden.
    const bool override = Coin() || refs[0] > max || refs[1] > max;
    out.Flag(override);
    for (unsigned i = 0; override && i < lists; ++i)
      out.Ue(refs[i] = UpTo(max));
    for (unsigned i = 0; i < lists; ++i) WriteListModification(out);
    const bool weights = type_ == 1 ? weighted_bi_ == 1 : weighted_;
    if (!weights) return;
    out.Ue(UpTo(7));
    if (chroma_) out.Ue(UpTo(7));
    for (unsigned i = 0; i < lists; ++i) WriteWeights(out, refs[i] + 1);
  }

  void WriteListModification(NalWriter& out) {
    if (!Flag(out)) return;
    const uint64_t count = UpTo(3);
    for (uint64_t i = 0; i < count; ++i) {
      out.Ue(UpTo(2));
      out.Ue(UpTo(3));
    }
    out.Ue(3);
  }

  void WriteWeights(NalWriter& out, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      if (Flag(out)) WriteSe(out, 2);
      if (chroma_ && Flag(out)) WriteSe(out, 4);
    }
  }

  void WriteSe(NalWriter& out, int count) {
    for (int i = 0; i < count; ++i) out.Se(Between(-128, 127));
  }

  void WriteMarking(NalWriter& out) {
    if (idr_) {
      Flag(out);
      Flag(out);
      return;
    }
    if (!Flag(out)) return;
    const uint64_t count = UpTo(4);
    for (uint64_t i = 0; i < count; ++i) {
      const auto operation = static_cast<uint64_t>(Between(1, 6));
      out.Ue(operation);
      if (operation == 1 || operation == 3) out.Ue(UpTo(3));
      if (operation == 2) out.Ue(UpTo(3));
      if (operation == 3 || operation == 6) out.Ue(UpTo(3));
      if (operation == 4) out.Ue(UpTo(3));
    }
    out.Ue(0);
  }

  void WriteCoding(NalWriter& out) {
    const bool intra = type_ == 2 || type_ == 4;
    if (cabac_ && !intra) out.Ue(UpTo(2));
    out.Se(Between(-20, 20));
    if (type_ == 3) Flag(out);
    if (type_ == 3 || type_ == 4) out.Se(Between(-20, 20));
    if (deblocking_) {
      const uint64_t idc = UpTo(2);
      out.Ue(idc);
      if (idc != 1) {
        out.Se(Between(-6, 6));
        out.Se(Between(-6, 6));
      }
    }
    if (change_rate_ != 0) {
      const uint64_t cycles =
          (width_ * height_ + change_rate_ - 1) / change_rate_;
      unsigned bits = 0;  // Ceil(Log2(cycles + 1))
      while ((uint64_t{1} << bits) < cycles + 1) ++bits;
      out.U(bits, UpTo(cycles));
    }
  }

  std::mt19937_64 random_;
  uint64_t sps_id_ = 0;
  uint64_t pps_id_ = 0;
  bool chroma_ = true;
  bool separate_planes_ = false;
  unsigned frame_num_bits_ = 4;
  uint64_t poc_type_ = 0;
  unsigned poc_lsb_bits_ = 4;
  bool delta_always_zero_ = false;
  uint64_t width_ = 1;
  uint64_t height_ = 1;
  bool frame_mbs_only_ = true;
  bool cabac_ = false;
  bool bottom_field_order_ = false;
  uint64_t change_rate_ = 0;
  std::array<uint64_t, 2> default_refs_ = {0, 0};
  bool weighted_ = false;
  uint64_t weighted_bi_ = 0;
  bool deblocking_ = false;
  bool redundant_ = false;
  bool idr_ = false;
  bool field_ = false;
  uint64_t type_ = 0;
};

}  // namespace

RandomSlice MakeRandomSlice(uint64_t seed) { return Generator(seed).Make(); }

}  // namespace usher::testing

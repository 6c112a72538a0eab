#include "packager/encrypt/av1/film_grain.h"

namespace usher::av1 {
namespace {

// Points of 16 bits, behind their count.
unsigned SkipPoints(BitReader& bits) {
  const unsigned points = bits.Bits(4);
  for (unsigned i = 0; i < points; ++i) bits.Bits(16);
  return points;
}

void SkipBytes(BitReader& bits, unsigned count) {
  for (unsigned i = 0; i < count; ++i) bits.Bits(8);
}

}  // namespace

void SkipFilmGrain(BitReader& bits, const SequenceHeader& sequence,
                   bool inter_frame) {
  if (!bits.Flag()) return;  // apply_grain
  bits.Bits(16);             // grain_seed
  if (inter_frame && !bits.Flag()) {
    bits.Bits(3);  // film_grain_params_ref_idx
    return;
  }
  const unsigned luma = SkipPoints(bits);
  const bool from_luma = !sequence.monochrome && bits.Flag();
  const bool subsampled = sequence.subsampling_x && sequence.subsampling_y;
  unsigned cb = 0;
  unsigned cr = 0;
  if (!sequence.monochrome && !from_luma && !(subsampled && luma == 0)) {
    cb = SkipPoints(bits);
    cr = SkipPoints(bits);
  }
  bits.Bits(2);  // grain_scaling_minus_8
  const unsigned lag = bits.Bits(2);
  const unsigned luma_positions = 2 * lag * (lag + 1);
  if (luma > 0) SkipBytes(bits, luma_positions);
  const unsigned chroma_positions = luma_positions + (luma > 0 ? 1 : 0);
  if (from_luma || cb > 0) SkipBytes(bits, chroma_positions);
  if (from_luma || cr > 0) SkipBytes(bits, chroma_positions);
  bits.Bits(4);  // ar_coeff_shift_minus_6, grain_scale_shift
  if (cb > 0) bits.Bits(25);
  if (cr > 0) bits.Bits(25);
  bits.Bits(2);  // overlap_flag, clip_to_restricted_range
}

}  // namespace usher::av1

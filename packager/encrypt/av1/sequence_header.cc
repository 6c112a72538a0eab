#include "packager/encrypt/av1/sequence_header.h"

#include "packager/track/bit_reader.h"

namespace usher::av1 {
namespace {

constexpr unsigned kEachFrameTells = 2;

void SkipUvlc(BitReader& bits) {
  unsigned zeros = 0;
  while (zeros < 32 && !bits.overrun() && !bits.Flag()) ++zeros;
  if (zeros < 32) bits.Bits(zeros);
}

class Parser {
 public:
  explicit Parser(ByteView payload) : bits_(payload) {}

  std::optional<SequenceHeader> Parse() {
    profile_ = bits_.Bits(3);
    bits_.Bits(1);  // still_picture
    header_.reduced_still_picture = bits_.Flag();
    if (header_.reduced_still_picture) {
      bits_.Bits(5);
      header_.operating_points.resize(1);
    } else {
      ReadTiming();
      ReadOperatingPoints();
    }
    ReadSize();
    ReadTools();
    ReadColour();
    header_.film_grain = bits_.Flag();
    if (bits_.overrun()) return std::nullopt;
    return std::move(header_);
  }

 private:
  void ReadTiming() {
    if (!bits_.Flag()) return;
    bits_.Bits(32);
    bits_.Bits(32);
    header_.equal_picture_interval = bits_.Flag();
    if (header_.equal_picture_interval) SkipUvlc(bits_);
    header_.decoder_model = bits_.Flag();
    if (!header_.decoder_model) return;
    delay_bits_ = bits_.Bits(5) + 1;
    bits_.Bits(32);
    header_.removal_time_bits = bits_.Bits(5) + 1;
    header_.presentation_time_bits = bits_.Bits(5) + 1;
  }

  void ReadOperatingPoints() {
    const bool display_delay = bits_.Flag();
    const unsigned count = bits_.Bits(5) + 1;
    for (unsigned i = 0; i < count; ++i) {
      OperatingPoint& point = header_.operating_points.emplace_back();
      point.layers = bits_.Bits(12);
      if (bits_.Bits(5) > 7) bits_.Bits(1);  // level, tier
      if (header_.decoder_model) {
        point.decoder_model = bits_.Flag();
        if (point.decoder_model) {
          bits_.Bits(delay_bits_);
          bits_.Bits(delay_bits_);
          bits_.Bits(1);
        }
      }
      if (display_delay && bits_.Flag()) bits_.Bits(4);
    }
  }

  void ReadSize() {
    header_.width_bits = bits_.Bits(4) + 1;
    header_.height_bits = bits_.Bits(4) + 1;
    header_.max_width = bits_.Bits(header_.width_bits) + 1;
    header_.max_height = bits_.Bits(header_.height_bits) + 1;
    if (header_.reduced_still_picture || !bits_.Flag()) return;
    header_.delta_frame_id_bits = bits_.Bits(4) + 2;
    header_.frame_id_bits = bits_.Bits(3) + header_.delta_frame_id_bits + 1;
  }

  void ReadTools() {
    header_.large_superblocks = bits_.Flag();
    bits_.Bits(2);  // filter_intra, intra_edge_filter
    if (!header_.reduced_still_picture) {
      bits_.Bits(2);  // interintra, masked compound
      header_.warped_motion = bits_.Flag();
      bits_.Bits(1);  // dual_filter
      const bool order_hint = bits_.Flag();
      if (order_hint) {
        bits_.Bits(1);  // jnt_comp
        header_.ref_frame_mvs = bits_.Flag();
      }
      header_.screen_content_tools =
          bits_.Flag() ? kEachFrameTells : bits_.Bits(1);
      if (header_.screen_content_tools > 0) {
        header_.integer_mv = bits_.Flag() ? kEachFrameTells : bits_.Bits(1);
      }
      if (order_hint) header_.order_hint_bits = bits_.Bits(3) + 1;
    }
    header_.superres = bits_.Flag();
    header_.cdef = bits_.Flag();
    header_.restoration = bits_.Flag();
  }

  void ReadColour() {
    constexpr uint32_t kSrgb = 1 << 16 | 13 << 8;  // BT.709, sRGB, identity
    const bool high = bits_.Flag();
    const bool twelve = profile_ == 2 && high && bits_.Flag();
    header_.monochrome = profile_ != 1 && bits_.Flag();
    const uint32_t description = bits_.Flag() ? bits_.Bits(24) : 0;
    if (header_.monochrome) {
      bits_.Bits(1);
      return;
    }
    if (description == kSrgb) {
      header_.subsampling_x = header_.subsampling_y = false;
    } else {
      bits_.Bits(1);  // color_range
      ReadSubsampling(twelve);
      if (header_.subsampling_x && header_.subsampling_y) bits_.Bits(2);
    }
    header_.separate_uv_delta_q = bits_.Flag();
  }

  void ReadSubsampling(bool twelve) {
    header_.subsampling_x = profile_ != 1;
    header_.subsampling_y = profile_ == 0;
    if (profile_ != 2 || !twelve) return;
    header_.subsampling_x = bits_.Flag();
    header_.subsampling_y = header_.subsampling_x && bits_.Flag();
  }

  BitReader bits_;
  SequenceHeader header_;
  unsigned profile_ = 0;
  unsigned delay_bits_ = 0;
};

}  // namespace

std::optional<SequenceHeader> ParseSequenceHeader(ByteView payload) {
  return Parser(payload).Parse();
}

}  // namespace usher::av1

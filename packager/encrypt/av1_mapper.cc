#include "packager/encrypt/av1_mapper.h"

#include <utility>

#include "packager/encrypt/av1/frame_header.h"
#include "packager/encrypt/subsample_list.h"
#include "packager/track/bit_reader.h"
#include "packager/track/obu.h"

namespace usher {
namespace {

constexpr size_t kConfigHead = 4;  // of av1C, before its OBUs

class Av1Mapper final : public SampleMapper {
 public:
  explicit Av1Mapper(std::optional<av1::SequenceHeader> sequence)
      : first_sequence_(std::move(sequence)) {}

  void StartFragment() override {
    sequence_ = first_sequence_;
    frames_.Reset();
    frame_.reset();
  }

  Result<std::vector<Subsample>> Map(ByteView sample) override {
    SubsampleList list(true);
    Obus obus(sample);
    while (const auto obu = obus.Next()) {
      list.Add(obu->whole.size() - obu->payload.size(), 0);
      if (!MapObu(*obu, list)) {
        return BadInput({}, "an AV1 frame header cannot be read",
                        "package it with --encryption aes-128, or re-encode "
                        "the input");
      }
    }
    if (obus.damaged()) {
      return BadInput({}, "an AV1 unit is longer than the sample",
                      "remux or re-encode the input");
    }
    return list.Finish();
  }

 private:
  bool MapObu(const Obu& obu, SubsampleList& list) {
    switch (obu.type) {
      case ObuType::kSequenceHeader:
        sequence_ = av1::ParseSequenceHeader(obu.payload);
        break;
      case ObuType::kFrameHeader:
        if (!ReadFrame(obu)) return false;
        break;
      case ObuType::kFrame:
        return ReadFrame(obu) && frame_ &&
               MapTiles(obu.payload, (frame_->bits + 7) / 8, *frame_, list);
      case ObuType::kTileGroup:
        return frame_ && MapTiles(obu.payload, 0, *frame_, list);
      default:
        break;
    }
    list.Add(obu.payload.size(), 0);
    return true;
  }

  bool ReadFrame(const Obu& obu) {
    if (!sequence_) return false;
    frame_ = frames_.Read(obu.payload, *sequence_,
                          {obu.temporal_id, obu.spatial_id});
    return frame_.has_value();
  }

  // tile_group_obu(), 5.11.1, which begins at byte `start`.
  static bool MapTiles(ByteView payload, size_t start,
                       const av1::FrameHeader& frame, SubsampleList& list) {
    if (start > payload.size()) return false;
    list.Add(start, 0);
    ByteView rest = payload.subspan(start);
    BitReader bits(rest);
    uint32_t first = 0;
    uint32_t last = frame.tiles - 1;
    if (frame.tiles > 1 && bits.Flag()) {
      first = bits.Bits(frame.tile_number_bits);
      last = bits.Bits(frame.tile_number_bits);
    }
    const size_t head = (bits.position() + 7) / 8;
    if (bits.overrun() || last < first || last >= frame.tiles) return false;
    list.Add(head, 0);
    rest = rest.subspan(head);
    for (uint32_t tile = first; tile < last; ++tile) {
      if (!MapSizedTile(rest, frame.tile_size_bytes, list)) return false;
    }
    list.Add(0, rest.size());
    return true;
  }

  // One that is not the last has its size in front.
  static bool MapSizedTile(ByteView& rest, size_t width, SubsampleList& list) {
    if (rest.size() < width) return false;
    size_t size = 0;
    for (size_t i = width; i-- > 0;) size = size << 8 | rest[i];
    ++size;
    if (rest.size() - width < size) return false;
    list.Add(width, size);
    rest = rest.subspan(width + size);
    return true;
  }

  std::optional<av1::SequenceHeader> first_sequence_;
  std::optional<av1::SequenceHeader> sequence_;
  av1::FrameHeaderReader frames_;
  std::optional<av1::FrameHeader> frame_;
};

}  // namespace

std::optional<av1::SequenceHeader> SequenceHeaderOf(ByteView av1c) {
  if (av1c.size() < kConfigHead) return std::nullopt;
  Obus obus(av1c.subspan(kConfigHead));
  while (const auto obu = obus.Next()) {
    if (obu->type == ObuType::kSequenceHeader) {
      return av1::ParseSequenceHeader(obu->payload);
    }
  }
  return std::nullopt;
}

std::unique_ptr<SampleMapper> MakeAv1Mapper(
    std::optional<av1::SequenceHeader> sequence) {
  return std::make_unique<Av1Mapper>(std::move(sequence));
}

}  // namespace usher

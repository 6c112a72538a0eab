#include "packager/inspect/sound_config.h"

#include <bit>
#include <cstdint>

#include "packager/mp4/box_reader.h"
#include "packager/track/bit_reader.h"

namespace usher::inspect {
namespace {

using mp4::FieldReader;
using mp4::FindBox;

// Opus in ISO base media file format 4.3.2.
unsigned OpusChannels(ByteView dops) {
  return dops.size() < 11 || dops[0] != 0 ? 0 : dops[1];
}

// FLAC in ISO base media file format 3.3.2; STREAMINFO comes first (RFC 9639
// 8.2): after ten bytes 20 bits of rate, then three of channels less one.
unsigned FlacChannels(ByteView dfla) {
  constexpr size_t kStreamInfo = 8;
  constexpr size_t kChannelsAt = kStreamInfo + 12;
  if (dfla.size() <= kChannelsAt || (dfla[4] & 0x7F) != 0) return 0;
  return (dfla[kChannelsAt] >> 1 & 7) + 1U;
}

// An MPEG-4 descriptor's tag; its size is not needed (ISO/IEC 14496-1 8.3.3).
uint8_t ReadDescriptor(FieldReader& fields) {
  const uint8_t tag = fields.U8();
  for (int i = 0; i < 4 && (fields.U8() & 0x80) != 0; ++i) {
  }
  return tag;
}

// channelConfiguration of an AudioSpecificConfig whose object type and rate
// are told in their short forms (ISO/IEC 14496-3 1.6.2.1).
unsigned AacChannels(ByteView esds) {
  FieldReader fields(esds);
  fields.Skip(4);
  if (ReadDescriptor(fields) != 3) return 0;
  fields.Skip(2);
  if (fields.U8() != 0 || ReadDescriptor(fields) != 4) return 0;
  if (fields.U8() != 0x40) return 0;
  fields.Skip(12);
  if (ReadDescriptor(fields) != 5) return 0;
  const unsigned config = fields.U16();
  const unsigned object_type = config >> 11;
  const unsigned rate = config >> 7 & 15;
  const unsigned channels = config >> 3 & 15;
  if (!fields.ok() || object_type == 31 || rate == 15) return 0;
  return channels == 7 ? 8 : channels < 7 ? channels : 0;
}

// acmod and lfeon (ETSI TS 102 366 4.4.2.3, 4.4.2.7).
unsigned DolbyChannels(uint32_t acmod, bool lfe) {
  constexpr unsigned kFullRange[] = {2, 1, 2, 3, 3, 4, 4, 5};
  return kFullRange[acmod & 7] + (lfe ? 1U : 0U);
}

// ETSI TS 102 366 F.4.
unsigned Ac3Channels(ByteView dac3) {
  BitReader bits(dac3);
  bits.Bits(2 + 5 + 3);
  const uint32_t acmod = bits.Bits(3);
  const bool lfe = bits.Flag();
  return bits.overrun() ? 0 : DolbyChannels(acmod, lfe);
}

// F.6: the first independent substream with those that depend on it.
unsigned Eac3Channels(ByteView dec3) {
  // chan_loc: of these locations each is a pair (table F.6.1).
  constexpr uint32_t kPairs = 0b0'0111'0011;
  BitReader bits(dec3);
  bits.Bits(13 + 3);
  bits.Bits(2 + 5 + 1 + 1 + 3);
  const uint32_t acmod = bits.Bits(3);
  const bool lfe = bits.Flag();
  bits.Bits(3);
  uint32_t further = 0;
  if (bits.Bits(4) > 0) further = bits.Bits(9);
  if (bits.overrun()) return 0;
  return DolbyChannels(acmod, lfe) +
         static_cast<unsigned>(std::popcount(further) +
                               std::popcount(further & kPairs));
}

}  // namespace

unsigned CodedChannels(ByteView boxes) {
  if (const auto dops = FindBox(boxes, "dOps")) return OpusChannels(dops->body);
  if (const auto dfla = FindBox(boxes, "dfLa")) return FlacChannels(dfla->body);
  if (const auto esds = FindBox(boxes, "esds")) return AacChannels(esds->body);
  if (const auto dac3 = FindBox(boxes, "dac3")) return Ac3Channels(dac3->body);
  if (const auto dec3 = FindBox(boxes, "dec3")) return Eac3Channels(dec3->body);
  return 0;
}

}  // namespace usher::inspect

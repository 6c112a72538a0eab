#include "packager/track/ac3_config.h"

#include <array>
#include <bit>

#include "core/base/byte_writer.h"
#include "packager/track/bit_reader.h"

namespace usher {
namespace {

constexpr uint32_t kSyncWord = 0x0b77;
constexpr std::array<uint32_t, 3> kSampleRates = {48000, 44100, 32000};
constexpr unsigned kMaxAc3 = 8;  // bsid: 9 and 10 are half rates nobody uses
constexpr unsigned kEnhancedAc3 = 16;
constexpr unsigned kLfe = 15;  // bit of table E.1.4, counted from the left

auto Broken(const char* what) {
  return BadInput("AC-3 frame", what,
                  "encode the sound again: ffmpeg -i IN -c:v copy -c:a aac "
                  "OUT.mp4");
}

uint16_t Location(unsigned bit) {
  return static_cast<uint16_t>(0x8000U >> bit);
}

// Table 5.8: 1+1, 1/0, 2/0, 3/0, 2/1, 3/1, 2/2, 3/2.
uint16_t LocationsOf(unsigned acmod, bool lfe) {
  constexpr uint16_t kLeft = 0x8000, kCentre = 0x4000, kRight = 0x2000,
                     kLeftSurround = 0x1000, kRightSurround = 0x0800,
                     kCentreSurround = 0x0100;
  constexpr std::array<uint16_t, 8> kModes = {
      kLeft | kRight,
      kCentre,
      kLeft | kRight,
      kLeft | kCentre | kRight,
      kLeft | kRight | kCentreSurround,
      kLeft | kCentre | kRight | kCentreSurround,
      kLeft | kRight | kLeftSurround | kRightSurround,
      kLeft | kCentre | kRight | kLeftSurround | kRightSurround};
  return kModes[acmod] | (lfe ? Location(kLfe) : 0);
}

// Pairs are one location.
uint32_t ChannelsAt(uint16_t locations) {
  constexpr uint16_t kPairs =
      0x0400 | 0x0200 | 0x0040 | 0x0020 | 0x0010 | 0x0004;
  return static_cast<uint32_t>(std::popcount(locations) +
                               std::popcount<uint16_t>(locations & kPairs));
}

struct Frame {
  unsigned type = 0;  // strmtyp: 0 independent, 1 dependent, 2 converted AC-3
  unsigned substream = 0;
  size_t size = 0;
  unsigned rate_code = 0;
  unsigned blocks_code = 3;
  unsigned bsid = 0;
  unsigned bsmod = 0;
  unsigned acmod = 0;
  bool lfe = false;
  unsigned bit_rate_code = 0;  // AC-3
  uint16_t channel_map = 0;    // dependent
  uint8_t objects = 0;
};

bool ReadAc3(ByteView data, Frame& frame) {
  BitReader bits(data);
  if (bits.Bits(16) != kSyncWord) return false;
  bits.Bits(16);  // crc1
  frame.rate_code = bits.Bits(2);
  frame.bit_rate_code = bits.Bits(6) >> 1;
  frame.bsid = bits.Bits(5);
  frame.bsmod = bits.Bits(3);
  frame.acmod = bits.Bits(3);
  if ((frame.acmod & 1) != 0 && frame.acmod != 1) bits.Bits(2);
  if ((frame.acmod & 4) != 0) bits.Bits(2);
  if (frame.acmod == 2) bits.Bits(2);
  frame.lfe = bits.Bits(1) != 0;
  frame.size = data.size();
  return !bits.overrun() && frame.rate_code < 3 && frame.bsid <= kMaxAc3;
}

void SkipIf(BitReader& bits, unsigned count) {
  if (bits.Bits(1) != 0) bits.Bits(count);
}

// E.1.2.2, mixmdate.
void SkipMixing(BitReader& bits, const Frame& frame) {
  if (frame.acmod > 2) bits.Bits(2);
  if ((frame.acmod & 1) != 0 && frame.acmod > 2) bits.Bits(6);
  if ((frame.acmod & 4) != 0) bits.Bits(6);
  if (frame.lfe) SkipIf(bits, 5);
  if (frame.type != 0) return;
  SkipIf(bits, 6);
  if (frame.acmod == 0) SkipIf(bits, 6);
  SkipIf(bits, 6);
  const unsigned definition = bits.Bits(2);
  if (definition == 1) bits.Bits(5);
  if (definition == 2) bits.Bits(12);
  if (definition == 3) {
    const unsigned bytes = bits.Bits(5) + 2;
    for (unsigned i = 0; i < bytes; ++i) bits.Bits(8);
  }
  if (frame.acmod < 2) {
    SkipIf(bits, 14);
    if (frame.acmod == 0) SkipIf(bits, 14);
  }
  if (bits.Bits(1) == 0) return;  // frmmixcfginfoe
  constexpr std::array<unsigned, 4> kBlocks = {1, 2, 3, 6};
  if (frame.blocks_code == 0) {
    bits.Bits(5);
    return;
  }
  for (unsigned i = 0; i < kBlocks[frame.blocks_code]; ++i) SkipIf(bits, 5);
}

void ReadInformation(BitReader& bits, Frame& frame) {
  frame.bsmod = bits.Bits(3);
  bits.Bits(2);
  if (frame.acmod == 2) bits.Bits(4);
  if (frame.acmod >= 6) bits.Bits(2);
  SkipIf(bits, 8);
  if (frame.acmod == 0) SkipIf(bits, 8);
  if (frame.rate_code < 3) bits.Bits(1);
}

bool ReadEac3(ByteView data, Frame& frame) {
  BitReader bits(data);
  if (bits.Bits(16) != kSyncWord) return false;
  frame.type = bits.Bits(2);
  frame.substream = bits.Bits(3);
  frame.size = 2 * (size_t{bits.Bits(11)} + 1);
  frame.rate_code = bits.Bits(2);
  if (frame.rate_code == 3) return false;  // half rates: with reduced blocks
  frame.blocks_code = bits.Bits(2);
  frame.acmod = bits.Bits(3);
  frame.lfe = bits.Bits(1) != 0;
  frame.bsid = bits.Bits(5);
  bits.Bits(5);  // dialnorm
  SkipIf(bits, 8);
  if (frame.acmod == 0) {
    bits.Bits(5);
    SkipIf(bits, 8);
  }
  if (frame.type == 1 && bits.Bits(1) != 0) {
    frame.channel_map = static_cast<uint16_t>(bits.Bits(16));
  }
  if (bits.Bits(1) != 0) SkipMixing(bits, frame);
  if (bits.Bits(1) != 0) ReadInformation(bits, frame);
  if (frame.type == 0 && frame.blocks_code != 3) bits.Bits(1);
  if (frame.type == 2 && (frame.blocks_code == 3 || bits.Bits(1) != 0)) {
    bits.Bits(6);
  }
  if (bits.Bits(1) != 0) {  // addbsie: Dolby Atmos is told there
    const unsigned bytes = bits.Bits(6) + 1;
    const bool extended = (bits.Bits(8) & 1) != 0;
    if (extended && bytes > 1) {
      frame.objects = static_cast<uint8_t>(bits.Bits(8));
    }
  }
  return !bits.overrun() && frame.bsid > 10 && frame.bsid <= kEnhancedAc3;
}

unsigned BsidOf(ByteView sample) {
  // At the same place in both syntaxes.
  return sample.size() > 5 ? sample[5] >> 3 : 0;
}

Result<Ac3Config> ReadAc3Config(ByteView sample) {
  Frame frame;
  if (!ReadAc3(sample, frame)) return Broken("cannot be read");
  Ac3Config config;
  config.sample_rate = kSampleRates[frame.rate_code];
  config.locations = LocationsOf(frame.acmod, frame.lfe);
  config.channels = ChannelsAt(config.locations);
  ByteWriter out(config.box);
  out.U24(frame.rate_code << 22 | frame.bsid << 17 | frame.bsmod << 14 |
          frame.acmod << 11 | (frame.lfe ? 1U : 0U) << 10 |
          frame.bit_rate_code << 5);
  return config;
}

// chan_loc of dec3 (F.6.2): the locations beyond the usual six.
unsigned FurtherLocations(uint16_t channel_map) {
  unsigned further = 0;
  for (unsigned bit = 5; bit <= 12; ++bit) {
    if ((channel_map & Location(bit)) != 0) further |= 1U << (bit - 5);
  }
  constexpr unsigned kSecondLfe = 14;
  if ((channel_map & Location(kSecondLfe)) != 0) further |= 1U << 8;
  return further;
}

void WriteDec3(const Frame& main, unsigned dependent, uint16_t channel_map,
               size_t sample_size, Ac3Config& config) {
  constexpr size_t kSamples = 1536;
  const size_t kilobits =
      sample_size * 8 * config.sample_rate / (kSamples * size_t{1000});
  ByteWriter out(config.box);
  out.U16(static_cast<uint16_t>((kilobits & 0x1fff) << 3));
  const unsigned further = FurtherLocations(channel_map);
  out.U16(static_cast<uint16_t>(main.rate_code << 14 | main.bsid << 9 |
                                main.bsmod << 4 | main.acmod << 1 |
                                (main.lfe ? 1U : 0U)));
  if (dependent > 0) {
    out.U16(static_cast<uint16_t>(dependent << 9 | further));
  } else {
    out.U8(0);
  }
  if (config.objects == 0) return;
  out.U8(1);  // flag_ec3_extension_type_a
  out.U8(config.objects);
}

Result<Ac3Config> ReadEac3Config(ByteView sample) {
  Frame main;
  if (!ReadEac3(sample, main) || main.type == 1 || main.size > sample.size()) {
    return Broken("cannot be read");
  }
  if (main.blocks_code != 3) return Broken("holds fewer than six blocks");
  Ac3Config config;
  config.enhanced = true;
  config.objects = main.objects;
  uint16_t channel_map = 0;
  unsigned dependent = 0;
  for (ByteView rest = sample.subspan(main.size); !rest.empty();) {
    Frame frame;
    if (!ReadEac3(rest, frame) || frame.size > rest.size()) break;
    if (frame.type != 1) return Broken("holds more than one programme");
    ++dependent;
    channel_map = static_cast<uint16_t>(channel_map | frame.channel_map);
    if (frame.objects != 0) config.objects = frame.objects;
    rest = rest.subspan(frame.size);
  }
  config.sample_rate = kSampleRates[main.rate_code];
  config.locations =
      static_cast<uint16_t>(LocationsOf(main.acmod, main.lfe) | channel_map);
  config.channels = ChannelsAt(config.locations);
  WriteDec3(main, dependent, channel_map, sample.size(), config);
  return config;
}

}  // namespace

Result<Ac3Config> Ac3Config::FromSample(ByteView sample) {
  return BsidOf(sample) > 10 ? ReadEac3Config(sample) : ReadAc3Config(sample);
}

}  // namespace usher

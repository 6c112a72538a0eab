#include "packager/track/flac_config.h"

#include "core/base/byte_writer.h"
#include "packager/track/bit_reader.h"

namespace usher {

Result<FlacConfig> FlacConfig::FromStreamInfo(ByteView info) {
  constexpr size_t kSize = 34;
  constexpr uint8_t kLastBlock = 0x80;
  FlacConfig config;
  BitReader bits(info);
  bits.Bits(16);  // smallest block
  config.block_size = bits.Bits(16);
  bits.Bits(24);  // frame sizes
  bits.Bits(24);
  config.sample_rate = bits.Bits(20);
  config.channels = bits.Bits(3) + 1;
  if (info.size() != kSize || config.sample_rate == 0 ||
      config.block_size < 16) {
    return BadInput("FLAC header", "cannot be read",
                    "encode or re-mux the sound again");
  }
  ByteWriter out(config.box);
  out.U32(0);  // version and flags
  out.U8(kLastBlock);
  out.U24(kSize);
  out.Append(info);
  return config;
}

}  // namespace usher

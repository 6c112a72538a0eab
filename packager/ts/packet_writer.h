// MPEG-TS packets of one segment (ISO/IEC 13818-1 2.4.3).
//
// Segments are written apart from each other, in any order, and yet continuity
// counters run on from each to the next: every one takes a whole number of
// sixteen packets of its elementary stream, so its counter starts at 0; tables
// come once a segment, so theirs is the segment's number.
#pragma once

#include <cstdint>

#include "core/base/byte_writer.h"

namespace usher::ts {

inline constexpr size_t kPacketSize = 188;

// What goes into the first packet of a PES packet.
struct PesStart {
  uint64_t clock = 0;  // program clock reference, 90 kHz
  bool random_access = false;
};

class PacketWriter {
 public:
  // `out` outlives the writer.
  explicit PacketWriter(Bytes& out) : out_(out) {}

  // A section of at most 183 bytes, as one packet.
  void Section(uint16_t pid, uint64_t counter, ByteView section);
  void Pes(uint16_t pid, const PesStart& start, ByteView pes);
  // The same for the segment's last PES packet: spread over so many packets
  // that their number is a multiple of sixteen.
  // A PES header, 2.4.3.7, is kept whole in the first of them: where the
  // payload has too few bytes for the others, the header is stuffed.
  void LastPes(uint16_t pid, const PesStart& start, ByteView pes);

 private:
  void Spread(uint16_t pid, const PesStart& start, ByteView pes,
              size_t packets);
  void Header(uint16_t pid, bool start, bool field, uint64_t counter);

  ByteWriter out_;
  size_t packets_ = 0;  // of the elementary stream
};

}  // namespace usher::ts

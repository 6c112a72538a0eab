#include "packager/ts/program_tables.h"

#include "core/base/byte_writer.h"

namespace usher::ts {
namespace {

constexpr uint16_t kProgram = 1;
constexpr uint16_t kReserved3 = 0xE000;  // in front of a PID
constexpr uint16_t kReserved4 = 0xF000;  // in front of a length

// CRC-32/MPEG-2 (Annex A).
uint32_t Crc(ByteView data) {
  constexpr uint32_t kPolynomial = 0x04C11DB7;
  uint32_t crc = 0xFFFFFFFF;
  for (const uint8_t byte : data) {
    crc ^= uint32_t{byte} << 24;
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc << 1 ^ ((crc & 0x80000000) != 0 ? kPolynomial : 0);
    }
  }
  return crc;
}

// A whole section: what follows section_length up to the CRC is `body`.
Bytes Section(uint8_t table_id, uint16_t extension, ByteView body) {
  constexpr uint16_t kLongSyntax = 0xB000;
  Bytes bytes;
  ByteWriter out(bytes);
  out.U8(table_id);
  out.U16(static_cast<uint16_t>(kLongSyntax | (5 + body.size() + 4)));
  out.U16(extension);
  out.U8(0xC1);  // version 0, current
  out.U16(0);    // the only section
  out.Append(body);
  out.U32(Crc(bytes));
  return bytes;
}

}  // namespace

Bytes ProgramAssociation() {
  Bytes body;
  ByteWriter out(body);
  out.U16(kProgram);
  out.U16(kReserved3 | kPmtPid);
  return Section(0, 1, body);
}

Bytes ProgramMap(uint16_t pid, uint8_t stream_type) {
  Bytes body;
  ByteWriter out(body);
  out.U16(kReserved3 | pid);  // of the clock
  out.U16(kReserved4);        // no descriptors
  out.U8(stream_type);
  out.U16(kReserved3 | pid);
  out.U16(kReserved4);
  return Section(2, kProgram, body);
}

}  // namespace usher::ts

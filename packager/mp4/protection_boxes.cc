#include "packager/mp4/protection_boxes.h"

#include <array>

#include "packager/mp4/box.h"

namespace usher::mp4 {
namespace {

// https://www.w3.org/TR/eme-initdata-cenc/#common-system
constexpr std::array<uint8_t, 16> kCommonSystemId = {
    0x10, 0x77, 0xef, 0xec, 0xc0, 0xb2, 0x4d, 0x02,
    0xac, 0xe3, 0x3c, 0x1e, 0x52, 0xe2, 0xfb, 0x4b};

void WriteSchemeType(ByteWriter& out, Scheme scheme) {
  Box schm(out, "schm", 0, 0);
  out.Text(scheme == Scheme::kCbcs ? "cbcs" : "cenc");
  out.U32(0x00010000);  // scheme_version
}

// What tenc and an entry of 'seig' have in common.
void WriteEncryption(ByteWriter& out, const TrackProtection& protection) {
  const bool cbcs = protection.scheme == Scheme::kCbcs;
  out.U8(0);
  out.U8(static_cast<uint8_t>(protection.crypt_byte_block << 4 |
                              protection.skip_byte_block));
  out.U8(1);             // isProtected
  out.U8(cbcs ? 0 : 8);  // Per_Sample_IV_Size
  out.Append(protection.default_kid.view());
  if (!cbcs) return;
  out.U8(static_cast<uint8_t>(protection.constant_iv.size()));
  out.Append(protection.constant_iv);
}

// Version 1 carries the pattern and the constant IV of cbcs.
void WriteTrackEncryption(ByteWriter& out, const TrackProtection& protection) {
  Box tenc(out, "tenc", protection.scheme == Scheme::kCbcs ? 1 : 0, 0);
  WriteEncryption(out, protection);
}

}  // namespace

void WriteSchemeInfo(ByteWriter& out, std::string_view original_format,
                     const TrackProtection& protection) {
  Box sinf(out, "sinf");
  {
    Box frma(out, "frma");
    out.Text(original_format);
  }
  WriteSchemeType(out, protection.scheme);
  Box schi(out, "schi");
  WriteTrackEncryption(out, protection);
}

void WritePssh(ByteWriter& out, const TrackProtection& protection) {
  Box pssh(out, "pssh", 1, 0);
  out.Append(kCommonSystemId);
  out.U32(static_cast<uint32_t>(1 + protection.further_kids.size()));
  out.Append(protection.default_kid.view());
  for (const keys::KeyId& kid : protection.further_kids) {
    out.Append(kid.view());
  }
  out.U32(0);
}

void WriteKeyGroup(ByteWriter& out, const TrackProtection& protection,
                   uint32_t samples) {
  constexpr uint32_t kFirstOfThisFragment = 0x10001;
  Bytes entry;
  ByteWriter fields(entry);
  WriteEncryption(fields, protection);
  {
    Box sgpd(out, "sgpd", 1, 0);
    out.Text("seig");
    out.U32(static_cast<uint32_t>(entry.size()));
    out.U32(1);
    out.Append(entry);
  }
  Box sbgp(out, "sbgp", 0, 0);
  out.Text("seig");
  out.U32(1);
  out.U32(samples);
  out.U32(kFirstOfThisFragment);
}

Bytes WriteSystemPssh(ByteView system_id, ByteView data) {
  Bytes bytes;
  ByteWriter out(bytes);
  {
    Box pssh(out, "pssh", 0, 0);
    out.Append(system_id);
    out.U32(static_cast<uint32_t>(data.size()));
    out.Append(data);
  }
  return bytes;
}

}  // namespace usher::mp4

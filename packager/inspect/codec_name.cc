#include "packager/inspect/codec_name.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/base/hex.h"
#include "packager/mp4/box_reader.h"

namespace usher::inspect {
namespace {

using mp4::FieldReader;
using mp4::FindBox;

std::string Decimal(unsigned value, int digits) {
  char text[16];
  std::snprintf(text, sizeof text, "%0*u", digits, value);
  return text;
}

// ISO/IEC 14496-15 E.3: profile space and id, compatibility flags with their
// bits reversed, tier and level, and the constraint bytes up to the last that
// is not 0.
std::string HevcName(std::string_view entry, ByteView hvcc) {
  if (hvcc.size() < 13) return {};
  FieldReader fields(hvcc.subspan(1));
  const uint8_t profile = fields.U8();
  uint32_t compatibility = fields.U32();
  const ByteView constraints = fields.Take(6);
  const unsigned level = fields.U8();
  uint32_t reversed = 0;
  for (int i = 0; i < 32; ++i, compatibility >>= 1) {
    reversed = reversed << 1 | (compatibility & 1);
  }
  constexpr std::array<std::string_view, 4> kSpaces = {"", "A", "B", "C"};
  char flags[16];
  std::snprintf(flags, sizeof flags, "%X", reversed);
  std::string name(entry);
  name += "." + std::string(kSpaces[profile >> 6]) +
          std::to_string(profile & 31) + "." + flags +
          ((profile & 32) != 0 ? ".H" : ".L") + std::to_string(level);
  size_t used = constraints.size();
  while (used > 0 && constraints[used - 1] == 0) --used;
  for (size_t i = 0; i < used; ++i) {
    char byte[8];
    std::snprintf(byte, sizeof byte, ".%X", constraints[i]);
    name += byte;
  }
  return name;
}

std::string Av1Name(ByteView av1c) {
  if (av1c.size() < 3) return {};
  const unsigned profile = av1c[1] >> 5;
  const unsigned level = av1c[1] & 31;
  const bool high_tier = (av1c[2] & 0x80) != 0;
  const bool high_depth = (av1c[2] & 0x40) != 0;
  const bool twelve = (av1c[2] & 0x20) != 0;
  return "av01." + std::to_string(profile) + "." + Decimal(level, 2) +
         (high_tier ? "H" : "M") + "." +
         (!high_depth ? "08"
          : twelve    ? "12"
                      : "10");
}

std::string Vp9Name(std::string_view entry, ByteView vpcc) {
  if (vpcc.size() < 7) return {};
  return std::string(entry) + "." + Decimal(vpcc[4], 2) + "." +
         Decimal(vpcc[5], 2) + "." + Decimal(vpcc[6] >> 4, 2);
}

// An MPEG-4 descriptor's tag and size (ISO/IEC 14496-1 8.3.3).
uint8_t ReadDescriptor(FieldReader& fields) {
  const uint8_t tag = fields.U8();
  for (int i = 0; i < 4 && (fields.U8() & 0x80) != 0; ++i) {
  }
  return tag;
}

// esds: ES_Descriptor, DecoderConfigDescriptor, DecoderSpecificInfo.
std::string Mp4aName(ByteView esds) {
  FieldReader fields(esds);
  fields.Skip(4);
  if (ReadDescriptor(fields) != 3) return {};
  fields.Skip(2);
  const uint8_t flags = fields.U8();
  if ((flags & 0x80) != 0) fields.Skip(2);
  if ((flags & 0x40) != 0) fields.Skip(fields.U8());
  if ((flags & 0x20) != 0) fields.Skip(2);
  if (ReadDescriptor(fields) != 4) return {};
  const uint8_t object_type = fields.U8();
  fields.Skip(12);
  std::string name = "mp4a." + ToHex({&object_type, 1});
  if (object_type != 0x40) return name;
  if (ReadDescriptor(fields) != 5) return {};
  const unsigned first = fields.U8();
  unsigned audio_object = first >> 3;
  if (audio_object == 31) {
    audio_object = 32 + ((first & 7) << 3 | fields.U8() >> 5);
  }
  if (!fields.ok()) return {};
  return name + "." + std::to_string(audio_object);
}

void TakeConfig(ByteView body, MediaTrack& track) {
  track.decoder_config.assign(body.begin(), body.end());
}

bool DescribeNal(ByteView boxes, MediaTrack& track) {
  if (const auto avcc = FindBox(boxes, "avcC"); avcc && avcc->body.size() > 4) {
    track.nal_codec = NalCodec::kH264;
    track.nal_length_size = (avcc->body[4] & 3) + 1;
    track.codecs = AvcName(track.format, avcc->body.subspan(1, 3));
    TakeConfig(avcc->body, track);
    return true;
  }
  if (const auto hvcc = FindBox(boxes, "hvcC");
      hvcc && hvcc->body.size() > 21) {
    track.nal_codec = NalCodec::kHevc;
    track.nal_length_size = (hvcc->body[21] & 3) + 1;
    track.codecs = HevcName(track.format, hvcc->body);
    TakeConfig(hvcc->body, track);
    return true;
  }
  return false;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// AAC of any kind: SBR and PS may be signalled implicitly, so one name may
// stand for the other (ISO/IEC 14496-3 1.6.5).
bool IsAac(std::string_view name) {
  return name == "mp4a.40.2" || name == "mp4a.40.5" || name == "mp4a.40.29";
}

}  // namespace

void DescribeCodec(ByteView boxes, MediaTrack& track) {
  if (DescribeNal(boxes, track)) return;
  if (const auto esds = FindBox(boxes, "esds")) {
    track.codecs = Mp4aName(esds->body);
    TakeConfig(esds->body, track);
  } else if (const auto av1c = FindBox(boxes, "av1C")) {
    track.codecs = Av1Name(av1c->body);
    TakeConfig(av1c->body, track);
  } else if (const auto vpcc = FindBox(boxes, "vpcC")) {
    track.codecs = Vp9Name(track.format, vpcc->body);
  } else if (track.format == "Opus" || track.format == "fLaC" ||
             track.format == "ac-3" || track.format == "ec-3" ||
             track.format == "wvtt" || track.format == "stpp") {
    track.codecs = track.format;
  }
}

std::string AvcName(std::string_view entry, ByteView profile_and_level) {
  return std::string(entry) + "." + ToHex(profile_and_level);
}

bool SameCodec(std::string_view declared, std::string_view actual) {
  const std::string a = LowerCase(declared);
  const std::string b = LowerCase(actual);
  if (a == b) return true;
  if (IsAac(a) && IsAac(b)) return true;
  // Long forms add colour to AV1's and VP9's names, and a profile to stpp's.
  return a.starts_with(b + ".");
}

}  // namespace usher::inspect

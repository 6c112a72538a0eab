#include "packager/mp4/sample_entry.h"

#include "packager/mp4/box.h"
#include "packager/mp4/protection_boxes.h"
#include "packager/mp4/wvtt.h"

namespace usher::mp4 {
namespace {

// Fields every sample entry starts with.
void WriteEntryHead(ByteWriter& out) {
  out.Zeros(6);
  out.U16(1);  // data_reference_index
}

void WritePixelAspectRatio(ByteWriter& out, const Track& track) {
  if (track.sar_num == track.sar_den) return;
  Box pasp(out, "pasp");
  out.U32(track.sar_num);
  out.U32(track.sar_den);
}

// What the picture's colours and brightness mean (ISO/IEC 14496-12 12.1.5 to
// 12.1.7), and what Dolby Vision adds.
void WriteColour(ByteWriter& out, const Track& track) {
  const Colour& colour = track.colour;
  if (colour.known()) {
    Box colr(out, "colr");
    out.Text("nclx");
    out.U16(colour.primaries);
    out.U16(colour.transfer);
    out.U16(colour.matrix);
    out.U8(colour.full_range ? 0x80 : 0);
  }
  const auto write = [&](const char(&type)[5], const Bytes& body) {
    if (body.empty()) return;
    Box box(out, type);
    out.Append(body);
  };
  write("mdcv", track.picture_boxes.mastering_display);
  write("clli", track.picture_boxes.content_light);
  if (!track.SupplementalCodecs().empty()) {
    write("dvvC", track.picture_boxes.dolby_vision);
  }
}

void WriteVisualFields(ByteWriter& out, const Track& track) {
  constexpr uint32_t kDpi72 = 0x00480000;
  WriteEntryHead(out);
  out.Zeros(16);
  out.U16(static_cast<uint16_t>(track.width));
  out.U16(static_cast<uint16_t>(track.height));
  out.U32(kDpi72);
  out.U32(kDpi72);
  out.U32(0);
  out.U16(1);  // frame_count
  out.Zeros(32);
  out.U16(24);      // depth
  out.U16(0xFFFF);  // pre_defined
  {
    Box configuration(out, BoxesOf(track.codec).configuration);
    out.Append(track.decoder_config);
  }
  WritePixelAspectRatio(out, track);
  WriteColour(out, track);
}

// A descriptor of ISO/IEC 14496-1 8.3.3; sizes in their four-byte form.
void WriteDescriptorHead(ByteWriter& out, uint8_t tag, size_t size) {
  out.U8(tag);
  for (int shift = 21; shift > 0; shift -= 7) {
    out.U8(static_cast<uint8_t>(0x80 | (size >> shift & 0x7F)));
  }
  out.U8(static_cast<uint8_t>(size & 0x7F));
}

void WriteElementaryStreamDescriptor(ByteWriter& out, ByteView config) {
  constexpr size_t kHead = 5;
  const size_t decoder_config_size = 13 + kHead + config.size();
  Box esds(out, "esds", 0, 0);
  WriteDescriptorHead(out, 0x03, 3 + kHead + decoder_config_size + kHead + 1);
  out.U16(0);  // ES_ID: 0 within files
  out.U8(0);
  WriteDescriptorHead(out, 0x04, decoder_config_size);
  out.U8(0x40);           // MPEG-4 audio
  out.U8(0x05 << 2 | 1);  // audio stream
  out.U24(0);             // bufferSizeDB, maxBitrate, avgBitrate: unknown
  out.U32(0);
  out.U32(0);
  WriteDescriptorHead(out, 0x05, config.size());
  out.Append(config);
  WriteDescriptorHead(out, 0x06, 1);
  out.U8(0x02);  // SLConfigDescriptor as MP4 files have it
}

void WriteAudioFields(ByteWriter& out, const Track& track) {
  WriteEntryHead(out);
  out.Zeros(8);
  out.U16(static_cast<uint16_t>(track.channels));
  out.U16(16);  // samplesize: a template value for compressed sound
  out.U32(0);
  // 16.16 fixed point; 0 where it does not fit (ISO/IEC 23000-19 10.2).
  out.U32(track.sample_rate <= 0xFFFF ? track.sample_rate << 16 : 0);
  if (track.codec == Codec::kAac) {
    return WriteElementaryStreamDescriptor(out, track.decoder_config);
  }
  Box configuration(out, BoxesOf(track.codec).configuration);
  out.Append(track.decoder_config);
}

}  // namespace

void WriteSampleEntry(ByteWriter& out, const Track& track,
                      const TrackProtection* protection) {
  if (track.kind == TrackKind::kText) {
    WriteWvttEntry(out, track.decoder_config);
    return;
  }
  const char(&format)[5] = BoxesOf(track.codec).sample_entry;
  if (track.kind == TrackKind::kVideo) {
    Box entry(out, protection != nullptr ? "encv" : format);
    WriteVisualFields(out, track);
    if (protection != nullptr) WriteSchemeInfo(out, format, *protection);
  } else {
    Box entry(out, protection != nullptr ? "enca" : format);
    WriteAudioFields(out, track);
    if (protection != nullptr) WriteSchemeInfo(out, format, *protection);
  }
}

}  // namespace usher::mp4

#include "packager/mp4/init_segment.h"

#include "packager/mp4/box.h"
#include "packager/mp4/language.h"
#include "packager/mp4/protection_boxes.h"
#include "packager/mp4/sample_entry.h"

namespace usher::mp4 {
namespace {

constexpr uint32_t kTrackId = 1;

// Not cmf2: it wants composition offsets that put a fragment's first picture at
// its decode time, so some are negative, and FFmpeg reads those a frame late.
void WriteFileType(ByteWriter& out) {
  Box ftyp(out, "ftyp");
  out.Text("iso6");
  out.U32(0);
  out.Text("iso6cmfcdash");
}

// How a picture of `width` by `height` (16.16) is turned, clockwise (ISO/IEC
// 14496-12 6.2.2), and moved so that it lies where it lay.
void WriteMatrix(ByteWriter& out, unsigned rotation = 0, uint32_t width = 0,
                 uint32_t height = 0) {
  constexpr uint32_t kOne = 0x00010000;
  constexpr uint32_t kMinusOne = 0xFFFF0000;
  const auto write = [&](uint32_t a, uint32_t b, uint32_t c, uint32_t d,
                         uint32_t x, uint32_t y) {
    for (const uint32_t value : {a, b, 0U, c, d, 0U, x, y, 0x40000000U}) {
      out.U32(value);
    }
  };
  switch (rotation) {
    case 90:
      return write(0, kOne, kMinusOne, 0, height, 0);
    case 180:
      return write(kMinusOne, 0, 0, kMinusOne, width, height);
    case 270:
      return write(0, kMinusOne, kOne, 0, 0, width);
    default:
      return write(kOne, 0, 0, kOne, 0, 0);
  }
}

// Durations are 0 here and in tkhd and mdhd: all samples are in fragments.
void WriteMovieHeader(ByteWriter& out, const Track& track) {
  Box mvhd(out, "mvhd", 0, 0);
  out.Zeros(8);
  out.U32(track.timescale);
  out.U32(0);
  out.U32(0x00010000);  // rate 1.0
  out.U16(0x0100);      // volume 1.0
  out.Zeros(10);
  WriteMatrix(out);
  out.Zeros(24);
  out.U32(kTrackId + 1);  // next_track_ID
}

// 16.16 fixed point: the picture as shown, with square pixels.
uint32_t DisplayWidth(const Track& track) {
  if (track.sar_den == 0) return track.width << 16;
  const uint64_t width =
      (uint64_t{track.width} << 16) * track.sar_num / track.sar_den;
  return static_cast<uint32_t>(width);
}

void WriteTrackHeader(ByteWriter& out, const Track& track) {
  constexpr uint32_t kEnabledInMovieInPreview = 7;
  const bool video = track.kind == TrackKind::kVideo;
  Box tkhd(out, "tkhd", 0, kEnabledInMovieInPreview);
  out.Zeros(8);
  out.U32(kTrackId);
  out.Zeros(4 + 4 + 8);
  out.U16(0);                                             // layer
  out.U16(0);                                             // alternate_group
  out.U16(track.kind == TrackKind::kAudio ? 0x0100 : 0);  // volume
  out.U16(0);
  const uint32_t width = video ? DisplayWidth(track) : 0;
  const uint32_t height = video ? track.height << 16 : 0;
  WriteMatrix(out, track.rotation, width, height);
  out.U32(width);
  out.U32(height);
}

void WriteMediaHeader(ByteWriter& out, const Track& track) {
  Box mdhd(out, "mdhd", 0, 0);
  out.Zeros(8);
  out.U32(track.timescale);
  out.U32(0);
  out.U16(PackedLanguage(track.language));
  out.U16(0);
}

std::string_view HandlerOf(TrackKind kind) {
  switch (kind) {
    case TrackKind::kVideo:
      return "vide";
    case TrackKind::kAudio:
      return "soun";
    case TrackKind::kText:
      break;
  }
  return "text";
}

void WriteHandler(ByteWriter& out, const Track& track) {
  Box hdlr(out, "hdlr", 0, 0);
  out.U32(0);
  out.Text(HandlerOf(track.kind));
  out.Zeros(12);
  out.Text("Usher");
  out.U8(0);
}

void WriteMediaTypeHeader(ByteWriter& out, const Track& track) {
  if (track.kind == TrackKind::kVideo) {
    Box vmhd(out, "vmhd", 0, 1);
    out.Zeros(8);
  } else if (track.kind == TrackKind::kAudio) {
    Box smhd(out, "smhd", 0, 0);
    out.Zeros(4);
  } else {
    Box nmhd(out, "nmhd", 0, 0);
  }
}

// The media lie in the file itself.
void WriteDataInformation(ByteWriter& out) {
  Box dinf(out, "dinf");
  Box dref(out, "dref", 0, 0);
  out.U32(1);
  Box url(out, "url ", 0, 1);
}

void WriteEmptyTable(ByteWriter& out, const char (&type)[5]) {
  Box table(out, type, 0, 0);
  out.U32(0);
}

void WriteSampleTable(ByteWriter& out, const Track& track,
                      const TrackProtection* protection) {
  Box stbl(out, "stbl");
  {
    Box stsd(out, "stsd", 0, 0);
    out.U32(1);
    WriteSampleEntry(out, track, protection);
  }
  WriteEmptyTable(out, "stts");
  WriteEmptyTable(out, "stsc");
  {
    Box stsz(out, "stsz", 0, 0);
    out.U32(0);
    out.U32(0);
  }
  WriteEmptyTable(out, "stco");
}

void WriteTrack(ByteWriter& out, const Track& track,
                const TrackProtection* protection) {
  Box trak(out, "trak");
  WriteTrackHeader(out, track);
  Box mdia(out, "mdia");
  WriteMediaHeader(out, track);
  WriteHandler(out, track);
  Box minf(out, "minf");
  WriteMediaTypeHeader(out, track);
  WriteDataInformation(out);
  WriteSampleTable(out, track, protection);
}

// Every default is in tfhd; trex is there because it must be.
void WriteMovieExtends(ByteWriter& out) {
  Box mvex(out, "mvex");
  Box trex(out, "trex", 0, 0);
  out.U32(kTrackId);
  out.U32(1);  // default_sample_description_index
  out.Zeros(12);
}

void WriteMovie(ByteWriter& out, const Track& track,
                const TrackProtection* protection) {
  Box moov(out, "moov");
  WriteMovieHeader(out, track);
  WriteTrack(out, track, protection);
  WriteMovieExtends(out);
  if (protection == nullptr) return;
  WritePssh(out, *protection);
  for (const Bytes& pssh : protection->drm_pssh) out.Append(pssh);
}

}  // namespace

Bytes WriteInitSegment(const Track& track,
                       const std::optional<TrackProtection>& protection) {
  Bytes bytes;
  ByteWriter out(bytes);
  WriteFileType(out);
  WriteMovie(out, track, protection ? &*protection : nullptr);
  return bytes;
}

Bytes WriteCommonPssh(const TrackProtection& protection) {
  Bytes bytes;
  ByteWriter out(bytes);
  WritePssh(out, protection);
  return bytes;
}

}  // namespace usher::mp4

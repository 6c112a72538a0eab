#include "packager/inspect/media_header.h"

#include <algorithm>
#include <utility>

#include "packager/inspect/codec_name.h"
#include "packager/inspect/seig_groups.h"
#include "packager/inspect/sound_config.h"
#include "packager/mp4/box_reader.h"

namespace usher::inspect {
namespace {

using mp4::BoxReader;
using mp4::BoxView;
using mp4::FieldReader;
using mp4::FindBox;

constexpr size_t kMaxTracks = 64;
constexpr size_t kVisualEntryHeader = 78;  // 14496-12 12.1.3
constexpr size_t kAudioEntryHeader = 28;   // 14496-12 12.2.3

keys::KeyId ReadKid(FieldReader& fields) {
  keys::KeyId kid;
  const ByteView bytes = fields.Take(kid.bytes.size());
  std::ranges::copy(bytes, kid.bytes.begin());
  return kid;
}

// The box at the end of a path of nested ones.
std::optional<BoxView> Descend(ByteView data,
                               std::initializer_list<std::string_view> path) {
  std::optional<BoxView> box;
  for (const std::string_view type : path) {
    box = FindBox(data, type);
    if (!box) return std::nullopt;
    data = box->body;
  }
  return box;
}

MediaKind KindOf(std::string_view handler) {
  if (handler == "vide") return MediaKind::kVideo;
  if (handler == "soun") return MediaKind::kAudio;
  if (handler == "text" || handler == "subt" || handler == "sbtl") {
    return MediaKind::kText;
  }
  return MediaKind::kOther;
}

uint32_t RoundedPixels(uint32_t fixed_point) {
  return static_cast<uint32_t>((uint64_t{fixed_point} + 0x8000) >> 16);
}

void ReadTrackHeader(ByteView body, MediaTrack& track) {
  FieldReader fields(body);
  const uint8_t version = fields.U8();
  fields.Skip(3 + (version == 1 ? 16 : 8));
  track.id = fields.U32();
  fields.Skip(4 + (version == 1 ? 8 : 4) + 8 + 8);
  const uint32_t a = fields.U32();
  const uint32_t b = fields.U32();
  fields.Skip(4);
  const uint32_t c = fields.U32();
  const uint32_t d = fields.U32();
  fields.Skip(16);
  track.display_width = RoundedPixels(fields.U32());
  track.display_height = RoundedPixels(fields.U32());
  track.sideways = a == 0 && d == 0 && b != 0 && c != 0;
  if (track.sideways) std::swap(track.display_width, track.display_height);
}

void ReadMediaTimescale(ByteView body, MediaTrack& track) {
  FieldReader fields(body);
  const uint8_t version = fields.U8();
  fields.Skip(3 + (version == 1 ? 16 : 8));
  track.timescale = fields.U32();
}

// The first edit that shows media. One that is empty delays it by so many
// ticks of the movie's timescale, which no packager writes into fragments.
void ReadEditList(ByteView body, MediaTrack& track) {
  FieldReader fields(body);
  const uint8_t version = fields.U8();
  fields.Skip(3);
  const uint32_t count = fields.U32();
  for (uint32_t i = 0; i < count && fields.ok(); ++i) {
    fields.Skip(version == 1 ? 8 : 4);
    const int64_t media_time =
        version == 1 ? static_cast<int64_t>(fields.U64())
                     : int64_t{static_cast<int32_t>(fields.U32())};
    fields.Skip(4);
    if (media_time < 0 || !fields.ok()) continue;
    track.edit_start = std::min(media_time, int64_t{1} << 40);
    return;
  }
}

void ReadTenc(ByteView body, Protection& protection) {
  FieldReader fields(body);
  const uint8_t version = fields.U8();
  fields.Skip(3 + 1);
  const uint8_t pattern = fields.U8();
  if (version >= 1) {
    protection.crypt_byte_block = pattern >> 4;
    protection.skip_byte_block = pattern & 15;
  }
  protection.is_protected = fields.U8() == 1;
  protection.iv_size = fields.U8();
  protection.kid = ReadKid(fields);
  if (protection.is_protected && protection.iv_size == 0) {
    const ByteView iv = fields.Take(fields.U8());
    protection.constant_iv.assign(iv.begin(), iv.end());
  }
}

void ReadProtection(ByteView sinf, MediaTrack& track) {
  if (const auto frma = FindBox(sinf, "frma"); frma && frma->body.size() >= 4) {
    track.format = AsText(frma->body.first(4));
  }
  Protection protection;
  if (const auto schm = FindBox(sinf, "schm"); schm && schm->body.size() >= 8) {
    protection.scheme = AsText(schm->body.subspan(4, 4));
  }
  if (const auto tenc = Descend(sinf, {"schi", "tenc"})) {
    ReadTenc(tenc->body, protection);
    track.protection = std::move(protection);
  }
}

// What lies behind the fixed fields of a sample entry. QuickTime's version-1
// sound entries are longer; their boxes are found behind the extra fields.
ByteView EntryBoxes(ByteView entry, const MediaTrack& track) {
  size_t header = 8;
  if (track.kind == MediaKind::kVideo) header = kVisualEntryHeader;
  if (track.kind == MediaKind::kAudio) {
    header = kAudioEntryHeader;
    if (entry.size() > 9 && entry[8] == 0 && entry[9] == 1) header += 16;
  }
  return entry.subspan(std::min(header, entry.size()));
}

void ReadEntryFields(ByteView entry, MediaTrack& track) {
  FieldReader fields(entry);
  if (track.kind == MediaKind::kVideo) {
    fields.Skip(24);
    track.width = fields.U16();
    track.height = fields.U16();
  } else if (track.kind == MediaKind::kAudio) {
    fields.Skip(16);
    track.channels = fields.U16();
    fields.Skip(6);
    track.sample_rate = fields.U32() >> 16;
  }
}

// ISO/IEC 14496-12 12.1.5; QuickTime's nclc begins alike.
void ReadColour(ByteView body, MediaTrack& track) {
  FieldReader fields(body);
  const std::string_view type = AsText(fields.Take(4));
  if (type != "nclx" && type != "nclc") return;
  const uint16_t primaries = fields.U16();
  const uint16_t transfer = fields.U16();
  const uint16_t matrix = fields.U16();
  if (!fields.ok()) return;
  track.primaries = primaries;
  track.transfer = transfer;
  track.matrix = matrix;
}

void ReadSampleEntry(const BoxView& entry, MediaTrack& track) {
  track.format = entry.type;
  track.encrypted_entry = entry.type.starts_with("enc");
  ReadEntryFields(entry.body, track);
  const ByteView boxes = EntryBoxes(entry.body, track);
  if (const auto sinf = FindBox(boxes, "sinf")) {
    ReadProtection(sinf->body, track);
  }
  track.coded_channels = CodedChannels(boxes);
  if (const auto colr = FindBox(boxes, "colr")) ReadColour(colr->body, track);
  DescribeCodec(boxes, track);
}

bool ListsSamples(ByteView stbl) {
  const auto stts = FindBox(stbl, "stts");
  if (!stts) return false;
  FieldReader fields(stts->body);
  fields.Skip(4);
  return fields.U32() > 0;
}

std::optional<MediaTrack> ReadTrack(ByteView trak) {
  MediaTrack track;
  const auto tkhd = FindBox(trak, "tkhd");
  const auto mdhd = Descend(trak, {"mdia", "mdhd"});
  const auto hdlr = Descend(trak, {"mdia", "hdlr"});
  const auto stbl = Descend(trak, {"mdia", "minf", "stbl"});
  if (!tkhd || !mdhd || !hdlr || !stbl || hdlr->body.size() < 12) {
    return std::nullopt;
  }
  ReadTrackHeader(tkhd->body, track);
  ReadMediaTimescale(mdhd->body, track);
  track.kind = KindOf(AsText(hdlr->body.subspan(8, 4)));
  if (const auto elst = Descend(trak, {"edts", "elst"})) {
    ReadEditList(elst->body, track);
  }
  track.has_samples = ListsSamples(stbl->body);
  const auto stsd = FindBox(stbl->body, "stsd");
  if (!stsd || stsd->body.size() < 8) return std::nullopt;
  const auto entry = BoxReader(stsd->body.subspan(8)).Next();
  if (!entry) return std::nullopt;
  ReadSampleEntry(*entry, track);
  if (track.protection) {
    track.groups = ReadSeigGroups(stbl->body, track.protection->scheme);
  }
  if (track.timescale == 0) return std::nullopt;
  return track;
}

void ReadTrackDefaults(ByteView mvex, MediaHeader& header) {
  BoxReader boxes(mvex);
  while (const auto box = boxes.Next()) {
    if (box->type != "trex") continue;
    FieldReader fields(box->body);
    fields.Skip(4);
    const uint32_t id = fields.U32();
    const auto track = std::ranges::find(header.tracks, id, &MediaTrack::id);
    if (track == header.tracks.end()) continue;
    fields.Skip(4);
    track->has_trex = true;
    track->default_duration = fields.U32();
    track->default_size = fields.U32();
    track->default_flags = fields.U32();
  }
}

Status ReadMovie(ByteView moov, MediaHeader& header) {
  BoxReader boxes(moov);
  while (const auto box = boxes.Next()) {
    if (box->type == "trak") {
      auto track = ReadTrack(box->body);
      if (!track) return BadInput({}, "a damaged trak box");
      if (header.tracks.size() == kMaxTracks) {
        return BadInput({}, "more than 64 tracks");
      }
      header.tracks.push_back(std::move(*track));
    } else if (box->type == "pssh") {
      auto pssh = ReadPssh(moov.subspan(box->offset, box->size()));
      if (!pssh) return BadInput({}, "a damaged pssh box");
      header.pssh.push_back(std::move(*pssh));
    }
  }
  if (boxes.damaged()) return BadInput({}, "a box leads out of moov");
  if (const auto mvex = FindBox(moov, "mvex")) {
    ReadTrackDefaults(mvex->body, header);
  }
  return {};
}

}  // namespace

Result<MediaHeader> ReadMediaHeader(ByteView data) {
  MediaHeader header;
  BoxReader boxes(data);
  bool has_moov = false;
  while (const auto box = boxes.Next()) {
    if (box->type == "moov" && !has_moov) {
      has_moov = true;
      if (auto read = ReadMovie(box->body, header); !read) {
        return std::unexpected(read.error());
      }
    }
  }
  if (boxes.damaged()) return BadInput({}, "a box leads out of the file");
  if (!has_moov) return BadInput({}, "there is no moov box");
  return header;
}

std::optional<Pssh> ReadPssh(ByteView data) {
  const auto box = BoxReader(data).Next();
  if (!box || box->type != "pssh") return std::nullopt;
  Pssh pssh;
  FieldReader fields(box->body);
  pssh.version = fields.U8();
  fields.Skip(3);
  const ByteView system = fields.Take(16);
  pssh.system_id.assign(system.begin(), system.end());
  if (pssh.version > 0) {
    const uint32_t count = fields.U32();
    if (count > fields.rest().size() / 16) return std::nullopt;
    for (uint32_t i = 0; i < count; ++i) pssh.kids.push_back(ReadKid(fields));
  }
  const ByteView own = fields.Take(fields.U32());
  if (!fields.ok() || !fields.rest().empty() || box->size() != data.size()) {
    return std::nullopt;
  }
  pssh.data.assign(own.begin(), own.end());
  pssh.box.assign(data.begin(), data.end());
  return pssh;
}

}  // namespace usher::inspect

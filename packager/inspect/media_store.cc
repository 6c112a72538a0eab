#include "packager/inspect/media_store.h"

#include <algorithm>

#include "packager/inspect/cmaf_segment.h"
#include "packager/inspect/drm_judge.h"
#include "packager/inspect/location.h"
#include "packager/inspect/packed_audio.h"
#include "packager/inspect/ts_segment.h"
#include "packager/inspect/webvtt_judge.h"
#include "packager/mp4/box_reader.h"

namespace usher::inspect {
namespace {

constexpr size_t kBlock = 16;

bool LooksLikeMp4(ByteView bytes) {
  const auto box = mp4::BoxReader(bytes).Next();
  return box &&
         (box->type == "ftyp" || box->type == "moov" || box->type == "styp" ||
          box->type == "moof" || box->type == "sidx" || box->type == "emsg" ||
          box->type == "prft");
}

std::string LastElement(std::string_view location) {
  location = location.substr(0, location.find_first_of("?#"));
  return std::string(location.substr(location.rfind('/') + 1));
}

}  // namespace

const MediaHeader* MediaStore::Header(const ResourceEntry& entry) {
  const playlist::ByteRange range = entry.range.value_or(playlist::ByteRange{});
  const ResourceId id{entry.location, range.offset, range.length,
                      entry.key ? entry.key->location : ""};
  auto header = headers_.find(id);
  if (header == headers_.end()) {
    header = headers_.emplace(id, ReadHeader(entry)).first;
  }
  return header->second ? &*header->second : nullptr;
}

std::optional<MediaHeader> MediaStore::ReadHeader(const ResourceEntry& entry) {
  auto bytes = Load(entry);
  if (bytes && entry.key) bytes = ReadEncryptedHeader(entry, std::move(*bytes));
  if (!bytes) return std::nullopt;
  auto header = ReadMediaHeader(*bytes);
  if (!header) {
    findings_.Error("cmaf-header", entry.place, header.error().what,
                    "ISO/IEC 23000-19 7.3.2.1");
    return std::nullopt;
  }
  JudgeMediaHeader(*header, entry.place, findings_);
  JudgeDrmOf(*header, keys_, entry.place, findings_);
  return std::move(*header);
}

// An EXT-X-KEY of AES-128 in front of EXT-X-MAP applies to the init segment.
std::optional<Bytes> MediaStore::ReadEncryptedHeader(const ResourceEntry& entry,
                                                     Bytes bytes) {
  if (LooksLikeMp4(bytes)) {
    findings_.Error("hls-map-key", entry.written_at,
                    "EXT-X-KEY in front of EXT-X-MAP says that the init "
                    "segment is encrypted, and it is not",
                    "RFC 8216bis 4.4.4.5");
    return bytes;
  }
  if (!entry.key->explicit_iv) {
    findings_.Error("hls-map-iv", entry.written_at,
                    "an encrypted init segment needs an IV in EXT-X-KEY",
                    "RFC 8216bis 4.4.4.5");
  }
  findings_.Warning("hls-map-encrypted", entry.written_at,
                    "the init segment is encrypted: VLC, GStreamer and "
                    "Chromium's own player fail; put EXT-X-MAP in front of "
                    "EXT-X-KEY",
                    "RFC 8216bis 4.4.4.5");
  return Decrypt(entry, bytes);
}

const MeasuredSegment* MediaStore::Segment(const Rendition& rendition,
                                           const SegmentEntry& segment) {
  const ResourceEntry& entry = segment.resource;
  const playlist::ByteRange range = entry.range.value_or(playlist::ByteRange{});
  const ResourceId id{
      entry.location, range.offset, range.length,
      segment.header ? rendition.headers[*segment.header].location : ""};
  if (entry.key) RecordIv(entry);
  auto measured = segments_.find(id);
  if (measured == segments_.end()) {
    measured = segments_.emplace(id, ReadSegment(rendition, segment)).first;
    ++segments_judged_;
  }
  return measured->second.bytes > 0 ? &measured->second : nullptr;
}

MeasuredSegment MediaStore::ReadSegment(const Rendition& rendition,
                                        const SegmentEntry& segment) {
  const ResourceEntry& entry = segment.resource;
  MeasuredSegment measured;
  // A byte range into an AES-128 segment counts bytes of plaintext.
  const bool widen = entry.key && entry.range && rendition.i_frames_only;
  const bool joined = !segment.sequence.empty();
  auto bytes = joined  ? LoadSequence(segment)
               : widen ? LoadWidened(entry)
                       : Load(entry);
  if (!bytes) return measured;
  measured.bytes = bytes->size();
  if (bytes->empty()) {
    findings_.Error("segment-empty", entry.place, "there is nothing in it",
                    "RFC 8216bis 3");
    return measured;
  }
  const uint64_t size = bytes->size();
  if (entry.key && !widen) {
    bytes = Decrypt(entry, *bytes);
    if (!bytes) return measured;
  }
  // The same samples are in the segment of a manifest without parts.
  IvLedger of_sequence;
  measured = Judge(rendition, segment, joined ? of_sequence : ledger_, *bytes);
  measured.bytes = size;
  return measured;
}

MeasuredSegment MediaStore::Part(const Rendition& rendition,
                                 const SegmentEntry& part, Bytes bytes) {
  IvLedger ledger;
  return Judge(rendition, part, ledger, bytes);
}

std::optional<Bytes> MediaStore::PlainText(const ResourceEntry& entry) {
  auto bytes = Load(entry);
  if (!bytes || !entry.key) return bytes;
  return Decrypt(entry, *bytes);
}

MeasuredSegment MediaStore::Judge(const Rendition& rendition,
                                  const SegmentEntry& segment, IvLedger& ledger,
                                  Bytes& bytes) {
  const ResourceEntry& entry = segment.resource;
  if (LooksLikeTs(bytes)) {
    return JudgeTsSegment(bytes, entry.place, rendition.i_frames_only,
                          findings_);
  }
  if (LooksLikeWebVtt(bytes)) {
    return JudgeWebVtt(bytes, entry.place, findings_);
  }
  if (LooksLikePackedAudio(bytes)) {
    return JudgePackedAudio(bytes, entry.place, findings_);
  }
  if (!LooksLikeMp4(bytes)) {
    findings_.Error("segment-format", entry.place,
                    "neither fragmented MP4, MPEG-TS, packed audio nor WebVTT",
                    "RFC 8216bis 3.1");
    return {};
  }
  if (!segment.header) {
    findings_.Error("segment-no-header", entry.written_at,
                    "fragmented MP4 without an init segment",
                    rendition.protocol == Protocol::kHls
                        ? "RFC 8216bis 3.1.2"
                        : "ISO/IEC 23009-1 5.3.9.2");
    return {};
  }
  const MediaHeader* header = Header(rendition.headers[*segment.header]);
  if (header == nullptr) return {};
  CmafJudge judge(keys_, ledger, findings_);
  return judge.Judge(
      {entry.location, entry.place, entry.range ? entry.range->offset : 0,
       rendition.i_frames_only},
      *header, bytes);
}

std::optional<Bytes> MediaStore::Load(const ResourceEntry& entry) {
  auto loaded = loader_.Load(entry.location, entry.range);
  if (loaded) return std::move(loaded->bytes);
  findings_.Error(
      "file-missing", entry.place,
      loaded.error().what + ", and " + entry.written_at + " names it",
      "RFC 8216bis 6.2.1; ISO/IEC 23009-1 5.3.9.5");
  return std::nullopt;
}

// Nothing where one is not there, for what is behind it begins elsewhere.
std::optional<Bytes> MediaStore::LoadSequence(const SegmentEntry& segment) {
  std::optional<Bytes> all(std::in_place);
  for (const ResourceEntry& entry : segment.sequence) {
    const auto bytes = Load(entry);
    if (bytes && bytes->empty()) {
      findings_.Error("segment-empty", entry.place, "there is nothing in it",
                      "ISO/IEC 23009-1 5.3.9.6.5");
    }
    if (!bytes) {
      all.reset();
    } else if (all) {
      all->insert(all->end(), bytes->begin(), bytes->end());
    }
  }
  return all;
}

// The cipher blocks that hold the range and the one in front of them, which is
// the chain's IV (RFC 8216bis 6.3.6).
std::optional<Bytes> MediaStore::LoadWidened(const ResourceEntry& entry) {
  const SecretBytes* key = KeyFor(*entry.key);
  if (key == nullptr) return std::nullopt;
  const playlist::ByteRange range = *entry.range;
  if (range.offset > kMaxFile || range.length > kMaxFile) {
    findings_.Error("hls-byterange", entry.written_at,
                    "the byte range lies outside of any segment",
                    "RFC 8216bis 6.2.3");
    return std::nullopt;
  }
  const uint64_t first = range.offset / kBlock * kBlock;
  const uint64_t end = (range.offset + range.length + kBlock - 1) / kBlock;
  const uint64_t chain = std::min<uint64_t>(first, kBlock);
  ResourceEntry wide = entry;
  wide.range = {first - chain, end * kBlock - (first - chain)};
  auto bytes = Load(wide);
  if (!bytes) return std::nullopt;
  crypto::AesBlock iv = entry.key->iv;
  if (chain != 0) std::copy_n(bytes->begin(), kBlock, iv.begin());
  bytes->erase(bytes->begin(), bytes->begin() + static_cast<ptrdiff_t>(chain));
  crypto::AesCbcDecryptor(key->view()).DecryptBlocks(iv, *bytes);
  bytes->erase(bytes->begin(),
               bytes->begin() + static_cast<ptrdiff_t>(range.offset - first));
  bytes->resize(range.length);
  return bytes;
}

std::optional<Bytes> MediaStore::Decrypt(const ResourceEntry& entry,
                                         ByteView bytes) {
  if (bytes.size() % kBlock != 0) {
    findings_.Error("aes-size", entry.place,
                    "AES-128 segments are a whole number of 16-byte blocks",
                    "RFC 8216bis 4.4.4.4");
    return std::nullopt;
  }
  const SecretBytes* key = KeyFor(*entry.key);
  if (key == nullptr) return std::nullopt;
  auto plain =
      crypto::DecryptAes128CbcPadded(key->view(), entry.key->iv, bytes);
  if (!plain) {
    findings_.Error("aes-padding", entry.place,
                    "its PKCS#7 padding is wrong after decryption: another "
                    "key, a flaw in the padding or a cut file",
                    "RFC 8216bis 4.4.4.4");
  }
  return plain;
}

const SecretBytes* MediaStore::KeyFor(const WholeFileKey& key) {
  const auto kid = keys::KeyId::Parse(LastElement(key.location));
  if (kid && keys_.contains(*kid)) return &keys_.at(*kid);
  if (!kid && keys_.size() == 1) return &keys_.begin()->second;
  auto fetched = fetched_keys_.find(key.location);
  if (fetched == fetched_keys_.end()) {
    fetched = fetched_keys_.emplace(key.location, FetchKey(key)).first;
  }
  return fetched->second ? &*fetched->second : nullptr;
}

std::optional<SecretBytes> MediaStore::FetchKey(const WholeFileKey& key) {
  auto loaded = loader_.Load(key.location, std::nullopt);
  if (!loaded) {
    // On disk there is no key, for the server answers that URL.
    if (IsUrl(key.location)) {
      findings_.Error("key-missing", key.place, loaded.error().what,
                      "RFC 8216bis 6.2.3");
    } else {
      findings_.Note("not-decrypted", key.place,
                     "its segments were not decrypted; give --key KID:KEY to "
                     "have them judged");
    }
    return std::nullopt;
  }
  SecretBytes bytes(std::move(loaded->bytes));
  if (bytes.size() != kBlock) {
    findings_.Error("key-size", key.place, "a key is 16 bytes",
                    "RFC 8216bis 5.1");
    return std::nullopt;
  }
  return bytes;
}

void MediaStore::RecordIv(const ResourceEntry& entry) {
  const auto [use, fresh] =
      ivs_.emplace(std::pair(entry.key->location, entry.key->iv), entry);
  if (fresh || use->second.location == entry.location) return;
  findings_.Warning("aes-iv-reuse", entry.written_at,
                    "key and IV are those of " + use->second.place +
                        ": equal beginnings of segments show as equal",
                    "RFC 8216bis 5.2; NIST SP 800-38A 5.3");
}

void MediaStore::Finish() {
  ledger_.Report(findings_);
  std::set<keys::KeyId> missing;
  for (const auto& [id, header] : headers_) {
    if (!header) continue;
    for (const MediaTrack& track : header->tracks) {
      if (track.protection && track.protection->is_protected &&
          !keys_.contains(track.protection->kid)) {
        missing.insert(track.protection->kid);
      }
    }
  }
  for (const keys::KeyId& kid : missing) {
    findings_.Note("not-decrypted", "key " + kid.ToHex(),
                   "its samples were not decrypted; give --key KID:KEY to "
                   "have them judged");
  }
}

}  // namespace usher::inspect

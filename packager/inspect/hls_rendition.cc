#include "packager/inspect/hls_rendition.h"

#include <algorithm>
#include <cmath>

#include "packager/inspect/location.h"

namespace usher::inspect {
namespace {

using playlist::ReadKey;
using playlist::ReadMap;
using playlist::ReadMediaPlaylist;
using playlist::ReadSegment;

// Makes one rendition; lives for one call of MakeRendition.
class Maker {
 public:
  Maker(const playlist::HlsDocument& document, const HlsPlaylistSource& source,
        Findings& findings)
      : media_(document.media), source_(source), findings_(findings) {
    rendition_.place = source.place;
    rendition_.i_frames_only = media_.i_frames_only;
    rendition_.key_frames_claimed =
        document.independent_segments || source.independent;
  }

  Rendition Make() {
    for (const ReadMap& map : media_.maps) {
      ResourceEntry entry = Resource(map.uri, map.line);
      entry.range = map.range;
      entry.key = WholeKey(map.keys, 0);
      rendition_.headers.push_back(std::move(entry));
    }
    for (const ReadSegment& segment : media_.segments) Add(segment);
    return std::move(rendition_);
  }

 private:
  void Add(const ReadSegment& segment) {
    SegmentEntry entry;
    entry.resource = Resource(segment.uri, segment.line);
    if (entry.resource.location.empty()) entry.gap = true;
    entry.resource.range = segment.range;
    entry.resource.key = WholeKey(segment.keys, segment.number);
    entry.number = segment.number;
    entry.duration = segment.duration;
    // Before version 3 durations are whole seconds.
    entry.precision = segment.fractional ? 0.001 : 0.5;
    entry.discontinuity = segment.discontinuity;
    entry.gap = entry.gap || segment.gap;
    entry.header = segment.map;
    entry.keys = segment.keys;
    rendition_.segments.push_back(std::move(entry));
  }

  ResourceEntry Resource(const std::string& uri, size_t line) {
    ResourceEntry entry;
    entry.written_at = source_.place + ":" + std::to_string(line);
    if (const auto location = Resolve(source_.location, uri)) {
      entry.location = *location;
      entry.place = Shown(source_.root, *location);
      return entry;
    }
    entry.place = entry.written_at;
    findings_.Error("uri", entry.written_at, "the URI leads nowhere",
                    "RFC 8216bis 4.1");
    return entry;
  }

  std::optional<WholeFileKey> WholeKey(const std::vector<size_t>& keys,
                                       uint64_t number) {
    for (const size_t index : keys) {
      const ReadKey& key = media_.keys[index];
      if (key.method != "AES-128" || key.key_format != "identity") continue;
      const ResourceEntry resource = Resource(key.uri, key.line);
      WholeFileKey whole;
      whole.location = resource.location;
      whole.place = resource.place;
      whole.explicit_iv = key.iv.has_value();
      whole.iv = key.iv.value_or(ImplicitIv(number));
      return whole;
    }
    return std::nullopt;
  }

  // The media sequence number, big-endian (5.2).
  static crypto::AesBlock ImplicitIv(uint64_t number) {
    crypto::AesBlock iv{};
    for (size_t i = 0; i < 8; ++i) {
      iv[15 - i] = static_cast<uint8_t>(number >> (8 * i));
    }
    return iv;
  }

  const ReadMediaPlaylist& media_;
  const HlsPlaylistSource& source_;
  Findings& findings_;
  Rendition rendition_;
};

const Protection* ProtectionOf(const MediaHeader& header) {
  for (const MediaTrack& track : header.tracks) {
    if (track.protection) return &*track.protection;
  }
  return nullptr;
}

std::string MethodFor(const std::string& scheme) {
  if (scheme == "cbcs") return "SAMPLE-AES";
  if (scheme == "cenc") return "SAMPLE-AES-CTR";
  return {};
}

std::optional<keys::KeyId> KidInUri(const std::string& uri) {
  return keys::KeyId::Parse(std::string_view(uri).substr(uri.rfind('/') + 1));
}

void JudgeSampleKey(const ReadKey& key, const Protection& protection,
                    const std::string& place, Findings& findings) {
  const std::string at = place + ":" + std::to_string(key.line);
  const std::string method = MethodFor(protection.scheme);
  if (key.method != method) {
    findings.Error("hls-key-method", at,
                   "METHOD is " + key.method + ", the init segment's scheme " +
                       protection.scheme +
                       (method.empty() ? "" : " needs " + method),
                   "RFC 8216bis 4.4.4.4");
  }
  const bool constant = protection.constant_iv.size() == 16;
  if (key.iv && constant &&
      !std::ranges::equal(*key.iv, protection.constant_iv)) {
    findings.Error("hls-key-iv", at,
                   "IV is not the constant IV of the init segment's tenc",
                   "RFC 8216bis 4.4.4.4; ISO/IEC 23001-7 8.2");
  }
  const auto kid = KidInUri(key.uri);
  if (key.key_format == "identity" && kid && *kid != protection.kid) {
    findings.Error("hls-key-kid", at,
                   "the URI ends in a KID that is not that of the init "
                   "segment's tenc",
                   "RFC 8216bis 4.4.4.4; ISO/IEC 23001-7 8.2");
  }
}

}  // namespace

Rendition MakeRendition(const playlist::HlsDocument& document,
                        const HlsPlaylistSource& source, Findings& findings) {
  return Maker(document, source, findings).Make();
}

void JudgeSampleKeys(const ReadMediaPlaylist& media,
                     const MeasuredRendition& measured, Findings& findings) {
  const Rendition& rendition = *measured.rendition;
  for (const SegmentEntry& segment : rendition.segments) {
    if (!segment.header) continue;
    const MediaHeader* header = measured.headers[*segment.header];
    if (header == nullptr) continue;
    const Protection* protection = ProtectionOf(*header);
    bool has_sample_key = false;
    for (const size_t index : segment.keys) {
      const ReadKey& key = media.keys[index];
      if (key.method == "NONE") continue;
      const bool whole = key.method == "AES-128";
      has_sample_key = has_sample_key || !whole;
      if (protection != nullptr) {
        JudgeSampleKey(key, *protection, rendition.place, findings);
      } else if (!whole) {
        findings.Error("hls-key-clear",
                       rendition.place + ":" + std::to_string(key.line),
                       "METHOD=" + key.method +
                           " over segments whose init segment is clear",
                       "RFC 8216bis 4.4.4.4");
      }
    }
    // A protected header with clear samples (a clear lead) needs no key.
    if (protection != nullptr && protection->is_protected &&
        segment.keys.empty()) {
      findings.Error("hls-key-missing", segment.resource.written_at,
                     "protected by its init segment, and no EXT-X-KEY applies",
                     "RFC 8216bis 4.4.4.4");
    }
  }
}

}  // namespace usher::inspect

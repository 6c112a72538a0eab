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

}  // namespace

Rendition MakeRendition(const playlist::HlsDocument& document,
                        const HlsPlaylistSource& source, Findings& findings) {
  return Maker(document, source, findings).Make();
}

}  // namespace usher::inspect

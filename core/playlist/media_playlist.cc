#include "core/playlist/media_playlist.h"

#include <algorithm>
#include <cstdio>

#include "core/playlist/hls_text.h"

namespace usher::playlist {
namespace {

// EXT-X-MAP outside an I-frame playlist (rfc8216bis section 8).
constexpr uint64_t kVersion = 6;

std::string_view MethodName(KeyMethod method) {
  switch (method) {
    case KeyMethod::kAes128:
      return "AES-128";
    case KeyMethod::kSampleAes:
      return "SAMPLE-AES";
    case KeyMethod::kSampleAesCtr:
      return "SAMPLE-AES-CTR";
  }
  return "NONE";
}

AttributeList KeyAttributes(const HlsKey& key) {
  AttributeList attributes;
  attributes.Token("METHOD", MethodName(key.method)).Quoted("URI", key.uri);
  if (key.iv) attributes.Hex("IV", *key.iv);
  if (key.method != KeyMethod::kAes128 || key.key_format != "identity") {
    attributes.Quoted("KEYFORMAT", key.key_format)
        .Quoted("KEYFORMATVERSIONS", "1");
  }
  return attributes;
}

std::string ExtInf(std::chrono::microseconds duration) {
  char text[64];
  std::snprintf(text, sizeof text, "%lld.%06lld,",
                static_cast<long long>(duration.count() / 1'000'000),
                static_cast<long long>(duration.count() % 1'000'000));
  return text;
}

// What a player holds while it reads on: the last key and map.
class InForce {
 public:
  void Change(const HlsSegment& segment, HlsText& text) {
    if (segment.map_uri != map_uri_) {
      SetKey(std::nullopt, text);
      text.Tag("EXT-X-MAP", AttributeList().Quoted("URI", segment.map_uri));
      map_uri_ = segment.map_uri;
    }
    SetKey(segment.key, text);
  }

 private:
  void SetKey(const std::optional<HlsKey>& key, HlsText& text) {
    if (key == key_) return;
    text.Tag("EXT-X-KEY", key ? KeyAttributes(*key)
                              : AttributeList().Token("METHOD", "NONE"));
    key_ = key;
  }

  std::optional<HlsKey> key_;
  std::string map_uri_;
};

}  // namespace

std::string Write(const MediaPlaylist& playlist) {
  HlsText text;
  text.Tag("EXT-X-VERSION", kVersion);
  text.Tag("EXT-X-TARGETDURATION", playlist.target_duration);
  text.Tag("EXT-X-MEDIA-SEQUENCE", playlist.first_number);
  text.Tag("EXT-X-PLAYLIST-TYPE", "VOD");
  InForce in_force;
  for (const HlsSegment& segment : playlist.segments) {
    if (segment.discontinuity) text.Tag("EXT-X-DISCONTINUITY");
    in_force.Change(segment, text);
    text.Tag("EXTINF", ExtInf(segment.duration));
    text.Uri(segment.uri);
  }
  text.Tag("EXT-X-ENDLIST");
  return text.Take();
}

uint64_t TargetDuration(std::chrono::microseconds longest) {
  const auto rounded = (longest.count() + 500'000) / 1'000'000;
  return std::max<uint64_t>(1, static_cast<uint64_t>(rounded));
}

}  // namespace usher::playlist

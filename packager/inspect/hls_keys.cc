#include "packager/inspect/hls_keys.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/base64url.h"
#include "packager/inspect/drm_judge.h"

namespace usher::inspect {
namespace {

using playlist::ReadKey;
using playlist::ReadMediaPlaylist;

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

std::string Base64Of(const keys::KeyId& kid) {
  return "data:text/plain;base64," + ToBase64(kid.view());
}

// Whether the URI says that the key is another one than any of `kids`.
bool NamesAnotherKid(const ReadKey& key, const std::set<keys::KeyId>& kids) {
  if (key.key_format == "identity") {
    const auto kid = KidInUri(key.uri);
    return kid && !kids.contains(*kid);
  }
  // As hls.js and this packager take it.
  return key.key_format == "org.w3.clearkey" && key.uri.starts_with("data:") &&
         std::ranges::none_of(kids, [&](const keys::KeyId& kid) {
           return key.uri == Base64Of(kid);
         });
}

// Keys of one segment, or of several in a row that have the same.
class SegmentKeys {
 public:
  SegmentKeys(const ReadMediaPlaylist& media, const MeasuredRendition& measured,
              const KeyRing& keys, Findings& findings)
      : media_(media),
        keys_(keys),
        measured_(measured),
        rendition_(*measured.rendition),
        findings_(findings) {}

  void Judge(size_t i) {
    const SegmentEntry& segment = rendition_.segments[i];
    if (!segment.header) return;
    const MediaHeader* header = measured_.headers[*segment.header];
    if (header == nullptr) return;
    const Protection* protection = ProtectionOf(*header);
    const std::set<keys::KeyId> kids = KidsOf(i, protection);
    bool has_key = false;
    for (const size_t index : segment.keys) {
      const ReadKey& key = media_.keys[index];
      if (key.method == "NONE") continue;
      has_key = true;
      if (protection != nullptr) {
        JudgeKey(key, *protection, kids);
      } else if (key.method != "AES-128") {
        Error("hls-key-clear", key,
              "METHOD=" + key.method +
                  " over segments whose init segment is clear",
              "RFC 8216bis 4.4.4.4");
      }
    }
    if (!kids.empty() && !has_key) {
      findings_.Error("hls-key-missing", segment.resource.written_at,
                      "its samples are protected, and no EXT-X-KEY applies",
                      "RFC 8216bis 4.4.4.4");
    }
  }

 private:
  // Those its samples are protected with, which may be none (a clear lead); of
  // a segment that was not read, what its init segment says.
  std::set<keys::KeyId> KidsOf(size_t i, const Protection* protection) const {
    const MeasuredSegment* segment = measured_.segments[i];
    if (segment != nullptr && segment->readable) return segment->Kids();
    if (protection == nullptr || !protection->is_protected) return {};
    return {protection->kid};
  }

  void JudgeKey(const ReadKey& key, const Protection& protection,
                const std::set<keys::KeyId>& kids) {
    const std::string method = MethodFor(protection.scheme);
    if (key.method != method) {
      Error("hls-key-method", key,
            "METHOD is " + key.method + ", the init segment's scheme " +
                protection.scheme + (method.empty() ? "" : " needs " + method),
            "RFC 8216bis 4.4.4.4");
    }
    const bool constant = protection.constant_iv.size() == 16;
    if (key.iv && constant &&
        !std::ranges::equal(*key.iv, protection.constant_iv)) {
      Error("hls-key-iv", key,
            "IV is not the constant IV of the init segment's tenc",
            "RFC 8216bis 4.4.4.4; ISO/IEC 23001-7 8.2");
    }
    if (!kids.empty() && NamesAnotherKid(key, kids)) {
      Error("hls-key-kid", key,
            "the URI names a KID that protects none of its segments",
            "RFC 8216bis 4.4.4.4; ISO/IEC 23001-7 8.2");
    }
    const std::string place = At(key);
    JudgeDrmUri(key.key_format, key.uri,
                {protection.scheme, kids, keys_, place, findings_});
  }

  std::string At(const ReadKey& key) const {
    return rendition_.place + ":" + std::to_string(key.line);
  }

  void Error(std::string check, const ReadKey& key, std::string what,
             std::string clause) {
    findings_.Error(std::move(check), At(key), std::move(what),
                    std::move(clause));
  }

  const ReadMediaPlaylist& media_;
  const KeyRing& keys_;
  const MeasuredRendition& measured_;
  const Rendition& rendition_;
  Findings& findings_;
};

}  // namespace

void JudgeSampleKeys(const ReadMediaPlaylist& media,
                     const MeasuredRendition& measured, const KeyRing& keys,
                     Findings& findings) {
  SegmentKeys judge(media, measured, keys, findings);
  for (size_t i = 0; i < measured.segments.size(); ++i) judge.Judge(i);
}

}  // namespace usher::inspect

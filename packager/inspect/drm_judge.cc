#include "packager/inspect/drm_judge.h"

#include <algorithm>
#include <map>

#include "core/base/base64url.h"
#include "core/base/hex.h"
#include "packager/encrypt/drm/playready.h"
#include "packager/inspect/drm_data.h"

namespace usher::inspect {
namespace {

constexpr char kWidevineFormat[] = "the protobuf WidevinePsshData";
constexpr char kPlayReadyHeader[] = "PlayReady Header Specification 2";

std::string CipherOf(const std::string& scheme) {
  return scheme == "cbcs" || scheme == "cbc1" ? "AESCBC" : "AESCTR";
}

class DrmJudge {
 public:
  DrmJudge(const char* system, const char* clause, const DrmGround& ground)
      : system_(system), clause_(clause), ground_(ground) {}

  void Unreadable() {
    Error("drm-data", "what it tells " + system_ + " cannot be read");
  }

  void Judge(const std::vector<DrmData>& all) {
    bool any = false;
    bool known = false;
    for (const DrmData& data : all) {
      Scheme(data);
      Checksums(data);
      for (const keys::KeyId& kid : data.kids) {
        any = true;
        known = known || ground_.kids.contains(kid);
      }
    }
    if (any && !known && !ground_.kids.empty()) {
      Error("drm-kid",
            "it tells " + system_ + " KIDs that protect none of the media");
    }
  }

 private:
  void Scheme(const DrmData& data) {
    if (data.scheme.empty() || data.scheme == ground_.scheme ||
        data.scheme == CipherOf(ground_.scheme)) {
      return;
    }
    Error("drm-scheme", "it tells " + system_ + " another cipher, " +
                            data.scheme + ", than the media have, " +
                            ground_.scheme);
  }

  void Checksums(const DrmData& data) {
    for (const auto& [kid, checksum] : data.checksums) {
      const auto key = ground_.keys.find(kid);
      if (key == ground_.keys.end()) continue;
      if (checksum == PlayReadyChecksum(kid, key->second.view())) continue;
      Error("drm-checksum",
            "PlayReady's checksum is not that of key " + kid.ToHex());
    }
  }

  void Error(std::string check, std::string what) {
    ground_.findings.Error(std::move(check), ground_.place, std::move(what),
                           clause_);
  }

  std::string system_;
  std::string clause_;
  const DrmGround& ground_;
};

template <typename Read>
void JudgeAll(const std::vector<ByteView>& all, Read read, DrmJudge judge) {
  std::vector<DrmData> readable;
  for (const ByteView bytes : all) {
    auto data = read(bytes);
    if (!data) return judge.Unreadable();
    readable.push_back(*std::move(data));
  }
  judge.Judge(readable);
}

void JudgeWidevine(const std::vector<ByteView>& all, const DrmGround& ground) {
  JudgeAll(all, ReadWidevineData,
           DrmJudge("Widevine", kWidevineFormat, ground));
}

void JudgePlayReady(const std::vector<ByteView>& all, const DrmGround& ground) {
  JudgeAll(all, ReadPlayReadyObject,
           DrmJudge("PlayReady", kPlayReadyHeader, ground));
}

}  // namespace

void JudgeDrmBoxes(const std::vector<const Pssh*>& boxes,
                   const DrmGround& ground) {
  std::vector<ByteView> data;
  data.reserve(boxes.size());
  for (const Pssh* pssh : boxes) data.emplace_back(pssh->data);
  if (data.empty()) return;
  const std::string system = ToHex(boxes.front()->system_id);
  if (system == kWidevineSystem) JudgeWidevine(data, ground);
  if (system == kPlayReadySystem) JudgePlayReady(data, ground);
}

void JudgeDrmOf(const MediaHeader& header, const KeyRing& keys,
                const std::string& place, Findings& findings) {
  std::set<keys::KeyId> kids;
  std::string scheme;
  for (const MediaTrack& track : header.tracks) {
    if (!track.protection || !track.protection->is_protected) continue;
    kids.insert(track.protection->kid);
    scheme = track.protection->scheme;
  }
  if (kids.empty()) return;
  std::map<Bytes, std::vector<const Pssh*>> by_system;
  for (const Pssh& pssh : header.pssh) {
    by_system[pssh.system_id].push_back(&pssh);
  }
  for (const auto& [system, boxes] : by_system) {
    JudgeDrmBoxes(boxes, {scheme, kids, keys, place, findings});
  }
}

void JudgePlayReadyObject(ByteView object, const DrmGround& ground) {
  JudgePlayReady({object}, ground);
}

void JudgeDrmUri(std::string_view key_format, std::string_view uri,
                 const DrmGround& ground) {
  const bool widevine =
      key_format == "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed";
  const bool playready = key_format == "com.microsoft.playready";
  const size_t comma = uri.find(";base64,");
  if ((!widevine && !playready) || !uri.starts_with("data:") ||
      comma == uri.npos) {
    return;  // a URL, or another system
  }
  const auto bytes =
      FromBase64(uri.substr(comma + std::string_view(";base64,").size()));
  if (playready) {
    return JudgePlayReadyObject(bytes ? ByteView(*bytes) : ByteView(), ground);
  }
  const auto pssh = bytes ? ReadPssh(*bytes) : std::nullopt;
  if (!pssh || ToHex(pssh->system_id) != kWidevineSystem) {
    return DrmJudge("Widevine", kWidevineFormat, ground).Unreadable();
  }
  JudgeDrmBoxes({&*pssh}, ground);
}

}  // namespace usher::inspect

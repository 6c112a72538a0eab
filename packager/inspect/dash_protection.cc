#include "packager/inspect/dash_protection.h"

#include <algorithm>

#include "core/base/hex.h"
#include "packager/inspect/drm_judge.h"

namespace usher::inspect {
namespace {

using playlist::ReadProtection;
using playlist::ReadRepresentation;

constexpr std::string_view kMp4Protection = "urn:mpeg:dash:mp4protection:2011";

const Protection* ProtectionOf(const MediaHeader& header) {
  for (const MediaTrack& track : header.tracks) {
    if (track.protection && track.protection->is_protected) {
      return &*track.protection;
    }
  }
  return nullptr;
}

void JudgeMp4Protection(const ReadProtection& said, const Protection& actual,
                        const std::string& place, Findings& findings) {
  if (said.value != actual.scheme) {
    findings.Error("dash-protection-scheme", place,
                   "ContentProtection@value is not the scheme of the init "
                   "segment, " +
                       actual.scheme,
                   "ISO/IEC 23009-1 5.8.5.2");
  }
  const auto kid = keys::KeyId::Parse(said.default_kid);
  if (said.default_kid.empty()) {
    findings.Warning("dash-default-kid", place,
                     "ContentProtection without cenc:default_KID",
                     "ISO/IEC 23001-7 11.2.1");
  } else if (!kid || *kid != actual.kid) {
    findings.Error(
        "dash-default-kid", place,
        "cenc:default_KID is not the KID of tenc, " + actual.kid.ToUuid(),
        "ISO/IEC 23001-7 11.2.1");
  }
}

void JudgePssh(ByteView bytes, const ReadProtection& said,
               const MediaHeader& header, const Protection& actual,
               const DrmGround& ground) {
  const std::string& place = ground.place;
  Findings& findings = ground.findings;
  const auto pssh = ReadPssh(bytes);
  if (!pssh) {
    return findings.Error("dash-pssh", place, "cenc:pssh is no pssh box",
                          "ISO/IEC 23001-7 8.1");
  }
  if (!pssh->kids.empty() &&
      std::ranges::find(pssh->kids, actual.kid) == pssh->kids.end()) {
    findings.Error("dash-pssh", place,
                   "cenc:pssh lists KIDs, but not the one of tenc",
                   "ISO/IEC 23001-7 8.1");
  }
  std::string uuid = said.scheme.substr(said.scheme.rfind(':') + 1);
  std::erase(uuid, '-');
  if (uuid != ToHex(pssh->system_id)) {
    findings.Error("dash-pssh", place,
                   "cenc:pssh is of another system than its "
                   "ContentProtection@schemeIdUri",
                   "ISO/IEC 23001-7 11.2.2");
  }
  JudgeDrmBoxes({&*pssh}, ground);
  const auto is_of_system = [&](const Pssh& own) {
    return own.system_id == pssh->system_id;
  };
  if (std::ranges::any_of(header.pssh, is_of_system)) {
    if (std::ranges::none_of(header.pssh, [&](const Pssh& own) {
          return own.box == pssh->box;
        })) {
      findings.Warning("dash-pssh", place,
                       "cenc:pssh and the init segment's pssh of the same "
                       "system differ",
                       "ISO/IEC 23001-7 11.2.2");
    }
  }
}

}  // namespace

void JudgeContentProtection(const ReadRepresentation& representation,
                            const MediaHeader& header, const KeyRing& keys,
                            const std::string& place, Findings& findings) {
  const Protection* actual = ProtectionOf(header);
  const auto& said = representation.protections;
  const auto mp4 =
      std::ranges::find(said, kMp4Protection, &ReadProtection::scheme);
  if (actual == nullptr) {
    if (mp4 != said.end() && !header.tracks.empty()) {
      findings.Error("dash-protection-clear", place,
                     "ContentProtection over an init segment that is clear",
                     "ISO/IEC 23009-1 5.8.4.1");
    }
    return;
  }
  if (mp4 == said.end()) {
    return findings.Error("dash-protection-missing", place,
                          "protected media without the mp4protection "
                          "descriptor",
                          "ISO/IEC 23009-1 5.8.5.2");
  }
  JudgeMp4Protection(*mp4, *actual, place, findings);
  const std::set<keys::KeyId> kids = {actual->kid};
  const DrmGround ground{actual->scheme, kids, keys, place, findings};
  for (const ReadProtection& protection : said) {
    for (const Bytes& pssh : protection.pssh) {
      JudgePssh(pssh, protection, header, *actual, ground);
    }
    for (const Bytes& object : protection.playready_objects) {
      JudgePlayReadyObject(object, ground);
    }
  }
}

}  // namespace usher::inspect

// Whether what Widevine and PlayReady are told agrees with how the media are
// protected: readable, about a key that is used, with the right cipher and,
// for PlayReady, the right checksum of the key.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "packager/inspect/finding.h"
#include "packager/inspect/measured.h"
#include "packager/inspect/media_header.h"

namespace usher::inspect {

// What it is held against, and where it was said.
struct DrmGround {
  const std::string& scheme;          // of the media: "cenc"
  const std::set<keys::KeyId>& kids;  // that protect them
  const KeyRing& keys;                // those at hand
  const std::string& place;
  Findings& findings;
};

// The boxes of one system, taken together. Of other systems nothing is known.
void JudgeDrmBoxes(const std::vector<const Pssh*>& boxes,
                   const DrmGround& ground);
// The same for all of an init segment.
void JudgeDrmOf(const MediaHeader& header, const KeyRing& keys,
                const std::string& place, Findings& findings);
void JudgePlayReadyObject(ByteView object, const DrmGround& ground);
// What EXT-X-KEY of such a KEYFORMAT holds; others are no matter of this.
void JudgeDrmUri(std::string_view key_format, std::string_view uri,
                 const DrmGround& ground);

}  // namespace usher::inspect

#include "core/base/base64url.h"
#include "core/base/hex.h"
#include "packager/encrypt/drm/playready.h"
#include "tests/packager/inspect/mutation.h"

namespace usher::inspect::testing {
namespace {

constexpr auto kError = Severity::kError;
constexpr Good kCbcs = Good::kDrmCbcs;
constexpr Good kCenc = Good::kDrmCenc;
constexpr auto kInit = "v180/init.mp4";
constexpr auto kMedia = "v180/media-drm.m3u8";
constexpr auto kMpd = "manifest-drm.mpd";
constexpr auto kSound = "a-eng/media-drm.m3u8";

// In base64, of Widevine's box: the KID's first bytes, and "cbcs".
constexpr auto kWidevineKid = "EAAB";
constexpr auto kAnotherKid = "EBAB";
constexpr auto kWidevineCbcs = "88aJmwY=";
constexpr auto kWidevineCenc = "49yVmwY=";

std::string Object(Scheme scheme, std::string_view kid,
                   std::string_view key = kKey) {
  usher::keys::ContentKey made;
  made.kid = *usher::keys::KeyId::Parse(kid);
  made.key = SecretBytes(*FromHex(key));
  const usher::keys::ContentKey* const keys[] = {&made};
  return ToBase64(PlayReadyObject(scheme, keys, ""));
}

std::string Raw(std::string_view hex) {
  const auto bytes = FromHex(hex);
  return std::string(AsText(*bytes));
}

constexpr std::string_view kWrongKey = "00000000000000000000000000000000";

}  // namespace

std::vector<Mutation> DrmMutations() {
  return {
      {"drm-data", kError, kCbcs,
       [](Presentation& p) { p.Replace(kMpd, "<mspr:pro>", "<mspr:pro>AAAA"); },
       kMpd},
      {"drm-data", kError, kCbcs,
       [](Presentation& p) {
         p.Replace(kMedia, "UTF-16;base64,", "UTF-16;base64,AAAA");
       },
       kMedia},
      {"drm-data", kError, kCbcs,
       [](Presentation& p) {
         p.Replace(kMedia, "plain;base64,AAAA", "plain;base64,AAAB");
       },
       kMedia},
      {"drm-data", kError, kCbcs,  // a length that leads out of the message
       [](Presentation& p) {
         p.Replace(kInit, Raw("1210") + Raw(kKid), Raw("1240") + Raw(kKid));
       },
       kInit},
      {"drm-kid", kError, kCbcs,
       [](Presentation& p) {
         p.Replace(kInit, Raw("1210") + Raw(kKid),
                   Raw("1210") + Raw(kSecondKid));
       },
       kInit},
      {"drm-kid", kError, kCbcs,
       [](Presentation& p) { p.Replace(kMpd, kWidevineKid, kAnotherKid); },
       kMpd},
      {"drm-kid", kError, kCbcs,
       [](Presentation& p) { p.Replace(kSound, kWidevineKid, kAnotherKid); },
       kSound},
      {"drm-kid", kError, kCbcs,
       [](Presentation& p) {
         p.Replace(kMpd, "<mspr:pro>" + Object(Scheme::kCbcs, kKid),
                   "<mspr:pro>" + Object(Scheme::kCbcs, kSecondKid));
       },
       kMpd},
      {"drm-scheme", kError, kCbcs,
       [](Presentation& p) { p.Replace(kMedia, kWidevineCbcs, kWidevineCenc); },
       kMedia},
      {"drm-scheme", kError, kCbcs,
       [](Presentation& p) {
         p.Replace(kMpd, "<mspr:pro>" + Object(Scheme::kCbcs, kKid),
                   "<mspr:pro>" + Object(Scheme::kCenc, kKid));
       },
       kMpd},
      {"drm-checksum", kError, kCenc,
       [](Presentation& p) {
         p.Replace(kMedia, Object(Scheme::kCenc, kKid),
                   Object(Scheme::kCenc, kKid, kWrongKey));
       },
       kMedia},
  };
}

}  // namespace usher::inspect::testing

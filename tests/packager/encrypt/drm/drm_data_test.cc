// What DRM systems are told, byte for byte as Shaka Packager 3.4.2 tells them
// of the same key.
#include <gtest/gtest.h>

#include "core/base/base64url.h"
#include "core/base/hex.h"
#include "packager/encrypt/drm/playready.h"
#include "packager/encrypt/drm/widevine.h"

namespace usher {
namespace {

constexpr char kKid[] = "334b5d3d44f54f56a410e07caaa7160e";

keys::ContentKey Key() {
  keys::ContentKey key;
  key.kid = *keys::KeyId::Parse(kKid);
  key.key = SecretBytes(*FromHex("101112131415161718191a1b1c1d1e1f"));
  return key;
}

Bytes Widevine(Scheme scheme, std::string_view content_id) {
  const keys::KeyId kids[] = {Key().kid};
  return WidevinePsshData(scheme, kids, content_id);
}

Bytes PlayReady(Scheme scheme, std::string_view licence_url) {
  const keys::ContentKey key = Key();
  const keys::ContentKey* const keys[] = {&key};
  return PlayReadyObject(scheme, keys, licence_url);
}

std::string HeaderOf(ByteView object) {
  std::string text;
  for (size_t i = 10; i + 1 < object.size(); i += 2) {
    EXPECT_EQ(object[i + 1], 0);
    text += static_cast<char>(object[i]);
  }
  return text;
}

TEST(WidevinePsshData, NamesTheKidAndTheScheme) {
  EXPECT_EQ(ToHex(Widevine(Scheme::kCenc, "")),
            std::string("1210") + kKid + "48e3dc959b06");
  EXPECT_EQ(ToHex(Widevine(Scheme::kCbcs, "")),
            std::string("1210") + kKid + "48f3c6899b06");
}

TEST(WidevinePsshData, HoldsTheContentIdBetweenThem) {
  EXPECT_EQ(ToHex(Widevine(Scheme::kCbcs, "film")),
            std::string("1210") + kKid + "220466696c6d" + "48f3c6899b06");
}

// A length above 127 takes two bytes.
TEST(WidevinePsshData, HoldsALongContentId) {
  const std::string id(200, 'x');
  const Bytes data = Widevine(Scheme::kCbcs, id);
  EXPECT_EQ(ToHex(ByteView(data).subspan(18, 3)), "22c801");
  EXPECT_EQ(data.size(), 18 + 3 + id.size() + 6);
}

TEST(PlayReadyObject, UnderCbcsIsOneRecordWithAHeaderInUtf16) {
  EXPECT_EQ(
      ToBase64(PlayReady(Scheme::kCbcs, "")),
      "vgEAAAEAAQC0ATwAVwBSAE0ASABFAEEARABFAFIAIAB4AG0AbABuAHMAPQAiAGgAdAB0"
      "AHAAOgAvAC8AcwBjAGgAZQBtAGEAcwAuAG0AaQBjAHIAbwBzAG8AZgB0AC4AYwBvAG0A"
      "LwBEAFIATQAvADIAMAAwADcALwAwADMALwBQAGwAYQB5AFIAZQBhAGQAeQBIAGUAYQBk"
      "AGUAcgAiACAAdgBlAHIAcwBpAG8AbgA9ACIANAAuADMALgAwAC4AMAAiAD4APABEAEEA"
      "VABBAD4APABQAFIATwBUAEUAQwBUAEkATgBGAE8APgA8AEsASQBEAFMAPgA8AEsASQBE"
      "ACAAQQBMAEcASQBEAD0AIgBBAEUAUwBDAEIAQwAiACAAVgBBAEwAVQBFAD0AIgBQAFYA"
      "MQBMAE0ALwBWAEUAVgBrACsAawBFAE8AQgA4AHEAcQBjAFcARABnAD0APQAiAD4APAAv"
      "AEsASQBEAD4APAAvAEsASQBEAFMAPgA8AC8AUABSAE8AVABFAEMAVABJAE4ARgBPAD4A"
      "PAAvAEQAQQBUAEEAPgA8AC8AVwBSAE0ASABFAEEARABFAFIAPgA=");
}

TEST(PlayReadyObject, UnderCencHasAChecksumOfTheKey) {
  EXPECT_EQ(HeaderOf(PlayReady(Scheme::kCenc, "")),
            "<WRMHEADER xmlns=\"http://schemas.microsoft.com/DRM/2007/03/"
            "PlayReadyHeader\" version=\"4.3.0.0\"><DATA><PROTECTINFO><KIDS>"
            "<KID ALGID=\"AESCTR\" CHECKSUM=\"rB9lsZZIuzs=\" "
            "VALUE=\"PV1LM/VEVk+kEOB8qqcWDg==\"></KID></KIDS></PROTECTINFO>"
            "</DATA></WRMHEADER>");
}

TEST(PlayReadyObject, TellsWhereLicencesAre) {
  const std::string header =
      HeaderOf(PlayReady(Scheme::kCbcs, "https://l/?a=1&b=2"));
  EXPECT_NE(header.find("</PROTECTINFO><LA_URL>https://l/?a=1&amp;b=2</LA_URL>"
                        "</DATA>"),
            header.npos)
      << header;
}

// One init segment's keys, where sample groups tell which one it is.
TEST(DrmData, NamesAllKeysOfAnInitSegment) {
  keys::ContentKey second = Key();
  second.kid.bytes[15] = 0;
  const keys::KeyId kids[] = {Key().kid, second.kid};
  EXPECT_EQ(
      ToHex(WidevinePsshData(Scheme::kCenc, kids, "")),
      "1210" + kids[0].ToHex() + "1210" + kids[1].ToHex() + "48e3dc959b06");
  const keys::ContentKey first = Key();
  const keys::ContentKey* const keys[] = {&first, &second};
  const std::string header = HeaderOf(PlayReadyObject(Scheme::kCbcs, keys, ""));
  EXPECT_NE(header.find("<KIDS><KID ALGID=\"AESCBC\" "
                        "VALUE=\"PV1LM/VEVk+kEOB8qqcWDg==\"></KID>"
                        "<KID ALGID=\"AESCBC\" "
                        "VALUE=\"PV1LM/VEVk+kEOB8qqcWAA==\"></KID></KIDS>"),
            header.npos)
      << header;
}

// The example of Microsoft's "How to package MP4-based content": its VALUE is
// this KID.
TEST(ToGuidOrder, TurnsTheFirstThreeFieldsAround) {
  const keys::KeyId guid = ToGuidOrder(Key().kid);
  EXPECT_EQ(ToBase64(guid.view()), "PV1LM/VEVk+kEOB8qqcWDg==");
  EXPECT_EQ(ToGuidOrder(guid), Key().kid);
}

}  // namespace
}  // namespace usher

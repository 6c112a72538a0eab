#include "core/playlist/cpix_reader.h"

#include <gtest/gtest.h>

#include "core/base/base64url.h"
#include "core/base/hex.h"

namespace usher::playlist {
namespace {

constexpr char kKid[] = "0dc3ec4f-7683-548b-81e7-3c64e582e136";
constexpr char kSecret[] = "WADwG2qCqkq5TVml+U5PXw==";  // pycpix's example

std::string Document(const std::string& body) {
  return "<?xml version=\"1.0\"?><cpix:CPIX xmlns:cpix=\"urn:dashif:org:cpix\" "
         "xmlns:pskc=\"urn:ietf:params:xml:ns:keyprov:pskc\" "
         "contentId=\"film\">" +
         body + "</cpix:CPIX>";
}

std::string Key(const std::string& kid = kKid,
                const std::string& attributes = "",
                const std::string& value = kSecret) {
  return "<cpix:ContentKey kid=\"" + kid + "\" " + attributes +
         "><cpix:Data><pskc:Secret><pskc:PlainValue>" + value +
         "</pskc:PlainValue></pskc:Secret></cpix:Data></cpix:ContentKey>";
}

std::string Keys(const std::string& keys = Key()) {
  return "<cpix:ContentKeyList>" + keys + "</cpix:ContentKeyList>";
}

std::string System(
    const std::string& body,
    const std::string& id = "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed") {
  return "<cpix:DRMSystemList><cpix:DRMSystem kid=\"" + std::string(kKid) +
         "\" systemId=\"" + id + "\">" + body +
         "</cpix:DRMSystem></cpix:DRMSystemList>";
}

std::string Base64(std::string_view text) { return ToBase64(AsBytes(text)); }

Result<CpixDocument> Read(const std::string& text) {
  return ReadCpix(SecretBytes(AsBytes(text)));
}

std::string Refusal(const std::string& text) {
  const auto read = Read(text);
  return read ? "" : read.error().OneLine();
}

TEST(Cpix, HoldsKeysWithTheirIvs) {
  const auto read =
      Read(Document(Keys(Key(kKid,
                             "explicitIV=\"AAECAwQFBgcICQoLDA0ODw==\" "
                             "commonEncryptionScheme=\"cbcs\"",
                             "\n  " + std::string(kSecret) + "\n") +
                         Key("11111111111111111111111111111111"))));
  ASSERT_TRUE(read) << read.error().OneLine();
  EXPECT_EQ(read->content_id, "film");
  ASSERT_EQ(read->keys.size(), 2U);
  EXPECT_EQ(read->keys[0].kid, "0dc3ec4f7683548b81e73c64e582e136");
  EXPECT_EQ(ToHex(read->keys[0].key.view()),
            "5800f01b6a82aa4ab94d59a5f94e4f5f");
  EXPECT_EQ(ToHex(*read->keys[0].explicit_iv),
            "000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(read->keys[0].scheme, "cbcs");
  EXPECT_FALSE(read->keys[1].explicit_iv);
}

TEST(Cpix, TellsWhatDrmSystemsAreTold) {
  const auto read = Read(Document(
      Keys() +
      System("<cpix:PSSH>AAEC</cpix:PSSH><cpix:ContentProtectionData>" +
             Base64("<mspr:pro xmlns:mspr=\"urn:microsoft:playready\">AwQ="
                    "</mspr:pro><dashif:Laurl>https://l/x</dashif:Laurl>") +
             "</cpix:ContentProtectionData>"
             "<cpix:HLSSignalingData playlist=\"media\">" +
             Base64("#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"data:x\","
                    "KEYFORMAT=\"urn:uuid:y\",KEYFORMATVERSIONS=\"1/2\"") +
             "</cpix:HLSSignalingData><cpix:URIExtXKey>" + Base64("skd://no") +
             "</cpix:URIExtXKey>")));
  ASSERT_TRUE(read) << read.error().OneLine();
  ASSERT_EQ(read->systems.size(), 1U);
  const CpixSystem& system = read->systems[0];
  EXPECT_EQ(system.kid, "0dc3ec4f7683548b81e73c64e582e136");
  EXPECT_EQ(system.system_id, "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed");
  EXPECT_EQ(system.pssh, Bytes({0, 1, 2}));
  EXPECT_EQ(system.playready_object, Bytes({3, 4}));
  EXPECT_EQ(system.licence_url, "https://l/x");
  ASSERT_TRUE(system.hls);
  EXPECT_EQ(system.hls->uri, "data:x");
  EXPECT_EQ(system.hls->key_format, "urn:uuid:y");
  EXPECT_EQ(system.hls->key_format_versions, "1/2");
}

TEST(Cpix, TakesAUriForFairPlay) {
  const auto read =
      Read(Document(Keys() + System("<cpix:URIExtXKey>" + Base64("skd://a") +
                                        "</cpix:URIExtXKey>",
                                    "94CE86FB-07FF-4F43-ADB8-93D2FA968CA2")));
  ASSERT_TRUE(read) << read.error().OneLine();
  EXPECT_EQ(read->systems[0].system_id, "94ce86fb-07ff-4f43-adb8-93d2fa968ca2");
  ASSERT_TRUE(read->systems[0].hls);
  EXPECT_EQ(read->systems[0].hls->uri, "skd://a");
  EXPECT_EQ(read->systems[0].hls->key_format, "");
}

TEST(Cpix, OrdersPeriodsAndReadsRules) {
  const auto read = Read(Document(
      Keys() +
      "<cpix:ContentKeyPeriodList><cpix:ContentKeyPeriod id=\"b\" index=\"2\"/>"
      "<cpix:ContentKeyPeriod id=\"a\" index=\"1\"/>"
      "</cpix:ContentKeyPeriodList><cpix:ContentKeyUsageRuleList>"
      "<cpix:ContentKeyUsageRule kid=\"" +
      std::string(kKid) +
      "\" intendedTrackType=\"HD\">"
      "<cpix:KeyPeriodFilter periodId=\"a\"/><cpix:LabelFilter label=\"v\"/>"
      "<cpix:VideoFilter minPixels=\"10\" maxPixels=\"20\" maxFps=\"30\"/>"
      "<cpix:AudioFilter minChannels=\"2\"/><cpix:BitrateFilter/>"
      "</cpix:ContentKeyUsageRule></cpix:ContentKeyUsageRuleList>"));
  ASSERT_TRUE(read) << read.error().OneLine();
  EXPECT_EQ(read->periods, std::vector<std::string>({"a", "b"}));
  ASSERT_EQ(read->rules.size(), 1U);
  const CpixRule& rule = read->rules[0];
  EXPECT_EQ(rule.track_type, "HD");
  EXPECT_EQ(rule.periods, std::vector<std::string>({"a"}));
  EXPECT_EQ(rule.labels, std::vector<std::string>({"v"}));
  ASSERT_EQ(rule.video.size(), 1U);
  EXPECT_EQ(rule.video[0].pixels.least, 10U);
  EXPECT_EQ(rule.video[0].pixels.most, 20U);
  EXPECT_EQ(rule.video[0].most_fps, 30);
  ASSERT_EQ(rule.audio.size(), 1U);
  EXPECT_EQ(rule.audio[0].least, 2U);
  EXPECT_EQ(rule.unknown_filter, "BitrateFilter");
}

// What would need a recipient's key is refused, and nothing of it is used.
TEST(Cpix, RefusesEncryptedKeys) {
  EXPECT_EQ(Refusal(Document("<cpix:DeliveryDataList><cpix:DeliveryData/>"
                             "</cpix:DeliveryDataList>" +
                             Keys())),
            "holds encrypted keys, and usher has no key to open them; ask the "
            "provider for a document with clear keys, over a channel that is "
            "not");
  std::string encrypted = Document(Keys());
  for (size_t at = 0;
       (at = encrypted.find("PlainValue", at)) != std::string::npos;) {
    encrypted.replace(at, 10, "EncryptedValue");
  }
  EXPECT_NE(Refusal(encrypted).find("is encrypted"), std::string::npos);
}

TEST(Cpix, ResolvesNoEntity) {
  EXPECT_EQ(Refusal("<!DOCTYPE x [<!ENTITY k SYSTEM \"file:///etc/passwd\">]>" +
                    Document(Keys(Key(kKid, "", "&k;")))),
            "has a DOCTYPE, which CPIX has no use for; give the document "
            "without it");
  EXPECT_NE(Refusal(Document(Keys(Key(kKid, "", "&k;")))), "");
}

TEST(Cpix, RefusesWhatIsBroken) {
  const std::string rule = "<ContentKeyUsageRuleList><ContentKeyUsageRule kid=";
  const std::string end = "</ContentKeyUsageRule></ContentKeyUsageRuleList>";
  const std::string kid = "\"" + std::string(kKid) + "\">";
  for (const std::string& text : {
           std::string(),
           std::string("<CPIX"),
           std::string("<MPD/>"),
           Document(""),
           Document(Keys("")),
           Document(Keys(Key("12"))),
           Document(Keys(Key() + Key())),
           Document(Keys(Key(kKid, "", "AAAA"))),
           Document(Keys(Key(kKid, "", "!"))),
           Document(Keys(Key(kKid, "explicitIV=\"AAAA\""))),
           Document(Keys() + System("<PSSH>!</PSSH>")),
           Document(Keys() + System("<PSSH>AAAA</PSSH>", "widevine")),
           Document(Keys() + System("<HLSSignalingData>AAAA"
                                    "</HLSSignalingData>")),
           Document(Keys() +
                    System("<URIExtXKey>" + Base64("a b") + "</URIExtXKey>")),
           Document(Keys() +
                    System("<ContentProtectionData>" + Base64("<mspr:pro>") +
                           "</ContentProtectionData>")),
           Document(Keys() + rule + "\"12\">" + end),
           Document(Keys() + rule + kid + "<VideoFilter minPixels=\"x\"/>" +
                    end),
           Document(Keys() + rule + kid + "<AudioFilter minChannels=\"-1\"/>" +
                    end),
           Document(Keys() + rule + kid + "<KeyPeriodFilter periodId=\"z\"/>" +
                    end),
       }) {
    EXPECT_NE(Refusal(text), "") << text;
  }
}

TEST(Cpix, TellsNoSecretInAnError) {
  for (const char* value : {"c2VjcmV0LXNlY3JldA==", "c2VjcmV0!"}) {
    EXPECT_EQ(Refusal(Document(Keys(Key(kKid, "", value)))),
              "ContentKey 0dc3ec4f7683548b81e73c64e582e136 has no PlainValue "
              "of 16 bytes in base64; ask the key's provider for a whole "
              "document");
  }
}

}  // namespace
}  // namespace usher::playlist

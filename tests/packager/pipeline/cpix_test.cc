// Films whose keys come in a CPIX document.
#include <gtest/gtest.h>

#include "core/base/base64url.h"
#include "core/base/hex.h"
#include "packager/pipeline/cpix_rules.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/run_process.h"
#include "tests/support/source_track.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

constexpr char kFirst[] = "11111111111111111111111111111111";
constexpr char kSecond[] = "22222222222222222222222222222222";
constexpr char kKey[] = "101112131415161718191a1b1c1d1e1f";
constexpr char kOtherKey[] = "202122232425262728292a2b2c2d2e2f";
constexpr char kIv[] = "000102030405060708090a0b0c0d0e0f";

std::string FromHexToBase64(const char* hex) { return ToBase64(*FromHex(hex)); }

std::string Key(const std::string& kid, const char* key,
                const std::string& attributes = "") {
  return "<ContentKey kid=\"" + kid + "\" " + attributes +
         "><Data><Secret><PlainValue>" + FromHexToBase64(key) +
         "</PlainValue></Secret></Data></ContentKey>";
}

std::string Rule(const std::string& kid, const std::string& filters,
                 const std::string& type = "") {
  return "<ContentKeyUsageRule kid=\"" + kid + "\" intendedTrackType=\"" +
         type + "\">" + filters + "</ContentKeyUsageRule>";
}

std::string Document(const std::string& keys, const std::string& rules,
                     const std::string& more = "") {
  return "<CPIX xmlns=\"urn:dashif:org:cpix\"><ContentKeyList>" + keys +
         "</ContentKeyList>" + more + "<ContentKeyUsageRuleList>" + rules +
         "</ContentKeyUsageRuleList></CPIX>";
}

std::string TwoKeys(const std::string& rules, const std::string& more = "") {
  return Document(Key(kFirst, kKey) + Key(kSecond, kOtherKey), rules, more);
}

const char* const kByKind[] = {"<VideoFilter/>", "<AudioFilter/>"};

struct Cpix {
  explicit Cpix(const std::string& text) { WriteFile(file(), text); }
  fs::path file() const { return directory.path() / "keys.xml"; }
  TempDir directory;
};

PackagedFilm Package(const std::string& text, Strings flags) {
  const Cpix cpix(text);
  flags.insert(flags.end(), {"--cpix", cpix.file(), "--verify"});
  return PackagedFilm({TestMedia("film.mp4")}, flags);
}

std::string Refusal(const std::string& text, Strings flags) {
  const Cpix cpix(text);
  Strings command = {"package",     TestMedia("film.mp4"),
                     "-o",          cpix.directory.path() / "out",
                     "--key-store", cpix.directory.path() / "keys",
                     "--cpix",      cpix.file()};
  command.insert(command.end(), flags.begin(), flags.end());
  const Outcome outcome = RunUsher(command);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_FALSE(exists(cpix.directory.path() / "out" / "film"));
  return outcome.err;
}

TEST(CpixFilm, HasTheKeysItsRulesSay) {
  const PackagedFilm film =
      Package(TwoKeys(Rule(kFirst, kByKind[0]) + Rule(kSecond, kByKind[1])),
              {"--encryption", "cenc"});
  auto keys = film.Keys();
  EXPECT_EQ(keys[kFirst], kKey);
  EXPECT_EQ(keys[kSecond], kOtherKey);
  EXPECT_EQ(FrameHashes(film.Joined("v180"),
                        {"-decryption_key", kKey, "-seekable", "0"}),
            FrameHashes(TestMedia("film.mp4"), {"-an"}));
  const std::string sound = ReadFile(film.directory() / "a-und" / "media.m3u8");
  EXPECT_NE(sound.find(kSecond), sound.npos);
}

TEST(CpixFilm, OfOneKeyNeedsNoRule) {
  const PackagedFilm film =
      Package(Document(Key(kFirst, kKey,
                           "explicitIV=\"" + FromHexToBase64(kIv) +
                               "\" commonEncryptionScheme=\"cbcs\""),
                       ""),
              {"--encryption", "cbcs"});
  EXPECT_EQ(film.Keys().size(), 1U);
  for (const char* track : {"v180", "a-und"}) {
    const std::string init = ReadFile(film.directory() / track / "init.mp4");
    const Bytes tenc_end = *FromHex(std::string(kFirst) + "10" + kIv);
    EXPECT_NE(init.find(AsText(tenc_end)), init.npos) << track;
  }
}

std::string Pssh(const char* kid) {
  return "000000387073736800000000edef8ba979d64acea3c827dcd51d21ed00000018121"
         "0" +
         std::string(kid) + "48f3c6899b06";
}

TEST(CpixFilm, TellsDrmSystemsWhatTheDocumentSays) {
  const std::string system =
      "<DRMSystemList><DRMSystem kid=\"" + std::string(kFirst) +
      "\" systemId=\"edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\"><PSSH>" +
      FromHexToBase64(Pssh(kFirst).c_str()) +
      "</PSSH></DRMSystem><DRMSystem kid=\"" + kFirst +
      "\" systemId=\"94ce86fb-07ff-4f43-adb8-93d2fa968ca2\"><URIExtXKey>" +
      ToBase64(AsBytes("skd://provider/1")) +
      "</URIExtXKey></DRMSystem></DRMSystemList>";
  const PackagedFilm film =
      Package(Document(Key(kFirst, kKey), "", system),
              {"--encryption", "cbcs", "--drm", "playready,fairplay"});
  const std::string master = ReadFile(film.directory() / "master-drm.m3u8");
  EXPECT_NE(master.find("URI=\"skd://provider/1\",KEYFORMAT=\"com.apple."
                        "streamingkeydelivery\""),
            master.npos)
      << master;
  EXPECT_NE(master.find("com.microsoft.playready"), master.npos);
  EXPECT_EQ(master.find("skd://1111"), master.npos);
  const std::string mpd = ReadFile(film.directory() / "manifest-drm.mpd");
  EXPECT_NE(mpd.find("<cenc:pssh>" + FromHexToBase64(Pssh(kFirst).c_str())),
            mpd.npos);
  const std::string init = ReadFile(film.directory() / "v180" / "init.mp4");
  const Bytes pssh = *FromHex(Pssh(kFirst));
  EXPECT_NE(init.find(AsText(pssh)), init.npos);
}

TEST(CpixFilm, ChangesKeysByThePeriodsOfTheDocument) {
  const std::string periods =
      "<ContentKeyPeriodList><ContentKeyPeriod id=\"p1\" index=\"1\"/>"
      "<ContentKeyPeriod id=\"p2\" index=\"2\"/></ContentKeyPeriodList>";
  const std::string text =
      TwoKeys(Rule(kSecond, "<KeyPeriodFilter periodId=\"p2\"/>") +
                  Rule(kFirst, "<KeyPeriodFilter periodId=\"p1\"/>"),
              periods);
  const PackagedFilm film =
      Package(text, {"--encryption", "cbcs", "--key-rotation", "4"});
  const std::string list = ReadFile(film.directory() / "v180" / "media.m3u8");
  EXPECT_LT(list.find(kFirst), list.find("1.m4s"));
  EXPECT_LT(list.find("2.m4s"), list.find(kSecond));
  EXPECT_LT(list.find(kSecond), list.find("3.m4s"));
  EXPECT_EQ(Refusal(text, {"--encryption", "cbcs"}),
            "usher: --cpix: 2 given of " + std::string(kFirst) +
                " for 1 crypto periods; give one for each, or leave --cpix "
                "out\n");
}

TEST(CpixFilm, IsRefusedWhereATrackHasNotOneKey) {
  EXPECT_EQ(
      Refusal(TwoKeys(Rule(kFirst, kByKind[0])), {"--encryption", "cbcs"}),
      "usher: --cpix: has no key for track a-und; ask for a document "
      "with a rule for it\n");
  EXPECT_EQ(Refusal(TwoKeys(""), {"--encryption", "cbcs"}),
            "usher: --cpix: has more than one key for track v180; ask for a "
            "document whose rules choose one\n");
  EXPECT_EQ(Refusal(TwoKeys(Rule(kFirst, "<BitrateFilter/>")),
                    {"--encryption", "cbcs"}),
            "usher: --cpix: a ContentKeyUsageRule has a BitrateFilter, which "
            "usher cannot judge; ask for rules by VideoFilter and "
            "AudioFilter\n");
}

TEST(CpixFilm, IsRefusedWithWhatContradictsIt) {
  const std::string one =
      Document(Key(kFirst, kKey, "commonEncryptionScheme=\"cbcs\""), "");
  EXPECT_EQ(Refusal(one, {"--encryption", "cenc"}),
            "usher: --cpix: its key " + std::string(kFirst) +
                " is for cbcs; say --encryption cbcs\n");
  EXPECT_NE(Refusal(one, {"--encryption", "cbcs,cenc"}).find("one scheme"),
            std::string::npos);
  EXPECT_NE(Refusal(one, {"--encryption", "none"}).find("uses no key"),
            std::string::npos);
  EXPECT_NE(Refusal(one, {"--encryption", "cbcs", "--key",
                          std::string(kFirst) + ":" + kKey})
                .find("so does --key"),
            std::string::npos);
  EXPECT_NE(Refusal(Document(Key(kFirst, kKey), "",
                             "<DRMSystemList><DRMSystem kid=\"" +
                                 std::string(kFirst) +
                                 "\" systemId=\"9a04f079-9840-4286-ab92-"
                                 "e65be0885f95\"><PSSH>" +
                                 FromHexToBase64(Pssh(kFirst).c_str()) +
                                 "</PSSH></DRMSystem></DRMSystemList>"),
                    {"--encryption", "cbcs"})
                .find("is no pssh box of that system"),
            std::string::npos);
}

Track Pictures(uint32_t width, uint32_t height, uint32_t rate) {
  Track track;
  track.kind = TrackKind::kVideo;
  track.name = "v";
  track.width = width;
  track.height = height;
  track.frame_rate_num = rate;
  track.frame_rate_den = 1;
  return track;
}

Track Sound(uint32_t channels) {
  Track track;
  track.kind = TrackKind::kAudio;
  track.name = "a";
  track.channels = channels;
  return track;
}

// Whether the first of two keys is for the track, by one rule.
bool IsFor(const std::string& filters, const std::string& type,
           const Track& track) {
  auto document = playlist::ReadCpix(
      SecretBytes(AsBytes(TwoKeys(Rule(kFirst, filters, type)))));
  return document && CpixKidsFor(track, *document).has_value();
}

TEST(CpixRules, BoundPixelsInclusivelyAndRatesFromAbove) {
  const std::string pixels =
      "<VideoFilter minPixels=\"100\" maxPixels=\"200\"/>";
  EXPECT_FALSE(IsFor(pixels, "", Pictures(11, 9, 25)));
  EXPECT_TRUE(IsFor(pixels, "", Pictures(10, 10, 25)));
  EXPECT_TRUE(IsFor(pixels, "", Pictures(20, 10, 25)));
  EXPECT_FALSE(IsFor(pixels, "", Pictures(67, 3, 25)));
  const std::string rates = "<VideoFilter minFps=\"25\" maxFps=\"50\"/>";
  EXPECT_FALSE(IsFor(rates, "", Pictures(10, 10, 25)));
  EXPECT_TRUE(IsFor(rates, "", Pictures(10, 10, 50)));
  EXPECT_FALSE(IsFor(rates, "", Pictures(10, 10, 60)));
}

TEST(CpixRules, MatchOneFilterOfTheTracksKind) {
  const std::string both =
      "<VideoFilter maxPixels=\"1\"/><VideoFilter minPixels=\"100\"/>"
      "<AudioFilter minChannels=\"3\"/>";
  EXPECT_TRUE(IsFor(both, "", Pictures(10, 10, 25)));
  EXPECT_FALSE(IsFor(both, "", Pictures(9, 10, 25)));
  EXPECT_TRUE(IsFor(both, "", Sound(6)));
  EXPECT_FALSE(IsFor(both, "", Sound(2)));
  EXPECT_FALSE(IsFor("<AudioFilter/>", "", Pictures(10, 10, 25)));
  EXPECT_TRUE(IsFor("<LabelFilter label=\"a\"/>", "", Sound(2)));
  EXPECT_FALSE(IsFor("<LabelFilter label=\"b\"/>", "", Sound(2)));
}

TEST(CpixRules, GoByTrackTypeWhereThereIsNoFilter) {
  EXPECT_TRUE(IsFor("", "SD", Pictures(720, 576, 25)));
  EXPECT_FALSE(IsFor("", "sd", Pictures(1280, 720, 25)));
  EXPECT_TRUE(IsFor("", "hd", Pictures(1920, 1080, 25)));
  EXPECT_TRUE(IsFor("", "UHD", Pictures(3840, 2160, 25)));
  EXPECT_TRUE(IsFor("", "AUDIO", Sound(2)));
  EXPECT_FALSE(IsFor("", "VIDEO", Sound(2)));
  EXPECT_TRUE(IsFor("", "ALL", Sound(2)));
  EXPECT_FALSE(IsFor("", "STEREO", Sound(2)));
}

}  // namespace
}  // namespace usher::testing

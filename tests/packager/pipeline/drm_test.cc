// What DRM systems are told in the files they look into.
#include <gtest/gtest.h>

#include "core/base/base64url.h"
#include "core/base/hex.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/box_reader.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

using Strings = std::vector<std::string>;

constexpr char kWidevine[] = "edef8ba979d64acea3c827dcd51d21ed";
constexpr char kPlayReady[] = "9a04f07998404286ab92e65be0885f95";
constexpr char kCommon[] = "1077efecc0b24d02ace33c1e52e2fb4b";

PackagedFilm Package(Strings flags) {
  flags.emplace_back("--verify");
  return PackagedFilm({TestMedia("film.mp4")}, flags);
}

// The pssh boxes of an init segment in base64, by system.
std::map<std::string, std::string> PsshIn(const std::filesystem::path& init) {
  const std::string file = ReadFile(init);
  const Box boxes = ReadBoxes(AsBytes(file));
  std::map<std::string, std::string> found;
  for (const Box& box : boxes.At("moov").children) {
    if (box.type != "pssh") continue;
    const ByteView whole(box.payload.data() - 8, box.payload.size() + 8);
    found[ToHex(box.payload.subspan(4, 16))] = ToBase64(whole);
  }
  return found;
}

size_t Count(const std::string& text, const std::string& word) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(word, at)) != text.npos; ++at) ++count;
  return count;
}

TEST(Drm, IsToldTheSameInInitSegmentMpdAndHls) {
  const PackagedFilm film =
      Package({"--encryption", "cbcs", "--drm", "widevine,playready,fairplay",
               "--drm-content-id", "film", "--drm-licence-url",
               "widevine=https://licences.example/wv?a=1&b=2"});
  auto pssh = PsshIn(film.directory() / "v180" / "init.mp4");
  EXPECT_EQ(pssh.size(), 3U);
  EXPECT_TRUE(pssh.contains(kCommon));
  const std::string mpd = ReadFile(film.directory() / "manifest-drm.mpd");
  EXPECT_EQ(Count(mpd, "<cenc:pssh>" + pssh[kWidevine] + "</cenc:pssh>"), 2U);
  EXPECT_EQ(Count(mpd, "<cenc:pssh>" + pssh[kPlayReady] + "</cenc:pssh>"), 2U);
  EXPECT_EQ(Count(mpd, "<mspr:pro>"), 2U);
  EXPECT_NE(mpd.find(">https://licences.example/wv?a=1&amp;b=2</dashif:Laurl>"),
            mpd.npos);
  const std::string kid = film.Kids().at(0);
  for (const char* file : {"v180/media-drm.m3u8", "a-und/media-drm.m3u8",
                           "v180/iframes-drm.m3u8", "master-drm.m3u8"}) {
    const std::string list = ReadFile(film.directory() / file);
    EXPECT_EQ(Count(list, "METHOD=SAMPLE-AES,"), 3U) << list;
    EXPECT_NE(
        list.find("plain;base64," + pssh[kWidevine] + "\",KEYID=0x" + kid +
                  ",KEYFORMAT=\"urn:uuid:edef8ba9-79d6-4ace-a3c8-"
                  "27dcd51d21ed\",KEYFORMATVERSIONS=\"1\""),
        list.npos)
        << list;
    EXPECT_NE(list.find("URI=\"skd://" + kid +
                        "\",KEYFORMAT=\"com.apple.streamingkeydelivery\""),
              list.npos)
        << list;
    EXPECT_EQ(list.find("identity"), list.npos);
  }
}

// They keep what is known to play: neither key format there bears another.
TEST(Drm, ChangesNothingForPlayersWithoutIt) {
  const Strings key = {"--encryption",
                       "cenc",
                       "--key",
                       "000102030405060708090a0b0c0d0e0f:"
                       "101112131415161718191a1b1c1d1e1f",
                       "--salt",
                       "202122232425262728292a2b2c2d2e2f"};
  Strings drm = key;
  drm.insert(drm.end(), {"--drm", "widevine,playready"});
  const PackagedFilm without = Package(key);
  const PackagedFilm with = Package(drm);
  for (const char* file :
       {"master.m3u8", "master-clearkey.m3u8", "manifest.mpd",
        "v180/media.m3u8", "v180/media-clearkey.m3u8", "v180/1.m4s"}) {
    EXPECT_EQ(ReadFile(without.directory() / file),
              ReadFile(with.directory() / file))
        << file;
  }
  EXPECT_FALSE(exists(without.directory() / "master-drm.m3u8"));
  EXPECT_FALSE(exists(without.directory() / "manifest-drm.mpd"));
}

TEST(Drm, OfFairPlayAloneNeedsNoMpd) {
  const PackagedFilm film =
      Package({"--encryption", "cbcs,cenc", "--drm", "fairplay",
               "--fairplay-uri", "skd://licences.example/{kid}?film=1"});
  const auto& root = film.directory();
  EXPECT_TRUE(exists(root / "master-drm.m3u8"));
  EXPECT_FALSE(exists(root / "manifest-drm.mpd"));
  EXPECT_FALSE(exists(root / "cenc" / "master-drm.m3u8"));
  const std::string master = ReadFile(root / "master-drm.m3u8");
  EXPECT_NE(master.find("URI=\"skd://licences.example/"), master.npos);
  EXPECT_NE(master.find("?film=1\""), master.npos);
  EXPECT_EQ(PsshIn(root / "v180" / "init.mp4").size(), 1U);
}

TEST(Drm, LearnsEachKeyOfAFilmOfSeveral) {
  const PackagedFilm film =
      Package({"--encryption", "cbcs", "--drm", "widevine,fairplay",
               "--key-rotation", "4", "--key-per-track", "--clear-lead", "2"});
  const Strings kids = film.Kids();
  ASSERT_EQ(kids.size(), 4U);
  const std::string master = ReadFile(film.directory() / "master-drm.m3u8");
  const std::string video =
      ReadFile(film.directory() / "v180" / "media-drm.m3u8");
  size_t in_video = 0;
  for (const std::string& kid : kids) {
    EXPECT_EQ(Count(master, "KEYID=0x" + kid), 1U);
    in_video += Count(video, "KEYID=0x" + kid);
  }
  EXPECT_EQ(in_video, 2U);
  // The second period's init segment tells of its own key.
  EXPECT_NE(PsshIn(film.directory() / "v180" / "init-2.mp4")[kWidevine],
            PsshIn(film.directory() / "v180" / "init-3.mp4")[kWidevine]);
}

TEST(Drm, GoesFromOneRevisionToTheNextOnlyWhereItIsAskedFor) {
  const PackagedFilm film = Package(
      {"--encryption", "cbcs", "--drm", "widevine", "--segment-duration", "4"});
  Strings again = film.command();
  again.emplace_back("--force");
  std::erase(again, "--drm");
  std::erase(again, "widevine");
  const auto outcome = RunUsher(again);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_FALSE(exists(film.directory() / "master-drm.m3u8"));
  EXPECT_FALSE(exists(film.directory() / "manifest-drm.mpd"));
}

}  // namespace
}  // namespace usher::testing

// Sprite sheets, as FFmpeg decodes them.
#include <gtest/gtest.h>

#include "packager/input/thumbnail_source.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/run_process.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

struct Tile {
  uint32_t width, height, sar_num, sar_den;
  TileSize size;
};

TEST(Thumbnails, HaveTheShapeOfThePictureAsItIsShown) {
  const Tile tiles[] = {
      {1920, 1080, 1, 1, {192, 108}}, {320, 180, 1, 1, {192, 108}},
      {720, 576, 16, 15, {192, 144}}, {1080, 1920, 1, 1, {108, 192}},
      {640, 640, 0, 0, {192, 192}},   {65535, 1, 1, 1, {192, 16}},
      {1, 65535, 1, 1, {16, 192}},    {0, 0, 1, 0, {192, 192}},
  };
  for (const Tile& tile : tiles) {
    const TileSize size =
        TileSizeFor(tile.width, tile.height, tile.sar_num, tile.sar_den);
    EXPECT_EQ(size.width, tile.size.width) << tile.width;
    EXPECT_EQ(size.height, tile.size.height) << tile.width;
  }
}

// The brightness in the middle of each tile, 0 to 255, row by row.
std::vector<int> Brightness(const fs::path& sheet, size_t tile_width,
                            size_t tile_height) {
  const ProcessResult decoded =
      RunProcess({"ffmpeg", "-v", "error", "-i", sheet, "-f", "rawvideo",
                  "-pix_fmt", "gray", "-"});
  EXPECT_EQ(decoded.exit_code, 0) << decoded.err;
  EXPECT_EQ(decoded.out.size(), 25 * tile_width * tile_height);
  std::vector<int> all;
  for (size_t row = 0; row < 5; ++row) {
    for (size_t column = 0; column < 5; ++column) {
      const size_t y = row * tile_height + tile_height / 2;
      const size_t x = column * tile_width + tile_width / 2;
      all.push_back(
          static_cast<unsigned char>(decoded.out.at(y * 5 * tile_width + x)));
    }
  }
  return all;
}

// Grows brighter by a step a second, with a key frame each.
fs::path StairFilm(const fs::path& directory) {
  fs::path film = directory / "stairs.mp4";
  const ProcessResult made = RunProcess(
      {"ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i",
       "color=black:s=320x180:r=25:d=6,format=gray,geq=lum='20+40*floor(T)'",
       "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt",
       "yuv420p", film});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  return film;
}

TEST(Thumbnails, ShowTheKeyFrameAtTheirTime) {
  const TempDir directory;
  const PackagedFilm film(
      {StairFilm(directory.path())},
      {"--encryption", "none", "--quiet", "--verify", "--thumbnails", "0.5s"});
  const auto tiles =
      Brightness(film.directory() / "thumbnails/1.jpg", 192, 108);
  for (size_t i = 0; i < 12; ++i) {
    EXPECT_NEAR(tiles[i], 20 + 40 * static_cast<int>(i / 2), 4) << i;
  }
  for (size_t i = 12; i < 25; ++i) EXPECT_LT(tiles[i], 4) << i;
}

TEST(Thumbnails, AreNamedInHlsAndDash) {
  const PackagedFilm film(
      {TestMedia("film.mp4")},
      {"--encryption", "none", "--quiet", "--verify", "--thumbnails", "0.2s"});
  EXPECT_EQ(ReadFile(film.directory() / "thumbnails/images.m3u8"),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:5\n"
            "#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-PLAYLIST-TYPE:VOD\n"
            "#EXT-X-IMAGES-ONLY\n#EXTINF:5.000,\n"
            "#EXT-X-TILES:RESOLUTION=192x108,LAYOUT=5x5,DURATION=0.200\n"
            "1.jpg\n#EXTINF:3.000,\n"
            "#EXT-X-TILES:RESOLUTION=192x108,LAYOUT=5x5,DURATION=0.200\n"
            "2.jpg\n#EXT-X-ENDLIST\n");
  const std::string master = ReadFile(film.directory() / "master.m3u8");
  EXPECT_NE(master.find("RESOLUTION=192x108,CODECS=\"jpeg\","
                        "URI=\"thumbnails/images.m3u8\""),
            std::string::npos)
      << master;
  const std::string mpd = ReadFile(film.directory() / "manifest.mpd");
  for (const char* part :
       {"contentType=\"image\" mimeType=\"image/jpeg\">",
        "width=\"960\" height=\"540\">",
        "schemeIdUri=\"http://dashif.org/guidelines/thumbnail_tile\" "
        "value=\"5x5\"/>",
        "<SegmentTemplate timescale=\"1000\" duration=\"5000\" "
        "startNumber=\"1\" media=\"thumbnails/$Number$.jpg\"/>"}) {
    EXPECT_NE(mpd.find(part), std::string::npos) << part << "\n" << mpd;
  }
}

TEST(Thumbnails, AreDrawnFromEveryContainer) {
  for (const char* name : {"film.ts", "film.mkv", "film.flv", "hevc.mp4"}) {
    const PackagedFilm film(
        {TestMedia(name)},
        {"--encryption", "none", "--quiet", "--verify", "--thumbnails", "1s"});
    const auto tiles =
        Brightness(film.directory() / "thumbnails/1.jpg", 192, 108);
    EXPECT_GT(tiles[7], 4) << name;
    EXPECT_LT(tiles[24], 4) << name;
  }
}

TEST(Thumbnails, AreClearSoTheyStandBesideEncryptionOnlyIfAskedFor) {
  const TempDir directory;
  const Outcome refused =
      RunUsher({"package", TestMedia("film.mp4"), "-o", directory / "out",
                "--key-store", directory / "keys", "--thumbnails", "1s"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("add --clear-thumbnails"), std::string::npos);
  const PackagedFilm film(
      {TestMedia("film.mp4")},
      {"--encryption", "cbcs,aes-128", "--quiet", "--verify", "--thumbnails",
       "1s", "--clear-thumbnails"});
  EXPECT_TRUE(fs::exists(film.directory() / "thumbnails/1.jpg"));
  EXPECT_TRUE(fs::exists(film.directory() / "aes-128/thumbnails/1.jpg"));
}

TEST(Thumbnails, OfSoundAloneAreRefused) {
  const TempDir directory;
  const Outcome refused =
      RunUsher({"package", TestMedia("sound.m4a"), "-o", directory / "out",
                "--encryption", "none", "--thumbnails", "1s"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("there are no pictures"), std::string::npos);
}

}  // namespace
}  // namespace usher::testing

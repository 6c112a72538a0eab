// What players are told of pictures besides their size: which way up, the shape
// of a pixel, colours and light. FFmpeg reads it from what we wrote, as from
// the film; manifests say the same, and `usher inspect` agrees.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/packager/cli/run_usher.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/box_editor.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// The first video stream as FFmpeg describes it.
json Probe(const fs::path& file) {
  const ProcessResult probed =
      RunProcess({"ffprobe", "-v", "error", "-select_streams", "v:0",
                  "-show_streams", "-of", "json", file});
  EXPECT_EQ(probed.exit_code, 0) << probed.err;
  return json::parse(probed.out)["streams"][0];
}

fs::path Made(const fs::path& file, std::vector<std::string> arguments) {
  std::vector<std::string> command = {"ffmpeg", "-nostdin", "-v", "error"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.push_back(file);
  const ProcessResult made = RunProcess(command);
  EXPECT_EQ(made.exit_code, 0) << made.err;
  return file;
}

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string Master(const PackagedFilm& film) {
  return ReadFile(film.directory() / "master.m3u8");
}

std::string Mpd(const PackagedFilm& film) {
  return ReadFile(film.directory() / "manifest.mpd");
}

void ExpectNothingWrong(const PackagedFilm& film) {
  const Outcome judged = RunUsher({"inspect", film.directory()});
  EXPECT_EQ(judged.exit_code, 0) << judged.out << judged.err;
}

class Rotation : public ::testing::TestWithParam<int> {};

TEST_P(Rotation, IsKeptAndManifestsTellThePictureAsShown) {
  const TempDir directory;
  const int degrees = GetParam();
  const fs::path turned =
      Made(directory / "turned.mp4",
           {"-i", TestMedia("film.mp4"), "-c", "copy", "-metadata:s:v:0",
            "rotate=" + std::to_string(degrees)});
  const PackagedFilm film({turned}, {"--encryption", "none"});
  const auto rotation_of = [](const fs::path& file) {
    return Probe(file)["side_data_list"][0]["rotation"].get<int>();
  };
  EXPECT_EQ(rotation_of(film.Joined("v180")), rotation_of(turned));
  const bool sideways = degrees != 180;
  EXPECT_TRUE(Has(Master(film),
                  sideways ? "RESOLUTION=180x320" : "RESOLUTION=320x180"));
  EXPECT_TRUE(Has(Mpd(film), sideways ? R"(width="180" height="320")"
                                      : R"(width="320" height="180")"));
  ExpectNothingWrong(film);
}

INSTANTIATE_TEST_SUITE_P(, Rotation, ::testing::Values(90, 180, 270));

TEST(PictureSignals, TransportStreamsCannotTellARotation) {
  const TempDir directory;
  const Outcome made =
      RunUsher({"package", TestMedia("rotated.mp4"), "-o", directory / "out",
                "--container", "ts", "--encryption", "none"});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_TRUE(Has(made.err, "by 270 degrees")) << made.err;
}

TEST(PictureSignals, ThumbnailsOfATurnedFilmAreUpright) {
  const PackagedFilm film({TestMedia("rotated.mp4")},
                          {"--encryption", "none", "--thumbnails", "2s"});
  const fs::path sheet = film.directory() / "thumbnails" / "1.jpg";
  const json picture = Probe(sheet);
  EXPECT_EQ(picture["width"], 5 * 108);
  EXPECT_EQ(picture["height"], 5 * 192);
  // Its first tile is what FFmpeg shows of the film: nearly every pixel.
  const TempDir directory;
  const auto grey = [&](const fs::path& from, const std::string& filter) {
    return ReadFile(Made(directory / (from.stem().string() + ".gray"),
                         {"-i", from, "-vf", filter, "-frames:v", "1",
                          "-pix_fmt", "gray", "-f", "rawvideo"}));
  };
  const std::string ours = grey(sheet, "crop=108:192:0:0");
  const std::string wanted = grey(TestMedia("rotated.mp4"), "scale=108:192");
  ASSERT_EQ(ours.size(), wanted.size());
  double difference = 0;
  for (size_t i = 0; i < ours.size(); ++i) {
    difference += std::abs(static_cast<unsigned char>(ours[i]) -
                           static_cast<unsigned char>(wanted[i]));
  }
  EXPECT_LT(difference / static_cast<double>(ours.size()), 16);
}

TEST(PictureSignals, PixelsThatAreNotSquare) {
  const TempDir directory;
  const fs::path wide =
      Made(directory / "wide.mp4",
           {"-i", TestMedia("film.mp4"), "-vf", "setsar=4/3", "-preset",
            "ultrafast", "-g", "50", "-c:a", "copy"});
  const PackagedFilm film({wide}, {"--encryption", "none"});
  EXPECT_EQ(Probe(film.Joined("v180"))["sample_aspect_ratio"], "4:3");
  EXPECT_TRUE(Has(Master(film), "RESOLUTION=427x180")) << Master(film);
  EXPECT_TRUE(Has(Mpd(film), R"(width="320" height="180")"));
  EXPECT_TRUE(Has(Mpd(film), R"(sar="4:3")"));
  ExpectNothingWrong(film);
}

// Two seconds of HEVC of 10 bits, in the colours that `transfer` comes with.
fs::path DeepFilm(const TempDir& directory, const std::string& transfer) {
  return Made(directory / (transfer + ".mp4"),
              {"-f",
               "lavfi",
               "-i",
               "testsrc2=s=320x180:r=25:d=2",
               "-c:v",
               "libx265",
               "-preset",
               "ultrafast",
               "-x265-params",
               "log-level=error:open-gop=0:keyint=50",
               "-pix_fmt",
               "yuv420p10le",
               "-tag:v",
               "hvc1",
               "-color_primaries",
               "bt2020",
               "-colorspace",
               "bt2020nc",
               "-color_trc",
               transfer});
}

struct Range {
  const char* transfer;
  const char* video_range;
  const char* property;
};

class VideoRange : public ::testing::TestWithParam<Range> {};

TEST_P(VideoRange, IsToldByBothManifestsAndTheInitSegment) {
  const TempDir directory;
  const Range& range = GetParam();
  for (const char* encryption : {"none", "cbcs"}) {
    const PackagedFilm film({DeepFilm(directory, range.transfer)},
                            {"--encryption", encryption});
    const json stream = Probe(film.Joined("v180"));
    EXPECT_EQ(stream["color_transfer"], range.transfer);
    EXPECT_EQ(stream["color_primaries"], "bt2020");
    EXPECT_EQ(stream["color_space"], "bt2020nc");
    const std::string told =
        std::string("VIDEO-RANGE=") + range.video_range + ",CLOSED";
    EXPECT_TRUE(Has(Master(film), told)) << Master(film);
    EXPECT_TRUE(Has(Mpd(film), range.property)) << Mpd(film);
    ExpectNothingWrong(film);
    fs::remove(directory / (std::string(range.transfer) + ".mp4"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    , VideoRange,
    ::testing::Values(
        Range{
            "smpte2084", "PQ",
            R"(<EssentialProperty schemeIdUri="urn:mpeg:mpegB:cicp:TransferCharacteristics" value="16")"},
        Range{
            "arib-std-b67", "HLG",
            R"(<SupplementalProperty schemeIdUri="urn:mpeg:mpegB:cicp:TransferCharacteristics" value="18")"},
        Range{
            "bt709", "SDR",
            R"(<SupplementalProperty schemeIdUri="urn:mpeg:mpegB:cicp:TransferCharacteristics" value="1")"}));

// MPEG-TS says nothing of colours: the bitstream does, in VUI, or, where that
// names what older players can show, in SEI (ITU-T H.265 D.3.38).
TEST(PictureSignals, ColoursOfTheBitstreamCountWhereTheContainerHasNone) {
  const TempDir directory;
  for (const auto& [name, signal, range] :
       {std::array{"pq", "transfer=smpte2084", "PQ"},
        std::array{"hlg", "transfer=arib-std-b67", "HLG"},
        std::array{"sei", "transfer=bt2020-10:atc-sei=18", "HLG"}}) {
    const fs::path stream = Made(
        directory / (std::string(name) + ".ts"),
        {"-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2", "-c:v", "libx265",
         "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-x265-params",
         std::string("log-level=none:keyint=50:open-gop=0:repeat-headers=1:"
                     "colorprim=bt2020:colormatrix=bt2020nc:") +
             signal});
    const PackagedFilm film({stream}, {"--encryption", "none"});
    EXPECT_TRUE(
        Has(Master(film), std::string("VIDEO-RANGE=") + range + ",CLOSED"))
        << name << Master(film);
    ExpectNothingWrong(film);
  }
}

TEST(PictureSignals, NothingIsSaidOfColoursNobodyNamed) {
  const PackagedFilm film({TestMedia("film.mp4")}, {"--encryption", "none"});
  EXPECT_FALSE(Has(Master(film), "VIDEO-RANGE"));
  EXPECT_FALSE(Has(Mpd(film), "cicp"));
}

// As an encoder of HDR10 and Dolby Vision 8.4 leaves it: light levels and a
// configuration that FFmpeg's encoders here do not write.
TEST(PictureSignals, LightLevelsAndDolbyVisionAreCarriedOver) {
  using std::string_view_literals::operator""sv;
  const TempDir directory;
  const std::string boxes =
      MakeBox("mdcv",
              "\x21\x34\x9b\xaa\x19\x96\x08\xfc\x8a\x48\x39\x08"
              "\x3d\x13\x40\x42\x00\x98\x96\x80\x00\x00\x00\x32"sv) +
      MakeBox("clli", "\x03\xe8\x01\x90"sv) +
      // Profile 8, level 7, a base layer with RPU, compatible with HLG.
      MakeBox("dvvC",
              std::string("\x01\x00\x10\x3d\x40"sv) + std::string(19, '\0'));
  const fs::path graded = directory / "graded.mp4";
  WriteFile(graded, WithEntryBoxes(
                        ReadFile(DeepFilm(directory, "arib-std-b67")), boxes));
  const PackagedFilm film({graded}, {"--encryption", "cbcs"});
  const json wanted = Probe(graded)["side_data_list"];
  EXPECT_EQ(wanted.size(), 3u) << wanted;
  for (const json& data : wanted) {
    const json ours = Probe(film.Joined("v180"))["side_data_list"];
    EXPECT_NE(std::find(ours.begin(), ours.end(), data), ours.end())
        << data << " is not among " << ours;
  }
  EXPECT_TRUE(Has(Master(film), R"(SUPPLEMENTAL-CODECS="dvh1.08.07/db4h")"))
      << Master(film);
  ExpectNothingWrong(film);
}

}  // namespace
}  // namespace usher::testing

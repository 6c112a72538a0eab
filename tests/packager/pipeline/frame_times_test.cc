// Whatever the rate of its pictures, and wherever its edit lists, its gaps and
// its clock begin: as FFmpeg reads a presentation, every picture and every
// sound is where it reads them in the source.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kSound[] = "a-und";
// Matroska and FLV tell times in milliseconds, the presentation does not.
constexpr double kRounding = 0.0011;

// In seconds, in the order in which they are shown or heard.
std::vector<double> Times(const fs::path& file, char kind) {
  std::vector<double> times;
  for (const PacketFact& packet : Packets(file, kind)) {
    times.push_back(packet.seconds);
  }
  std::ranges::sort(times);
  return times;
}

// `wanted` and `times` against their last ones, or, where they have others in
// front of those, as many as both have.
void ExpectSame(const std::vector<double>& times, double origin,
                const std::vector<double>& wanted, double wanted_origin) {
  ASSERT_FALSE(times.empty());
  const size_t count = std::min(times.size(), wanted.size());
  for (size_t i = 1; i <= count; ++i) {
    ASSERT_NEAR(times[times.size() - i] - origin,
                wanted[wanted.size() - i] - wanted_origin, kRounding)
        << "the " << i << "th from the end";
  }
}

void ExpectInStep(const PackagedFilm& film, const std::string& video,
                  const fs::path& source) {
  const auto pictures = Times(film.Joined(video), 'v');
  const auto wanted = Times(source, 'v');
  ASSERT_FALSE(pictures.empty());
  EXPECT_EQ(pictures.size(), wanted.size());
  ExpectSame(pictures, pictures.back(), wanted, wanted.back());
  const auto sound = Times(film.Joined(kSound), 'a');
  const auto heard = Times(source, 'a');
  EXPECT_EQ(sound.size(), heard.size());
  ExpectSame(sound, pictures.back(), heard, wanted.back());
}

struct Rate {
  std::string name;
  std::string rate;    // as FFmpeg and the MPD write it
  std::string in_hls;  // FRAME-RATE
};

void PrintTo(const Rate& rate, std::ostream* out) { *out << rate.rate; }

// 4 s with B-frames and a key frame about each second.
void MakeFilm(const Rate& rate, const fs::path& film) {
  Ffmpeg({"-f",
          "lavfi",
          "-i",
          "testsrc2=s=160x90:d=4:r=" + rate.rate,
          "-f",
          "lavfi",
          "-i",
          "sine=frequency=440:sample_rate=48000:d=4",
          "-c:v",
          "libx264",
          "-preset",
          "ultrafast",
          "-bf",
          "2",
          "-sc_threshold",
          "0",
          "-pix_fmt",
          "yuv420p",
          "-g",
          rate.name.substr(0, 2),
          "-c:a",
          "aac",
          film});
}

class FrameRates : public ::testing::TestWithParam<Rate> {};

TEST_P(FrameRates, KeepEveryPictureAndSoundAtItsTime) {
  const Rate& rate = GetParam();
  const TempDir directory;
  MakeFilm(rate, directory / "film.mp4");
  for (const char* name : {"film.mp4", "film.mkv", "film.ts", "film.flv"}) {
    SCOPED_TRACE(name);
    const fs::path film = directory / name;
    if (!fs::exists(film)) {
      Ffmpeg({"-i", directory / "film.mp4", "-c", "copy", film});
    }
    const PackagedFilm packaged({film}, {"--encryption", "none"});
    ExpectInStep(packaged, "v90", film);
    const std::string master = ReadFile(packaged.directory() / "master.m3u8");
    EXPECT_NE(master.find("FRAME-RATE=" + rate.in_hls + ","), std::string::npos)
        << master;
    const std::string mpd = ReadFile(packaged.directory() / "manifest.mpd");
    EXPECT_NE(mpd.find("frameRate=\"" + rate.rate + '"'), std::string::npos)
        << mpd;
  }
}

INSTANTIATE_TEST_SUITE_P(, FrameRates,
                         ::testing::Values(Rate{"24", "24000/1001", "23.976"},
                                           Rate{"30", "30000/1001", "29.970"},
                                           Rate{"50", "50", "50.000"},
                                           Rate{"60", "60", "60.000"},
                                           Rate{"60f", "60000/1001", "59.940"}),
                         [](const auto& instance) {
                           return "of" + instance.param.name;
                         });

// Regression: decoding ran ahead by as much as usual pictures last, and FFmpeg
// showed all of them that much late.
TEST(FrameTimes, OfAVariableRateAreKept) {
  const TempDir directory;
  const fs::path film = directory / "film.mp4";
  Ffmpeg({"-i", TestMedia("uneven.mp4"), "-i", TestMedia("sound.m4a"), "-c",
          "copy", "-metadata:s:a:0", "language=und", film});
  for (const char* name : {"film.mp4", "copy.mkv", "copy.ts"}) {
    SCOPED_TRACE(name);
    const fs::path copy = directory / name;
    if (!fs::exists(copy)) Ffmpeg({"-i", film, "-c", "copy", copy});
    ExpectInStep(PackagedFilm({copy}, {"--encryption", "none"}), "v90", copy);
  }
}

// Two seconds of both are missing; nothing moves up.
TEST(FrameTimes, AroundAGapAreKept) {
  const TempDir directory;
  for (const char* name : {"gap.mp4", "gap.mkv", "gap.ts", "gap.flv"}) {
    SCOPED_TRACE(name);
    const fs::path film = directory / name;
    Ffmpeg({"-i", TestMedia("film.mp4"), "-c", "copy", "-bsf:v",
            "noise=drop='gte(n,50)*lt(n,100)'", "-bsf:a",
            "noise=drop='gte(n,94)*lt(n,188)'", film});
    const PackagedFilm packaged({film}, {"--encryption", "none", "--quiet"});
    ExpectInStep(packaged, "v180", film);
    const auto pictures = Times(packaged.Joined("v180"), 'v');
    ASSERT_EQ(pictures.size(), 150U);
    EXPECT_NEAR(pictures[50] - pictures[49], 2.04, kRounding);
  }
}

// Empty edits, edits that cut, priming, offsets below zero, none at all.
TEST(FrameTimes, AreThoseOfTheEditLists) {
  for (const char* name : {"late.mp4", "clipped.mp4", "trimmed.mp4",
                           "noedits.mp4", "negative.mp4", "film.mov"}) {
    SCOPED_TRACE(name);
    const PackagedFilm film({TestMedia(name)},
                            {"--encryption", "none", "--quiet"});
    const auto pictures = Times(film.Joined("v180"), 'v');
    const auto wanted = Times(TestMedia(name), 'v');
    const auto sound = Times(film.Joined(kSound), 'a');
    // What an edit hides is squeezed together in front (docs/packager.md).
    static constexpr ptrdiff_t kHidden = 50;
    const auto shown = [](const std::vector<double>& times) {
      return std::vector(times.begin() + kHidden, times.end());
    };
    ExpectSame(shown(pictures), pictures.back(), shown(wanted), wanted.back());
    ExpectSame(sound, pictures.back(), Times(TestMedia(name), 'a'),
               wanted.back());
  }
}

TEST(FrameTimes, CountFromWhereverTheClockBegins) {
  const TempDir directory;
  for (const char* offset : {"0.3", "7200"}) {
    for (const char* name : {"film.mkv", "film.ts", "film.flv"}) {
      SCOPED_TRACE(std::string(offset) + " " + name);
      const fs::path film = directory / name;
      Ffmpeg({"-i", TestMedia("film.mp4"), "-c", "copy", "-output_ts_offset",
              offset, "-avoid_negative_ts", "disabled", film});
      ExpectInStep(PackagedFilm({film}, {"--encryption", "none"}), "v180",
                   film);
    }
  }
}

}  // namespace
}  // namespace usher::testing

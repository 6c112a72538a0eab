// What a film's captions make of its multivariant playlist.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "packager/track/nal_units.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

struct Coding {
  std::string encoder;
  std::string format;  // of its byte stream
  Bytes caption;       // a NAL unit of SEI with cc_data
};

Bytes CaptionUnit(Bytes header) {
  constexpr uint8_t kMessage[] = {0x04, 0x0e, 0xb5, 0x00, 0x31, 'G',
                                  'A',  '9',  '4',  0x03, 0x41, 0xff,
                                  0xfc, 0xc8, 0x49, 0xff, 0x80};
  header.insert(header.end(), std::begin(kMessage), std::end(kMessage));
  return header;
}

const Coding kH264 = {"libx264", "h264", CaptionUnit({0x06})};
const Coding kHevc = {"libx265", "hevc", CaptionUnit({0x4e, 0x01})};

class FilmCaptions : public ::testing::TestWithParam<Coding> {
 protected:
  // Two seconds of pictures of one slice each; `captions` in front of all.
  std::string MakeFilm(const std::string& name, bool captions) {
    const Coding& coding = GetParam();
    const std::string raw = directory_ / (name + ".raw");
    std::vector<std::string> command = {
        "-f",   "lavfi",        "-i",      "testsrc2=s=320x180:r=25:d=2",
        "-c:v", coding.encoder, "-preset", "ultrafast",
        "-g",   "25",           "-bf",     "0"};
    if (coding.format == "hevc") {
      command.insert(command.end(),
                     {"-x265-params", "log-level=none:open-gop=0:bframes=0"});
    }
    command.insert(command.end(), {"-f", coding.format, raw});
    Ffmpeg(command);
    if (captions) WriteFile(raw, WithCaptions(ReadFile(raw)));
    std::string film = directory_ / (name + ".mp4");
    Ffmpeg({"-f", coding.format, "-r", "25", "-i", raw, "-c", "copy", film});
    return film;
  }

  static std::string WithCaptions(const std::string& raw) {
    const std::string start_code("\0\0\0\1", 4);
    std::string told;
    NalUnits units = NalUnits::AnnexB(AsBytes(raw));
    while (const auto unit = units.Next()) {
      if (IsPicture(*unit)) {
        told += start_code + std::string(AsText(GetParam().caption));
      }
      told += start_code + std::string(AsText(*unit));
    }
    return told;
  }

  static bool IsPicture(ByteView unit) {
    if (GetParam().format == "hevc") {
      return HevcNalTypeOf(unit) < HevcNalType::kVideoParameterSet;
    }
    return NalTypeOf(unit) == NalType::kSlice ||
           NalTypeOf(unit) == NalType::kIdrSlice;
  }

  std::string Master(const std::vector<std::string>& films,
                     const std::string& scheme) {
    std::vector<std::string> command = {"package"};
    command.insert(command.end(), films.begin(), films.end());
    command.insert(command.end(),
                   {"-o", directory_ / "out", "--event", "film", "--key-store",
                    directory_ / "keys", "--force", "--encryption", scheme});
    const Outcome outcome = RunUsher(command);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return ReadFile(directory_ / "out" / "film" / "master.m3u8");
  }

  TempDir directory_;
};

bool SaysNone(const std::string& master) {
  return master.find("CLOSED-CAPTIONS=NONE") != std::string::npos;
}

// FFmpeg is asked which film has captions, too.
TEST_P(FilmCaptions, AreDeniedOnlyWhereThereAreNone) {
  const std::string silent = MakeFilm("silent", false);
  const std::string told = MakeFilm("told", true);
  const auto probed = [](const std::string& film) {
    const std::string frames =
        RunProcess({"ffprobe", "-v", "error", "-show_frames", film}).out;
    EXPECT_NE(frames.find("pict_type=I"), std::string::npos) << frames;
    return frames.find("ATSC A53 Part 4 Closed Captions") != std::string::npos;
  };
  EXPECT_FALSE(probed(silent));
  EXPECT_TRUE(probed(told));
  for (const std::string scheme : {"none", "aes-128", "cbcs"}) {
    EXPECT_TRUE(SaysNone(Master({silent}, scheme))) << scheme;
    EXPECT_FALSE(SaysNone(Master({told}, scheme))) << scheme;
  }
}

INSTANTIATE_TEST_SUITE_P(, FilmCaptions, ::testing::Values(kH264, kHevc),
                         [](const auto& each) { return each.param.format; });

}  // namespace
}  // namespace usher::testing

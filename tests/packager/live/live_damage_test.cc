// MPEG-TS of which packets are destroyed, by `usher live`, as a decoder sees it
// that conceals nothing: Chromium's is such a one, and the first picture it
// cannot decode is the end there.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <random>
#include <string>
#include <tuple>

#include "core/playlist/hls_reader.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPacket = 188;
constexpr size_t kHeader = 4;

std::string RandomBytes(size_t size, std::mt19937& random) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

struct Damage {
  const char* name;
  // What comes in a packet's place.
  std::string (*make)(const std::string& packet, std::mt19937& random);
};

const Damage kDamages[] = {
    {"Dropped",
     [](const std::string&, std::mt19937&) { return std::string(); }},
    {"Overwritten",
     [](const std::string& packet, std::mt19937& random) {
       return packet.substr(0, kHeader) +
              RandomBytes(kPacket - kHeader, random);
     }},
    {"Zeroed",
     [](const std::string& packet, std::mt19937&) {
       return packet.substr(0, kHeader) + std::string(kPacket - kHeader, '\0');
     }},
    {"OutOfSync",
     [](const std::string&, std::mt19937& random) {
       return RandomBytes(1 + random() % (kPacket - 1), random);
     }},
    {"HeaderFlipped",
     [](const std::string& packet, std::mt19937& random) {
       std::string flipped = packet;
       flipped[1 + random() % 3] ^= static_cast<char>(1U << random() % 8);
       return flipped;
     }},
    {"Flipped",
     [](const std::string& packet, std::mt19937& random) {
       std::string flipped = packet;
       for (int i = 0; i < 8; ++i) {
         flipped[random() % kPacket] ^= static_cast<char>(1U << random() % 8);
       }
       return flipped;
     }},
};

// One of a hundred packets, but for the first ones: an event begins whole.
std::string Damaged(const std::string& stream, const Damage& damage,
                    unsigned seed) {
  constexpr size_t kWhole = 100 * kPacket;
  std::mt19937 random(seed);
  std::string damaged = stream.substr(0, kWhole);
  for (size_t at = kWhole; at < stream.size(); at += kPacket) {
    std::string packet = stream.substr(at, kPacket);
    damaged += random() % 100 == 0 ? damage.make(packet, random) : packet;
  }
  return damaged;
}

class LiveDamageTest
    : public ::testing::TestWithParam<std::tuple<Damage, unsigned>> {
 protected:
  void MakeInput() {
    const auto made = RunProcess({"ffmpeg",
                                  "-v",
                                  "error",
                                  "-stream_loop",
                                  "2",
                                  "-i",
                                  TestMedia("film.mp4"),
                                  "-c:a",
                                  "copy",
                                  "-c:v",
                                  "libx264",
                                  "-preset",
                                  "ultrafast",
                                  "-bf",
                                  "2",
                                  "-g",
                                  "25",
                                  "-b:v",
                                  "1200k",
                                  "-f",
                                  "mpegts",
                                  directory_.path() / "whole.ts"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    const auto& [damage, seed] = GetParam();
    WriteFile(input(),
              Damaged(ReadFile(directory_.path() / "whole.ts"), damage, seed));
  }
  fs::path input() const { return directory_.path() / "damaged.ts"; }
  fs::path event() const { return directory_.path() / "out" / "fight"; }

  void ExpectPlays(const std::string& kind) const {
    const auto result = RunProcess({"ffmpeg", "-v", "error", "-xerror", "-i",
                                    event() / "master.m3u8", "-map",
                                    "0:" + kind, "-f", "null", "-"});
    EXPECT_EQ(result.exit_code, 0) << kind << ": " << result.err;
  }
  // Every picture, by itself: FFmpeg's HLS reader would not be that strict.
  void ExpectStrictlyDecodable() const {
    std::string movie = ReadFile(event() / "v180/init.mp4");
    for (const auto& segment : Media("v180").segments) {
      movie += ReadFile(event() / "v180" / segment.uri);
    }
    const fs::path file = directory_.path() / "pictures.mp4";
    WriteFile(file, movie);
    const auto result =
        RunProcess({"ffmpeg", "-v", "error", "-xerror", "-threads", "1",
                    "-err_detect:v", "explode", "-i", file, "-f", "null", "-"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
  playlist::ReadMediaPlaylist Media(const std::string& track) const {
    return playlist::ReadHls(ReadFile(event() / track / "media.m3u8")).media;
  }

  TempDir directory_;
};

TEST_P(LiveDamageTest, LeavesNothingThatADecoderStopsAt) {
  MakeInput();
  const auto result = RunProcess(
      {USHER_BINARY, "live", input(), "--event", "fight", "-o",
       directory_.path() / "out", "--key-store", directory_.path() / "keys",
       "--encryption", "none", "--window", "all", "--segment-duration", "1"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(result.err.contains("damaged")) << result.err;
  ExpectStrictlyDecodable();
  ExpectPlays("v");
  ExpectPlays("a");
  for (const char* track : {"v180", "a-und"}) {
    const auto media = Media(track);
    double seconds = 0;
    for (const auto& segment : media.segments) {
      EXPECT_EQ(segment.discontinuities, 0U) << track;
      EXPECT_FALSE(segment.gap) << track << segment.uri;
      seconds += segment.duration;
    }
    EXPECT_NEAR(seconds, 24, 1) << track;
  }
  for (const char* list : {"master.m3u8", "manifest.mpd"}) {
    const Outcome outcome = RunUsher({"inspect", event() / list});
    EXPECT_EQ(outcome.exit_code, 0) << list << outcome.out << outcome.err;
  }
}

INSTANTIATE_TEST_SUITE_P(OneOfAHundredPackets, LiveDamageTest,
                         ::testing::Combine(::testing::ValuesIn(kDamages),
                                            ::testing::Values(1U, 2U, 3U)),
                         [](const auto& each) {
                           return std::string(std::get<0>(each.param).name) +
                                  std::to_string(std::get<1>(each.param));
                         });

}  // namespace
}  // namespace usher::testing

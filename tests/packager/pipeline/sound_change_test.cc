// Sound that goes on in another format: no decoder follows, so it is refused.
// Else it would be heard too slow, or not at all, without a word.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/packager/pipeline/joined_mp4.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kOtherRate = {"-ar", "44100"};
const std::vector<std::string> kOtherChannels = {"-ac", "1"};

// film.mp4 with its sound encoded as `sound` says.
fs::path FilmWith(std::vector<std::string> sound, const fs::path& file) {
  std::vector<std::string> arguments = {"-i", TestMedia("film.mp4")};
  if (file.extension() == ".aac" || file.extension() == ".m4a") {
    arguments.emplace_back("-vn");
  }
  arguments.insert(arguments.end(), {"-c:v", "copy", "-c:a", "aac"});
  arguments.insert(arguments.end(), sound.begin(), sound.end());
  arguments.push_back(file);
  Ffmpeg(arguments);
  return file;
}

void ExpectChangeRefused(const fs::path& film) {
  SCOPED_TRACE(film);
  ExpectRefused(film, {},
                {"sound: changes its sample rate or channels at ", " s; ",
                 "ffmpeg -i IN -c:v copy -c:a aac OUT.mp4"});
}

TEST(SoundChange, BehindAdtsHeadersIsRefused) {
  const TempDir directory;
  for (const std::string extension : {".ts", ".aac"}) {
    const fs::path first = FilmWith({}, directory / ("first" + extension));
    for (const auto& change : {kOtherRate, kOtherChannels}) {
      const fs::path second =
          FilmWith(change, directory / ("second" + extension));
      const fs::path joined = directory / ("joined" + extension);
      WriteFile(joined, ReadFile(first) + ReadFile(second));
      ExpectChangeRefused(joined);
    }
  }
}

TEST(SoundChange, OfTwoSampleEntriesOfAnMp4IsRefused) {
  const TempDir directory;
  const fs::path first = FilmWith({}, directory / "first.m4a");
  for (const auto& change : {kOtherRate, kOtherChannels}) {
    const fs::path second = FilmWith(change, directory / "second.m4a");
    WriteFile(directory / "two.m4a", JoinMp4({{first}, {second}}));
    ExpectChangeRefused(directory / "two.m4a");
  }
}

// An FLV tag tells of a new AudioSpecificConfig.
TEST(SoundChange, OfAnFlvIsRefused) {
  constexpr size_t kFlvHeader = 13;
  const TempDir directory;
  const fs::path first = FilmWith({}, directory / "first.flv");
  for (const auto& change : {kOtherRate, kOtherChannels}) {
    const fs::path second = FilmWith(change, directory / "second.flv");
    const fs::path joined = directory / "joined.flv";
    WriteFile(joined, ReadFile(first) + ReadFile(second).substr(kFlvHeader));
    ExpectChangeRefused(joined);
  }
}

TEST(SoundChange, OfAc3IsRefusedWhereItIsTheSampleRate) {
  const TempDir directory;
  const fs::path first = FilmWith({"-c:a", "ac3"}, directory / "first.ts");
  const fs::path second =
      FilmWith({"-c:a", "ac3", "-ar", "44100"}, directory / "second.ts");
  WriteFile(directory / "joined.ts", ReadFile(first) + ReadFile(second));
  ExpectChangeRefused(directory / "joined.ts");
}

// As broadcasts do from one programme to the next: every AC-3 decoder follows.
TEST(SoundChange, OfAc3sChannelsIsNone) {
  const TempDir directory;
  const fs::path first = FilmWith({"-c:a", "ac3"}, directory / "first.ts");
  const fs::path second =
      FilmWith({"-c:a", "ac3", "-ac", "6"}, directory / "second.ts");
  WriteFile(directory / "joined.ts", ReadFile(first) + ReadFile(second));
  const PackagedFilm film({directory / "joined.ts"}, {"--encryption", "none"});
  EXPECT_EQ(Hashes(Packets(film.Joined("a-und"), 'a')).size(),
            Packets(first, 'a').size() + Packets(second, 'a').size());
}

// One frame whose header is damaged is left out; the film goes on.
TEST(SoundChange, OfOneFrameIsDamage) {
  const TempDir directory;
  std::string bytes = ReadFile(TestMedia("film.aac"));
  size_t frame = 0;
  for (int i = 0; i < 100; ++i) {
    frame += (bytes[frame + 3] & 3) << 11 | (bytes[frame + 4] & 0xff) << 3 |
             (bytes[frame + 5] & 0xff) >> 5;
  }
  bytes[frame + 2] ^= 0x04;  // of the sampling frequency
  WriteFile(directory / "damaged.aac", bytes);
  const PackagedFilm film({directory / "damaged.aac"},
                          {"--encryption", "none"});
  auto wanted = Hashes(
      Packets(PackagedFilm({TestMedia("film.aac")}, {"--encryption", "none"})
                  .Joined("a-und"),
              'a'));
  wanted.erase(wanted.begin() + 100);
  EXPECT_EQ(Hashes(Packets(film.Joined("a-und"), 'a')), wanted);
}

}  // namespace
}  // namespace usher::testing

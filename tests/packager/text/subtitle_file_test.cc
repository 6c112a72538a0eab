#include "packager/text/subtitle_file.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace usher::text {
namespace {

using ::usher::testing::TempDir;
using ::usher::testing::WriteFile;

std::string ErrorOf(const std::filesystem::path& path) {
  const auto file = ReadSubtitleFile(path);
  return file ? "none" : file.error().what;
}

TEST(SubtitleFile, SaysWhyItCannotBeRead) {
  const TempDir directory;
  EXPECT_EQ(ErrorOf(directory / "absent.srt"), "does not exist");
  EXPECT_EQ(ErrorOf(directory.path()), "is not a regular file");
  WriteFile(directory / "film.mp4", std::string((16 << 20) + 1, 'x'));
  EXPECT_EQ(ErrorOf(directory / "film.mp4"), "is larger than 16 MiB");
  WriteFile(directory / "empty.srt", "");
  EXPECT_EQ(ErrorOf(directory / "empty.srt"),
            "holds no subtitles that can be read");
}

TEST(SubtitleFile, WarnsOfWhatWasGuessedAndLeftOut) {
  const TempDir directory;
  WriteFile(directory / "film.srt",
            "1\n00:00:01,000 --> 00:00:02,000\nZ\xFCrich\n\n"
            "2\nsoon --> later\nnever\n");
  const auto file = ReadSubtitleFile(directory / "film.srt");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->subtitles.cues.front().payload, "Zürich");
  ASSERT_EQ(file->warnings.size(), 2u);
  EXPECT_NE(file->warnings[0].find("Windows-1252"), std::string::npos);
  EXPECT_NE(file->warnings[1].find("film.srt:6: 1 cue"), std::string::npos)
      << file->warnings[1];
}

}  // namespace
}  // namespace usher::text

// I-frame playlists: every byte range decodes alone, with the init segment and
// nothing else, to the picture of the film that its segment begins with.
#include <gtest/gtest.h>

#include "core/base/hex.h"
#include "core/playlist/hls_reader.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/run_process.h"
#include "tests/support/source_track.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSegmentPictures = 50;

class IFrames : public ::testing::TestWithParam<const char*> {
 protected:
  bool whole() const { return std::string_view(GetParam()) == "aes-128"; }
  bool clear() const { return std::string_view(GetParam()) == "none"; }

  // The segment as it was before AES-128, undone by openssl.
  std::string Plain(const PackagedFilm& film,
                    const playlist::ReadMediaPlaylist& list, size_t i) {
    const auto& segment = list.segments[i];
    const fs::path file = film.directory() / "v180" / segment.uri;
    if (!whole()) return ReadFile(file);
    const auto& key = list.keys.at(segment.keys.at(0));
    const ProcessResult opened =
        RunProcess({"openssl", "enc", "-d", "-aes-128-cbc", "-K", film.Key(),
                    "-iv", ToHex(*key.iv), "-in", file});
    EXPECT_EQ(opened.exit_code, 0) << opened.err;
    return opened.out;
  }
};

TEST_P(IFrames, DecodeAloneToThePicturesOfTheFilm) {
  const PackagedFilm film({TestMedia("film.mp4")},
                          {"--encryption", GetParam(), "--verify"});
  const fs::path track = film.directory() / "v180";
  const auto list = playlist::ReadHls(ReadFile(track / "iframes.m3u8")).media;
  const auto pictures = FrameHashes(TestMedia("film.mp4"), {"-an"});
  ASSERT_EQ(list.segments.size(), 4U);
  std::vector<std::string> options;
  if (!clear() && !whole()) options = {"-decryption_key", film.Key()};
  const TempDir directory;
  for (size_t i = 0; i < list.segments.size(); ++i) {
    const auto range = list.segments[i].range.value();
    WriteFile(directory / "one.mp4",
              ReadFile(track / "init.mp4") +
                  Plain(film, list, i).substr(range.offset, range.length));
    EXPECT_EQ(FrameHashes(directory / "one.mp4", options),
              std::vector{pictures.at(i * kSegmentPictures)})
        << i;
  }
}

INSTANTIATE_TEST_SUITE_P(, IFrames,
                         ::testing::Values("none", "aes-128", "cbcs", "cenc"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(IFramePlaylists, StandInEveryMasterWithKeysOfItsKind) {
  const PackagedFilm film({TestMedia("film.mp4")}, {"--encryption", "cbcs"});
  const std::string identity = ReadFile(film.directory() / "master.m3u8");
  const std::string clear_key =
      ReadFile(film.directory() / "master-clearkey.m3u8");
  EXPECT_NE(identity.find("v180/iframes.m3u8"), std::string::npos);
  EXPECT_NE(clear_key.find("v180/iframes-clearkey.m3u8"), std::string::npos);
  const std::string keys =
      ReadFile(film.directory() / "v180/iframes-clearkey.m3u8");
  EXPECT_NE(keys.find("org.w3.clearkey"), std::string::npos);
}

}  // namespace
}  // namespace usher::testing

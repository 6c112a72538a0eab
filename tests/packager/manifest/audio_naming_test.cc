#include "packager/manifest/audio_naming.h"

#include <gtest/gtest.h>

#include "tests/packager/manifest/presentations.h"

namespace usher::manifest {
namespace {

Presentation WithAudio(
    const std::vector<std::pair<const char*, const char*>>& tracks) {
  Presentation presentation;
  presentation.tracks.push_back(VideoRecord(640, 360, 1000));
  for (const auto& [language, role] : tracks) {
    presentation.tracks.push_back(AudioRecord("a", language));
    presentation.tracks.back().track.role = role;
  }
  return presentation;
}

TEST(AudioNaming, TellsTracksApartByLanguageRoleAndNumber) {
  const Presentation presentation = WithAudio({{"en", ""},
                                               {"en", "commentary"},
                                               {"en", "main"},
                                               {"und", ""},
                                               {"en", ""}});
  const auto labels = LabelAudio(presentation);
  ASSERT_EQ(labels.size(), 5U);
  EXPECT_EQ(labels[0].name, "en");
  EXPECT_EQ(labels[1].name, "en (commentary)");
  EXPECT_EQ(labels[2].name, "en 2");
  EXPECT_EQ(labels[3].name, "Audio");
  EXPECT_EQ(labels[4].name, "en 3");
}

TEST(AudioNaming, HasTheFirstMainTrackAsDefault) {
  const Presentation main_later =
      WithAudio({{"en", "commentary"}, {"de", "main"}, {"fr", ""}});
  const auto labels = LabelAudio(main_later);
  EXPECT_FALSE(labels[0].is_default);
  EXPECT_TRUE(labels[1].is_default);
  EXPECT_FALSE(labels[2].is_default);
}

TEST(AudioNaming, HasTheFirstTrackAsDefaultWhereNoneIsMain) {
  const Presentation no_main = WithAudio({{"en", "commentary"}, {"de", "dub"}});
  const auto labels = LabelAudio(no_main);
  EXPECT_TRUE(labels[0].is_default);
  EXPECT_FALSE(labels[1].is_default);
}

TEST(AudioNaming, OfAPresentationWithoutSoundIsEmpty) {
  EXPECT_TRUE(LabelAudio(WithAudio({})).empty());
}

}  // namespace
}  // namespace usher::manifest

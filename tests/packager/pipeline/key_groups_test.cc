#include "packager/pipeline/key_groups.h"

#include <gtest/gtest.h>

namespace usher {
namespace {

class KeyGroups : public ::testing::Test {
 protected:
  KeyGroups() : tracks_(4) {
    const char* names[] = {"v720", "v360", "a-eng", "a-deu"};
    for (size_t i = 0; i < tracks_.size(); ++i) {
      tracks_[i].name = names[i];
      tracks_[i].kind = i < 2 ? TrackKind::kVideo : TrackKind::kAudio;
    }
  }

  void Give(const char* track) {
    options_.explicit_keys.push_back({track, {}, SecretBytes()});
  }

  // "label: names; label: names"
  std::string Groups() const {
    const auto groups = GroupByKey(tracks_, options_);
    if (!groups) return groups.error().OneLine();
    std::string text;
    for (const KeyGroup& group : *groups) {
      text += "[" + group.label + "]";
      for (const std::string& name : group.names) text += " " + name;
      text += "; ";
    }
    return text;
  }

  std::vector<Track> tracks_;
  config::KeyOptions options_;
};

TEST_F(KeyGroups, AreOneUnlessSaidOtherwise) {
  EXPECT_EQ(Groups(), "[] v720 v360 a-eng a-deu; ");
  Give("");
  EXPECT_EQ(Groups(), "[] v720 v360 a-eng a-deu; ");
}

TEST_F(KeyGroups, AreTracksOnRequest) {
  options_.per_track = true;
  EXPECT_EQ(Groups(),
            "[v720] v720; [v360] v360; [a-eng] a-eng; [a-deu] a-deu; ");
}

TEST_F(KeyGroups, FollowTheNearestLabel) {
  Give("audio");
  Give("v720");
  Give("");
  EXPECT_EQ(Groups(), "[v720] v720; [] v360; [audio] a-eng a-deu; ");
}

TEST_F(KeyGroups, LeaveNoTrackWithoutAKey) {
  Give("video");
  EXPECT_EQ(Groups(),
            "--key: there is none for track a-eng; give --key a-eng=KID:KEY, "
            "or one without a track's name");
}

TEST_F(KeyGroups, KnowEveryLabel) {
  Give("");
  Give("v1080");
  EXPECT_EQ(Groups(),
            "--key: there is no track v1080; name one of v720, v360, a-eng, "
            "a-deu, video or audio");
}

}  // namespace
}  // namespace usher

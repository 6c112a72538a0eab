// Films under several keys: by time, by track, and clear at first. film.mp4
// has four segments of 2 s.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/hex.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/common_encryption.h"
#include "tests/support/run_process.h"
#include "tests/support/source_track.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

constexpr char kVideo[] = "v180";
constexpr char kSound[] = "a-und";

size_t Count(const std::string& text, const std::string& word) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) {
    ++count;
  }
  return count;
}

// The KIDs that key URIs of a playlist end in, in order.
Strings KidsIn(const fs::path& playlist) {
  const std::string text = ReadFile(playlist);
  Strings kids;
  for (size_t at = 0; (at = text.find("key/", at)) != std::string::npos;) {
    at += 4;
    if (kids.empty() || kids.back() != text.substr(at, 32)) {
      kids.push_back(text.substr(at, 32));
    }
  }
  return kids;
}

PackagedFilm Package(const std::string& scheme, Strings flags) {
  flags.insert(flags.end(), {"--encryption", scheme, "--verify"});
  return PackagedFilm({TestMedia("film.mp4")}, flags);
}

Strings FilmFrames() { return FrameHashes(TestMedia("film.mp4"), {"-an"}); }

Strings Decrypted(const fs::path& file, const std::string& key) {
  return FrameHashes(file, {"-decryption_key", key, "-seekable", "0"});
}

// Both stretches of a rotated track, decrypted by FFmpeg.
Strings BothStretches(const PackagedFilm& film, const std::string& track) {
  auto keys = film.Keys();
  const Strings kids = KidsIn(film.directory() / track / "media.m3u8");
  EXPECT_EQ(kids.size(), 2U);
  Strings frames =
      Decrypted(film.Stretch(track, "init.mp4", 1, 2), keys[kids.at(0)]);
  std::ranges::copy(
      Decrypted(film.Stretch(track, "init-2.mp4", 3, 4), keys[kids.at(1)]),
      std::back_inserter(frames));
  return frames;
}

TEST(KeyRotation, UnderAes128PlaysInFfmpegFromItsPlaylists) {
  const PackagedFilm film = Package("aes-128", {"--key-rotation", "4s"});
  EXPECT_EQ(film.Keys().size(), 2U);
  EXPECT_EQ(KidsIn(film.directory() / kVideo / "media.m3u8"),
            KidsIn(film.directory() / kSound / "media.m3u8"));
  EXPECT_FALSE(fs::exists(film.directory() / kVideo / "init-2.mp4"));
  film.ServeKeys();
  EXPECT_EQ(FrameHashes(film.directory() / "master.m3u8",
                        {"-allowed_extensions", "ALL", "-an"}),
            FilmFrames());
}

class SampleRotation : public ::testing::TestWithParam<const char*> {};

TEST_P(SampleRotation, HasAnInitSegmentAKeyInEveryTrack) {
  const PackagedFilm film = Package(GetParam(), {"--key-rotation", "4s"});
  EXPECT_EQ(film.Keys().size(), 2U);
  EXPECT_EQ(BothStretches(film, kVideo), FilmFrames());
  EXPECT_FALSE(BothStretches(film, kSound).empty());
  const std::string mpd = ReadFile(film.directory() / "manifest.mpd");
  EXPECT_EQ(Count(mpd, "<Period "), 2U);
  EXPECT_EQ(Count(mpd, "period-continuity:2015"), 2U);
  // No player may find the stretches apart by their clocks.
  const auto fragments = film.Fragments(kVideo);
  for (size_t i = 0; i + 1 < fragments.size(); ++i) {
    EXPECT_EQ(fragments[i].decode_time + fragments[i].Duration(),
              fragments[i + 1].decode_time);
  }
}

INSTANTIATE_TEST_SUITE_P(, SampleRotation, ::testing::Values("cbcs", "cenc"));

class RotationByGroups : public ::testing::TestWithParam<const char*> {};

Strings SeigFlags() {
  return {"--key-rotation", "4s", "--rotation-style", "seig"};
}

TEST_P(RotationByGroups, GoesOnWithOneInitSegmentAndOnePeriod) {
  const PackagedFilm film = Package(GetParam(), SeigFlags());
  EXPECT_EQ(film.Keys().size(), 2U);
  EXPECT_FALSE(fs::exists(film.directory() / kVideo / "init-2.mp4"));
  const std::string mpd = ReadFile(film.directory() / "manifest.mpd");
  EXPECT_EQ(Count(mpd, "<Period "), 1U);
  EXPECT_EQ(Count(mpd, "cenc:default_KID"), 2U);
  const Strings kids = KidsIn(film.directory() / kVideo / "media.m3u8");
  ASSERT_EQ(kids.size(), 2U);
  const std::string list = ReadFile(film.directory() / kVideo / "media.m3u8");
  EXPECT_EQ(Count(list, "#EXT-X-MAP"), 1U);
  EXPECT_LT(list.find("\n2.m4s"), list.find(kids[1]));
  EXPECT_LT(list.find(kids[1]), list.find("\n3.m4s"));
}

// A decryptor that reads nothing but boxes gets what a clear film holds.
TEST_P(RotationByGroups, TellsEachSegmentItsKey) {
  const PackagedFilm film = Package(GetParam(), SeigFlags());
  const PackagedFilm clear = Package("none", {});
  auto keys = film.Keys();
  for (const char* track : {kVideo, kSound}) {
    const Strings kids = KidsIn(film.directory() / track / "media.m3u8");
    ASSERT_EQ(kids.size(), 2U);
    const std::string init = ReadFile(film.directory() / track / "init.mp4");
    const auto segments = film.Segments(track);
    const auto plain = clear.Segments(track);
    ASSERT_EQ(segments.size(), 4U);
    for (size_t i = 0; i < segments.size(); ++i) {
      const std::string file = ReadFile(segments[i]);
      Bytes whole;
      for (const DecryptedSample& sample :
           DecryptSegment(ReadBoxes(AsBytes(init)), ReadBoxes(AsBytes(file)),
                          *FromHex(keys[kids[i / 2]]))) {
        whole.insert(whole.end(), sample.bytes.begin(), sample.bytes.end());
      }
      const std::string expected = ReadFile(plain[i]);
      EXPECT_EQ(AsText(whole),
                AsText(ReadBoxes(AsBytes(expected)).At("mdat").payload))
          << track << " " << i;
    }
  }
}

// The init segment and segments are one file: read again, key by key.
TEST_P(RotationByGroups, IsReadBackAsAnInput) {
  const PackagedFilm film = Package(GetParam(), SeigFlags());
  Strings flags = {"--encryption", "none"};
  for (const auto& [kid, key] : film.Keys()) {
    flags.insert(flags.end(), {"--input-key", kid + ":" + key});
  }
  const PackagedFilm again({film.Joined(kVideo), film.Joined(kSound)}, flags);
  EXPECT_EQ(FrameHashes(again.Joined(kVideo)), FilmFrames());
  EXPECT_EQ(Hashes(Packets(again.Joined(kSound), 'a')),
            Hashes(Packets(TestMedia("film.mp4"), 'a')));
}

TEST_P(RotationByGroups, GivesAClearLeadItsOwnInitSegment) {
  Strings flags = SeigFlags();
  flags.insert(flags.end(), {"--clear-lead", "2"});
  const PackagedFilm film = Package(GetParam(), flags);
  EXPECT_EQ(film.Keys().size(), 2U);
  EXPECT_TRUE(fs::exists(film.directory() / kVideo / "init-2.mp4"));
  EXPECT_FALSE(fs::exists(film.directory() / kVideo / "init-3.mp4"));
  EXPECT_EQ(Count(ReadFile(film.directory() / "manifest.mpd"), "<Period "), 2U);
}

TEST_P(RotationByGroups, TellsDrmSystemsAllKeysOfTheInitSegment) {
  Strings flags = SeigFlags();
  flags.insert(flags.end(), {"--drm", "widevine,playready"});
  const PackagedFilm film = Package(GetParam(), flags);
  const std::string init = ReadFile(film.directory() / kVideo / "init.mp4");
  for (const std::string& kid : film.Kids()) {
    const Bytes bytes = *FromHex("1210" + kid);
    EXPECT_NE(init.find(AsText(bytes)), std::string::npos);
    EXPECT_EQ(Count(ReadFile(film.directory() / kVideo / "media-drm.m3u8"),
                    "KEYID=0x" + kid),
              1U);
  }
}

INSTANTIATE_TEST_SUITE_P(, RotationByGroups, ::testing::Values("cbcs", "cenc"));

TEST(KeysPerTrack, AreOneEach) {
  const PackagedFilm film = Package("cenc", {"--key-per-track"});
  auto keys = film.Keys();
  EXPECT_EQ(keys.size(), 2U);
  const Strings video = KidsIn(film.directory() / kVideo / "media.m3u8");
  const Strings sound = KidsIn(film.directory() / kSound / "media.m3u8");
  ASSERT_EQ(video.size(), 1U);
  EXPECT_NE(video, sound);
  EXPECT_EQ(Decrypted(film.Joined(kVideo), keys[video[0]]), FilmFrames());
  const std::string mpd = ReadFile(film.directory() / "manifest.mpd");
  EXPECT_EQ(Count(mpd, "cenc:default_KID"), 2U);
}

TEST(ClearLead, OfAes128IsClear) {
  const PackagedFilm film = Package("aes-128", {"--clear-lead", "3"});
  const std::string list = ReadFile(film.directory() / kVideo / "media.m3u8");
  EXPECT_LT(list.find("2.m4s"), list.find("#EXT-X-KEY"));
  EXPECT_LT(list.find("#EXT-X-KEY"), list.find("3.m4s"));
  EXPECT_EQ(FrameHashes(film.Stretch(kVideo, "init.mp4", 1, 2)).size(), 100U);
  film.ServeKeys();
  EXPECT_EQ(FrameHashes(film.directory() / "master.m3u8",
                        {"-allowed_extensions", "ALL", "-an"}),
            FilmFrames());
}

TEST(ClearLead, OfSampleEncryptionHasAClearInitSegment) {
  const PackagedFilm film = Package("cbcs", {"--clear-lead", "4"});
  auto frames = FrameHashes(film.Stretch(kVideo, "init.mp4", 1, 2));
  std::ranges::copy(Decrypted(film.Stretch(kVideo, "init-2.mp4", 3, 4),
                              film.Keys().begin()->second),
                    std::back_inserter(frames));
  EXPECT_EQ(frames, FilmFrames());
  const std::string mpd = ReadFile(film.directory() / "manifest.mpd");
  EXPECT_LT(mpd.find("<Period id=\"2\""), mpd.find("<ContentProtection"));
}

TEST(ClearLead, MustLeaveSomethingToEncrypt) {
  TempDir root;
  const Outcome outcome =
      RunUsher({"package", TestMedia("film.mp4"), "-o", root / "out",
                "--key-store", root / "keys", "--clear-lead", "1m"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err,
            "usher: --clear-lead: covers the whole presentation; make it "
            "shorter, or say --encryption none\n");
}

// KID:KEY of digits.
std::string Key(const char* track, char kid) {
  return track + std::string(32, kid) + ":" + std::string(32, 'f');
}

class FixedKeys : public ::testing::TestWithParam<const char*> {};

TEST_P(FixedKeys, AndSaltGiveTheSameBytes) {
  const Strings flags = {"--key-rotation", "4",
                         "--key",          Key("video=", '1'),
                         "--key",          Key("video=", '2'),
                         "--key",          Key("a-und=", '3'),
                         "--key",          Key("a-und=", '4'),
                         "--salt",         std::string(32, '7'),
                         "--clear-lead",   "2"};
  const PackagedFilm one = Package(GetParam(), flags);
  const PackagedFilm two = Package(GetParam(), flags);
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(one.directory())) {
    if (!entry.is_regular_file()) continue;
    const fs::path name = fs::relative(entry.path(), one.directory());
    EXPECT_EQ(ReadFile(entry.path()), ReadFile(two.directory() / name)) << name;
    ++files;
  }
  EXPECT_GE(files, 13U);
}

INSTANTIATE_TEST_SUITE_P(, FixedKeys,
                         ::testing::Values("aes-128", "cbcs", "cenc"),
                         [](const auto& scheme) {
                           std::string name = scheme.param;
                           std::erase(name, '-');
                           return name;
                         });

// Two runs, the second by --force: KIDs and IVs of all segments are new.
TEST(RandomKeys, NeverRepeatAnIvAlsoWhenForced) {
  const PackagedFilm film =
      Package("aes-128", {"--key-rotation", "4", "--key-per-track"});
  std::string lists = ReadFile(film.directory() / kVideo / "media.m3u8") +
                      ReadFile(film.directory() / kSound / "media.m3u8");
  Strings again = film.command();
  again.push_back("--force");
  ASSERT_EQ(RunUsher(again).exit_code, 0);
  lists += ReadFile(film.directory() / "v180.2" / "media.m3u8") +
           ReadFile(film.directory() / "a-und.2" / "media.m3u8");
  EXPECT_EQ(film.Keys().size(), 8U);
  Strings ivs;
  for (size_t at = 0; (at = lists.find("IV=0x", at)) != std::string::npos;) {
    at += 5;
    ivs.push_back(lists.substr(at, 32));
  }
  EXPECT_EQ(ivs.size(), 16U);
  std::ranges::sort(ivs);
  EXPECT_EQ(std::ranges::adjacent_find(ivs), ivs.end());
}

}  // namespace
}  // namespace usher::testing

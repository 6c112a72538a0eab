// From film to presentation and back: what a player decodes is what the film
// holds, at the same times.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/run_process.h"
#include "tests/support/source_track.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kVideo[] = "v180";
constexpr char kSound[] = "a-und";
constexpr double kAacFrame = 1024 / 48000.0;

// When its first sample is presented: decoded first, too.
double Start(const Fragment& fragment, uint64_t timescale) {
  return static_cast<double>(fragment.decode_time +
                             fragment.samples[0].composition_offset) /
         static_cast<double>(timescale);
}

PackagedFilm PackageClear(const std::string& media) {
  return PackagedFilm({TestMedia(media)}, {"--encryption", "none"});
}

// Containers that hold film.mp4's very packets.
class Containers : public ::testing::TestWithParam<const char*> {};

TEST_P(Containers, GiveThePicturesAndTheSoundOfTheFilm) {
  const PackagedFilm film = PackageClear(GetParam());
  EXPECT_EQ(FrameHashes(film.Joined(kVideo)),
            FrameHashes(TestMedia("film.mp4"), {"-an"}));
  EXPECT_EQ(Hashes(Packets(film.Joined(kSound), 'a')),
            Hashes(Packets(TestMedia("film.mp4"), 'a')));
}

TEST_P(Containers, KeepEveryPictureAtItsPlace) {
  const PackagedFilm film = PackageClear(GetParam());
  const auto source = Packets(TestMedia("film.mp4"), 'v');
  const auto packaged = Packets(film.Joined(kVideo), 'v');
  ASSERT_EQ(packaged.size(), source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    EXPECT_NEAR(packaged[i].seconds - packaged[0].seconds,
                source[i].seconds - source[0].seconds, 1e-5);
  }
}

TEST_P(Containers, KeepSoundAndPicturesInStep) {
  const PackagedFilm film = PackageClear(GetParam());
  const auto offset = [](const fs::path& video, const fs::path& sound) {
    // The last sound packet: FFmpeg's fragmented files have a gap in front.
    return Packets(sound, 'a').back().seconds -
           Packets(video, 'v').front().seconds;
  };
  const fs::path source = TestMedia(GetParam());
  constexpr double kRounding = 0.001;  // of Matroska and FLV
  EXPECT_NEAR(offset(film.Joined(kVideo), film.Joined(kSound)),
              offset(source, source), kRounding);
}

TEST_P(Containers, AreCutEveryTwoSecondsInBothTracks) {
  const PackagedFilm film = PackageClear(GetParam());
  const auto video = film.Fragments(kVideo);
  const auto sound = film.Fragments(kSound);
  ASSERT_EQ(video.size(), 4u);
  ASSERT_EQ(sound.size(), 4u);
  const uint64_t timescale = video[0].Duration() / 2;  // segments of 2 s
  for (size_t i = 0; i < video.size(); ++i) {
    EXPECT_EQ(video[i].samples.size(), 50u);
    EXPECT_TRUE(video[i].samples[0].key);
    if (i == 0) continue;
    const double at = Start(video[i], timescale);
    const double sound_at = Start(sound[i], 48000);
    EXPECT_GE(sound_at, at - 1e-9);
    EXPECT_LT(sound_at, at + kAacFrame);
  }
}

TEST_P(Containers, LeaveNoGapBetweenSegments) {
  const PackagedFilm film = PackageClear(GetParam());
  for (const char* track : {kVideo, kSound}) {
    const auto fragments = film.Fragments(track);
    for (size_t i = 0; i + 1 < fragments.size(); ++i) {
      EXPECT_EQ(fragments[i].decode_time + fragments[i].Duration(),
                fragments[i + 1].decode_time);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, Containers,
                         ::testing::Values("film.mp4", "faststart.mp4",
                                           "fragmented.mp4", "film.mov",
                                           "film.mkv", "film.ts", "film.flv"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

TEST(RoundTrip, FractionalRatesStayExact) {
  const PackagedFilm film({TestMedia("ntsc.mp4")}, {"--encryption", "none"});
  const auto fragments = film.Fragments(kVideo);
  for (const Fragment& fragment : fragments) {
    for (const Sample& sample : fragment.samples) {
      EXPECT_EQ(sample.duration, 1001u);
    }
  }
  // The language is the media's.
  EXPECT_EQ(film.Segments("a-deu").size(), fragments.size());
}

TEST(RoundTrip, PrimingIsKeptAndThePresentationStartsBehindIt) {
  const PackagedFilm film = PackageClear("film.mp4");
  const uint64_t sound = film.Fragments(kSound)[0].decode_time;
  const Fragment first = film.Fragments(kVideo)[0];
  const uint64_t video =
      first.decode_time + first.samples[0].composition_offset;
  const std::string mpd = ReadFile(film.directory() / "manifest.mpd");
  EXPECT_NE(mpd.find("presentationTimeOffset=\"" + std::to_string(video) + '"'),
            std::string::npos);
  EXPECT_NE(mpd.find("presentationTimeOffset=\"" +
                     std::to_string(sound + 1024) + '"'),
            std::string::npos);
}

// Every decoded picture, also where several share a tick.
std::vector<std::string> AllPictures(const fs::path& file) {
  const ProcessResult decoded =
      RunProcess({"ffmpeg", "-nostdin", "-v", "error", "-i", file, "-map",
                  "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "-"});
  EXPECT_EQ(decoded.exit_code, 0) << decoded.err;
  std::istringstream lines(decoded.out);
  std::vector<std::string> pictures;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#')) {
      pictures.push_back(line.substr(line.rfind(' ') + 1));
    }
  }
  return pictures;
}

// An edit list that starts within a group of pictures.
TEST(RoundTrip, PicturesInFrontOfAnEditAreDecodedButNotSeen) {
  const PackagedFilm film = PackageClear("trimmed.mp4");
  const auto frames = AllPictures(film.Joined(kVideo));
  const auto wanted = AllPictures(TestMedia("trimmed.mp4"));
  ASSERT_GT(frames.size(), wanted.size());
  EXPECT_TRUE(std::equal(wanted.rbegin(), wanted.rend(), frames.rbegin()));
  // All that is hidden lasts less than a hundredth of a second.
  const size_t hidden = frames.size() - wanted.size();
  const auto packets = Packets(film.Joined(kVideo), 'v');
  for (size_t i = 1; i < hidden; ++i) {
    EXPECT_LT(std::abs(packets[i].seconds - packets[0].seconds), 0.01);
  }
}

TEST(RoundTrip, HiddenPicturesCountForNoFrameRate) {
  const PackagedFilm film({TestMedia("trimmed.mp4")},
                          {"--encryption", "none", "--verify"});
  EXPECT_NE(ReadFile(film.directory() / "master.m3u8").find("FRAME-RATE=25"),
            std::string::npos);
}

TEST(RoundTrip, KeyFramesThatAreNoIdrPicturesAreNotCutAt) {
  // One segment, of which `usher` warns where shorter ones were asked for.
  const PackagedFilm film(
      {TestMedia("opengop.mp4")},
      {"--encryption", "none", "--segment-duration", "8", "--verify"});
  for (const Fragment& fragment : film.Fragments(kVideo)) {
    EXPECT_TRUE(fragment.samples[0].key);
  }
  EXPECT_EQ(FrameHashes(film.Joined(kVideo)),
            FrameHashes(TestMedia("opengop.mp4"), {"-an"}));
}

TEST(RoundTrip, ATransportStreamFromTheMiddleStartsAtItsFirstKeyFrame) {
  TempDir directory;
  const std::string whole = ReadFile(TestMedia("film.ts"));
  constexpr size_t kTsPacket = 188;
  const size_t middle = whole.size() / kTsPacket * 2 / 5 * kTsPacket;
  WriteFile(directory / "late.ts", whole.substr(middle));
  const PackagedFilm film({directory / "late.ts"},
                          {"--encryption", "none", "--quiet"});
  const auto packaged = FrameHashes(film.Joined(kVideo));
  const auto all = FrameHashes(TestMedia("film.mp4"), {"-an"});
  EXPECT_EQ(packaged.size() % 50, 0u);
  EXPECT_TRUE(std::equal(packaged.rbegin(), packaged.rend(), all.rbegin()));
  // Sound of pictures that are gone is gone, too.
  EXPECT_NEAR(Start(film.Fragments(kSound)[0], 48000),
              Start(film.Fragments(kVideo)[0], 90000), kAacFrame);
}

// Of the first picture, garbage is left: the film goes on at the next key
// frame.
TEST(RoundTrip, ADamagedFirstPacketDoesNotLoseTheFilm) {
  constexpr size_t kTsPacket = 188;
  constexpr size_t kHead = 4;
  constexpr int kVideoPid = 256;
  std::string bytes = ReadFile(TestMedia("film.ts"));
  const auto pid = [&](size_t at) {
    return (bytes[at + 1] & 0x1f) << 8 | (bytes[at + 2] & 0xff);
  };
  int damaged = 0;
  for (size_t at = 0; damaged < 5; at += kTsPacket) {
    if (pid(at) != kVideoPid) continue;
    ++damaged;
    for (size_t i = kHead; i < kTsPacket; ++i) {
      bytes[at + i] = static_cast<char>(37 * i);
    }
  }
  TempDir directory;
  WriteFile(directory / "damaged.ts", bytes);
  const PackagedFilm film({directory / "damaged.ts"},
                          {"--encryption", "none", "--quiet", "--verify"});
  auto all = FrameHashes(TestMedia("film.mp4"), {"-an"});
  all.erase(all.begin(), all.begin() + 50);
  EXPECT_EQ(FrameHashes(film.Joined(kVideo)), all);
}

TEST(RoundTrip, SoundAloneIsCutNearEachDuration) {
  const PackagedFilm film({TestMedia("sound.m4a")}, {"--encryption", "none"});
  const auto fragments = film.Fragments("a-fra");
  ASSERT_EQ(fragments.size(), 4u);
  for (size_t i = 0; i + 1 < fragments.size(); ++i) {
    EXPECT_NEAR(fragments[i].Duration() / 48000.0, 2, kAacFrame + 0.022);
  }
  EXPECT_EQ(Hashes(Packets(film.Joined("a-fra"), 'a')),
            Hashes(Packets(TestMedia("sound.m4a"), 'a')));
}

TEST(RoundTrip, ALadderIsCutAtTheSameTimes) {
  const PackagedFilm film({TestMedia("film.mp4"), TestMedia("small.mp4")},
                          {"--encryption", "none"});
  const auto large = film.Fragments(kVideo);
  const auto small = film.Fragments("v90");
  ASSERT_EQ(large.size(), small.size());
  for (size_t i = 0; i < large.size(); ++i) {
    EXPECT_EQ(large[i].decode_time, small[i].decode_time);
  }
}

TEST(RoundTrip, ALadderFromDifferentContainersIsCutAtTheSameTimes) {
  const PackagedFilm film({TestMedia("film.mkv"), TestMedia("small.ts")},
                          {"--encryption", "none"});
  const auto large = film.Fragments(kVideo);
  const auto small = film.Fragments("v90");
  ASSERT_EQ(large.size(), small.size());
  for (size_t i = 0; i < large.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(large[i].decode_time),
                static_cast<double>(small[i].decode_time), 90);
  }
}

TEST(RoundTrip, SoundInSeveralLanguagesComesFromSeveralInputs) {
  const PackagedFilm film(
      {TestMedia("film.mp4"),
       fs::path(TestMedia("sound.m4a").string() + ",lang=fr")},
      {"--encryption", "none"});
  EXPECT_FALSE(film.Segments(kSound).empty());
  EXPECT_FALSE(film.Segments("a-fra").empty());
}

// cenc and cbcs as FFmpeg decrypts them.
class SampleSchemes : public ::testing::TestWithParam<const char*> {};

TEST_P(SampleSchemes, AreDecryptedToTheFilm) {
  const PackagedFilm film({TestMedia("film.mp4")},
                          {"--encryption", GetParam()});
  const std::vector<std::string> key = {"-decryption_key", film.Key(),
                                        "-seekable", "0"};
  EXPECT_EQ(FrameHashes(film.Joined(kVideo), key),
            FrameHashes(TestMedia("film.mp4"), {"-an"}));
  EXPECT_EQ(FrameHashes(film.Joined(kSound), key),
            FrameHashes(PackageClear("film.mp4").Joined(kSound)));
}

INSTANTIATE_TEST_SUITE_P(, SampleSchemes, ::testing::Values("cbcs", "cenc"));

// The IVs a media playlist names, one a segment.
std::vector<std::string> IvsOf(const fs::path& playlist) {
  std::vector<std::string> ivs;
  std::istringstream lines(ReadFile(playlist));
  for (std::string line, iv; std::getline(lines, line);) {
    const size_t at = line.find("IV=0x");
    if (at != std::string::npos) iv = line.substr(at + 5, 32);
    if (line.ends_with(".m4s")) ivs.push_back(iv);
  }
  return ivs;
}

// AES-128 as anyone decrypts it who has the key and the playlist.
TEST(RoundTrip, WholeSegmentEncryptionIsUndoneByOpensslAndThePlaylist) {
  const PackagedFilm film({TestMedia("film.mp4")}, {"--encryption", "aes-128"});
  const auto ivs = IvsOf(film.directory() / kVideo / "media.m3u8");
  const auto segments = film.Segments(kVideo);
  ASSERT_EQ(ivs.size(), segments.size());
  TempDir directory;
  std::string all = ReadFile(film.directory() / kVideo / "init.mp4");
  for (size_t i = 0; i < segments.size(); ++i) {
    const fs::path clear = directory / std::to_string(i);
    const ProcessResult opened =
        RunProcess({"openssl", "enc", "-d", "-aes-128-cbc", "-K", film.Key(),
                    "-iv", ivs[i], "-in", segments[i], "-out", clear});
    ASSERT_EQ(opened.exit_code, 0) << opened.err;
    all += ReadFile(clear);
  }
  WriteFile(directory / "all.mp4", all);
  EXPECT_EQ(FrameHashes(directory / "all.mp4"),
            FrameHashes(TestMedia("film.mp4"), {"-an"}));
}

TEST(RoundTrip, NoIvRepeatsUnderAKey) {
  const PackagedFilm film({TestMedia("film.mp4")}, {"--encryption", "aes-128"});
  std::vector<std::string> ivs =
      IvsOf(film.directory() / kVideo / "media.m3u8");
  for (const std::string& iv :
       IvsOf(film.directory() / kSound / "media.m3u8")) {
    ivs.push_back(iv);
  }
  std::ranges::sort(ivs);
  EXPECT_EQ(std::ranges::adjacent_find(ivs), ivs.end());
}

TEST(RoundTrip, TheSameKeyAndSaltGiveTheSameBytes) {
  const std::vector<std::string> flags = {
      "--encryption",
      "cbcs",
      "--key",
      "00112233445566778899aabbccddeeff:0123456789abcdef0123456789abcdef",
      "--salt",
      "ffeeddccbbaa99887766554433221100"};
  const PackagedFilm one({TestMedia("film.mp4")}, flags);
  const PackagedFilm two({TestMedia("film.mp4")}, flags);
  EXPECT_EQ(ReadFile(one.Joined(kVideo)), ReadFile(two.Joined(kVideo)));
  EXPECT_EQ(ReadFile(one.Joined(kSound)), ReadFile(two.Joined(kSound)));
  EXPECT_EQ(ReadFile(one.directory() / "manifest.mpd"),
            ReadFile(two.directory() / "manifest.mpd"));
}

TEST(RoundTrip, SeveralSchemesHaveKeysOfTheirOwn) {
  const PackagedFilm film({TestMedia("film.mp4")},
                          {"--encryption", "aes-128,cbcs"});
  const std::string first = ReadFile(film.directory() / kVideo / "media.m3u8");
  const std::string second =
      ReadFile(film.directory() / "cbcs" / kVideo / "media.m3u8");
  EXPECT_NE(first.find("../key/"), std::string::npos);
  EXPECT_NE(second.find("../../key/"), std::string::npos);
  EXPECT_EQ(film.Kids().size(), 2u);
  for (const std::string& kid : film.Kids()) {
    EXPECT_NE((first + second).find("key/" + kid), std::string::npos);
  }
}

}  // namespace
}  // namespace usher::testing

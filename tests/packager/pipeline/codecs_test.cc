// Every codec goes through: what FFmpeg reads of a presentation is, packet for
// packet and frame for frame, what it reads of the source; in the clear and
// decrypted, by FFmpeg and by a decryptor that shares nothing with ours.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "core/base/hex.h"
#include "packager/track/vp9_frame.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/box_reader.h"
#include "tests/support/common_encryption.h"
#include "tests/support/movie_fragment.h"
#include "tests/support/run_process.h"
#include "tests/support/source_track.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

struct Clip {
  std::string name;    // of TestMedia, or a path
  std::string track;   // directory
  std::string codecs;  // as the playlists tell them
  // Whether FFmpeg 5.1 can decrypt it from a file of fragments.
  bool ffmpeg_decrypts = true;
};

void PrintTo(const Clip& clip, std::ostream* out) { *out << clip.name; }

fs::path FileOf(const Clip& clip) {
  return clip.name.starts_with("..") ? fs::path(clip.name)
                                     : TestMedia(clip.name);
}

bool IsVideo(const Clip& clip) { return clip.track.starts_with("v"); }

std::vector<std::string> SourceFrames(const Clip& clip) {
  return FrameHashes(FileOf(clip), {"-an"});
}

PackagedFilm Package(const Clip& clip, const std::string& scheme) {
  return PackagedFilm({FileOf(clip)},
                      {"--encryption", scheme, "--verify", "--quiet"});
}

std::vector<Bytes> SamplesOf(const PackagedFilm& film, const Clip& clip) {
  std::vector<Bytes> samples;
  for (const Fragment& fragment : film.Fragments(clip.track)) {
    for (Bytes& sample : SplitSamples(fragment)) {
      samples.push_back(std::move(sample));
    }
  }
  return samples;
}

std::vector<Bytes> DecryptedSamplesOf(const PackagedFilm& film,
                                      const Clip& clip) {
  const std::string init = ReadFile(film.directory() / clip.track / "init.mp4");
  const Box header = ReadBoxes(AsBytes(init));
  std::vector<Bytes> samples;
  for (const fs::path& segment : film.Segments(clip.track)) {
    const std::string bytes = ReadFile(segment);
    for (DecryptedSample& sample :
         DecryptSegment(header, ReadBoxes(AsBytes(bytes)),
                        FromHex(film.Key()).value_or(Bytes()))) {
      samples.push_back(std::move(sample.bytes));
    }
  }
  return samples;
}

class Codecs : public ::testing::TestWithParam<Clip> {
 protected:
  void SetUp() override {
    if (!fs::exists(FileOf(GetParam()))) {
      GTEST_SKIP() << GetParam().name << " is not here";
    }
  }
};

// Of sound the packets: what a decoder makes of priming is the container's.
TEST_P(Codecs, ComeOutInTheClearAsTheyWentIn) {
  const Clip& clip = GetParam();
  const PackagedFilm film = Package(clip, "none");
  if (IsVideo(clip)) {
    EXPECT_EQ(FrameHashes(film.Joined(clip.track)), SourceFrames(clip));
  } else if (!clip.name.ends_with(".aac")) {
    EXPECT_EQ(Hashes(Packets(film.Joined(clip.track), 'a')),
              Hashes(Packets(FileOf(clip), 'a')));
  }
  EXPECT_FALSE(FrameHashes(film.Joined(clip.track)).empty());
  const std::string master = ReadFile(film.directory() / "master.m3u8");
  EXPECT_NE(master.find(clip.codecs), std::string::npos) << master;
  const std::string mpd = ReadFile(film.directory() / "manifest.mpd");
  EXPECT_NE(mpd.find("codecs=\"" + clip.codecs + '"'), std::string::npos)
      << mpd;
}

TEST_P(Codecs, AreDecryptedByAnotherDecryptor) {
  const Clip& clip = GetParam();
  const std::vector<Bytes> clear = SamplesOf(Package(clip, "none"), clip);
  for (const char* scheme : {"cbcs", "cenc"}) {
    const PackagedFilm film = Package(clip, scheme);
    EXPECT_NE(SamplesOf(film, clip), clear) << scheme;
    EXPECT_EQ(DecryptedSamplesOf(film, clip), clear) << scheme;
  }
}

TEST_P(Codecs, AreDecryptedByFfmpeg) {
  const Clip& clip = GetParam();
  if (!clip.ffmpeg_decrypts) GTEST_SKIP() << "FFmpeg 5.1 cannot";
  const auto clear = FrameHashes(Package(clip, "none").Joined(clip.track));
  for (const char* scheme : {"cbcs", "cenc"}) {
    const PackagedFilm film = Package(clip, scheme);
    EXPECT_EQ(FrameHashes(film.Joined(clip.track),
                          {"-decryption_key", film.Key(), "-seekable", "0"}),
              clear)
        << scheme;
  }
}

std::string NameOf(const ::testing::TestParamInfo<Clip>& instance) {
  std::string name = fs::path(instance.param.name).filename();
  std::ranges::replace_if(name, [](char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    Sound, Codecs,
    ::testing::Values(
        Clip{"ac3.mp4", "a-und", "ac-3"}, Clip{"ac3.ts", "a-und", "ac-3"},
        Clip{"eac3.mp4", "a-und", "ec-3"}, Clip{"eac3.ts", "a-und", "ec-3"},
        Clip{"flac.mkv", "a-und", "fLaC"}, Clip{"flac.mp4", "a-und", "fLaC"},
        Clip{"opus.mkv", "a-und", "opus"}, Clip{"opus.mp4", "a-und", "opus"},
        Clip{"aac51.mp4", "a-und", "mp4a.40.2"},
        Clip{"film.aac", "a-und", "mp4a.40.2"},
        Clip{"../shared/media/bear-640x360-ac3.ts", "a-und", "ac-3"}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    OpenCodecs, Codecs,
    ::testing::Values(
        Clip{"vp9.webm", "v180", "vp09.00.11.08"},
        Clip{"vp910.mkv", "v180", "vp09.02.11.10"},
        Clip{"av1.mkv", "v180", "av01.0.00M.08"},
        Clip{"av1.mp4", "v180", "av01.0.00M.08"},
        Clip{"av1tiles.mkv", "v360", "av01.0.01M.08"},
        Clip{"../shared/media/bear-av1.mp4", "v240", "av01.0.00M.08"},
        Clip{"../shared/media/bear-320x240-vp9-opus.webm", "v240",
             "vp09.00.20.08"},
        Clip{"../shared/media/bear-320x240-vp9-opus.webm", "a-und", "opus"}),
    [](const auto& instance) {
      return NameOf(instance) + (IsVideo(instance.param) ? "" : "_sound");
    });

// What FFmpeg reads of all headers, element by element.
std::string TracedHeaders(const fs::path& file) {
  const ProcessResult traced =
      RunProcess({"ffmpeg", "-hide_banner", "-nostats", "-seekable", "0", "-i",
                  file, "-map", "0:v:0", "-c", "copy", "-bsf:v",
                  "trace_headers", "-f", "null", "-"});
  EXPECT_EQ(traced.exit_code, 0) << traced.err;
  std::istringstream lines(traced.err);
  std::string headers;
  for (std::string line; std::getline(lines, line);) {
    const size_t bracket = line.find("] ");
    if (line.starts_with("[trace_headers") && bracket != std::string::npos) {
      headers += line.substr(bracket) + "\n";
    }
  }
  return headers;
}

class Headers : public ::testing::TestWithParam<Clip> {};

// A player and a middlebox find frames without the key. Too few clear bytes
// would change what FFmpeg reads of the ciphertext.
TEST_P(Headers, AreReadFromTheCiphertext) {
  const Clip& clip = GetParam();
  if (clip.codecs.starts_with("vp09")) {
    GTEST_SKIP() << "ciphertext may end like a superframe's index";
  }
  const std::string clear =
      TracedHeaders(Package(clip, "none").Joined(clip.track));
  ASSERT_GT(clear.size(), 1000U);
  for (const char* scheme : {"cbcs", "cenc"}) {
    EXPECT_EQ(TracedHeaders(Package(clip, scheme).Joined(clip.track)), clear)
        << scheme;
  }
}

// Where FFmpeg sees each VP9 header end, in bytes.
std::vector<size_t> TracedSizes(const fs::path& file) {
  std::istringstream lines(TracedHeaders(file));
  std::vector<size_t> sizes;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line.substr(2));
    size_t position = 0;
    std::string name;
    std::string bits;
    if (line == "] Frame") {
      sizes.push_back(0);
    } else if (fields >> position >> name >> bits && !sizes.empty() &&
               bits != "=") {
      sizes.back() = std::max(sizes.back(), (position + bits.size() + 7) / 8);
    }
  }
  return sizes;
}

TEST(Vp9, HeadersEndWhereFfmpegSeesThemEnd) {
  for (const char* name : {"vp9.webm", "vp910.mkv"}) {
    const Clip clip{name, "v180", ""};
    const PackagedFilm film = Package(clip, "none");
    Vp9HeaderReader reader;
    std::vector<size_t> sizes;
    for (const Bytes& sample : SamplesOf(film, clip)) {
      for (const ByteView frame : SplitSuperframe(sample)) {
        const auto header = reader.Read(frame);
        ASSERT_TRUE(header);
        sizes.push_back(header->size);
      }
    }
    EXPECT_EQ(sizes, TracedSizes(film.Joined("v180"))) << name;
  }
}

// And no more than the headers and less than a block a tile.
TEST_P(Headers, AreAllThatIsClear) {
  const Clip& clip = GetParam();
  const PackagedFilm film = Package(clip, "cenc");
  const std::string init = ReadFile(film.directory() / clip.track / "init.mp4");
  const Box header = ReadBoxes(AsBytes(init));
  for (const fs::path& segment : film.Segments(clip.track)) {
    const std::string bytes = ReadFile(segment);
    for (const DecryptedSample& sample :
         DecryptSegment(header, ReadBoxes(AsBytes(bytes)),
                        FromHex(film.Key()).value_or(Bytes()))) {
      for (const auto& [clear_bytes, protected_bytes] : sample.subsamples) {
        EXPECT_LT(clear_bytes, 150U);
        EXPECT_EQ(protected_bytes % 16, 0U);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, Headers,
                         ::testing::Values(Clip{"vp9.webm", "v180", "vp09"},
                                           Clip{"vp910.mkv", "v180", "vp09"},
                                           Clip{"av1.mkv", "v180", ""},
                                           Clip{"av1tiles.mkv", "v360", ""}),
                         NameOf);

INSTANTIATE_TEST_SUITE_P(
    Hevc, Codecs,
    ::testing::Values(Clip{"hevc.mp4", "v180", "hvc1.1.6.L60.90"},
                      Clip{"hevc.ts", "v180", "hvc1.1.6.L60.90"},
                      Clip{"hev1.mp4", "v180", "hvc1.1.6.L60.90"},
                      Clip{"hevccopy.mp4", "v180", "hvc1.1.6.L60.90"},
                      Clip{"hevcopen.mp4", "v180", "hvc1.1.6.L60.90"},
                      Clip{"hevcopen.ts", "v180", "hvc1.1.6.L60.90"},
                      Clip{"hevc10.mp4", "v180", "hvc1.2.4.L60.90"},
                      Clip{"../shared/media/bear-640x360-hevc.mp4", "v360",
                           "hvc1.1.6.L63.90"}),
    NameOf);

std::string MasterOf(const PackagedFilm& film) {
  return ReadFile(film.directory() / "master.m3u8");
}

// Parameter sets lie in the init segment and nowhere else (hvc1).
TEST(Hevc, SamplesHaveNoParameterSets) {
  for (const char* name : {"hevc.mp4", "hevc.ts", "hevc.mkv", "hev1.mp4"}) {
    const PackagedFilm film({TestMedia(name)}, {"--encryption", "none"});
    for (const Fragment& fragment : film.Fragments("v180")) {
      for (const Bytes& sample : SplitSamples(fragment)) {
        const int type = sample[4] >> 1 & 0x3f;
        EXPECT_FALSE(type >= 32 && type <= 34) << name << " " << type;
      }
    }
  }
}

TEST(Hevc, SegmentsOfClosedGroupsAreIndependent) {
  const PackagedFilm film({TestMedia("hevc.mp4")}, {"--encryption", "none"});
  EXPECT_NE(MasterOf(film).find("#EXT-X-INDEPENDENT-SEGMENTS"),
            std::string::npos);
}

// A player that starts at such a segment cannot decode its first pictures.
TEST(Hevc, SegmentsOfOpenGroupsAreNotCalledIndependent) {
  const PackagedFilm film({TestMedia("hevcopen.mp4")},
                          {"--encryption", "none"});
  EXPECT_GT(film.Segments("v180").size(), 3U);
  EXPECT_EQ(MasterOf(film).find("#EXT-X-INDEPENDENT-SEGMENTS"),
            std::string::npos);
  EXPECT_NE(
      ReadFile(film.directory() / "manifest.mpd").find("startWithSAP=\"3\""),
      std::string::npos);
}

TEST(Hevc, SegmentsOfOpenGroupsFollowEachOtherWithoutAGap) {
  const PackagedFilm film({TestMedia("hevcopen.mp4")},
                          {"--encryption", "none"});
  const auto fragments = film.Fragments("v180");
  for (size_t i = 0; i + 1 < fragments.size(); ++i) {
    EXPECT_EQ(fragments[i].decode_time + fragments[i].Duration(),
              fragments[i + 1].decode_time);
  }
}

// From a CRA picture on: what refers to the pictures before it is gone, and is
// what FFmpeg leaves out, too.
TEST(Hevc, ATransportStreamFromTheMiddleStartsAtACraPicture) {
  TempDir directory;
  const std::string whole = ReadFile(TestMedia("hevcopen.ts"));
  constexpr size_t kTsPacket = 188;
  const size_t middle = whole.size() / kTsPacket * 2 / 5 * kTsPacket;
  WriteFile(directory / "late.ts", whole.substr(middle));
  const PackagedFilm film({directory / "late.ts"},
                          {"--encryption", "none", "--quiet"});
  const auto packaged = FrameHashes(film.Joined("v180"));
  const auto all = FrameHashes(TestMedia("hevcopen.mp4"));
  ASSERT_GT(packaged.size(), 50U);
  EXPECT_TRUE(std::equal(packaged.rbegin(), packaged.rend(), all.rbegin()));
}

// FFmpeg's decoder doubles the rate where the configuration says so, whether or
// not the frames bring what to fill the upper half with.
void ExpectSoundsAsBefore(const fs::path& before, const PackagedFilm& film) {
  EXPECT_EQ(
      RunProcess({"ffprobe", "-v", "error", "-show_entries",
                  "stream=sample_rate", "-of", "csv=p=0", film.Joined("a-und")})
          .out,
      "48000\n");
  // An edit hides the first block of the input, and a part of its last.
  auto blocks = FrameHashes(before);
  ASSERT_GT(blocks.size(), 20U);
  blocks.pop_back();
  const auto packaged = FrameHashes(film.Joined("a-und"));
  EXPECT_FALSE(std::ranges::search(packaged, blocks).empty());
}

// HE-AAC as its explicit, backward compatible signalling tells it: the sample
// rate doubles, and so does a frame's length.
TEST(HeAac, IsNamedAndTimedAsItSounds) {
  TempDir directory;
  std::string bytes = ReadFile(TestMedia("aac24.mp4"));
  const size_t at = bytes.find("\x56\xe5\x00", 0, 3);
  ASSERT_NE(at, std::string::npos);
  bytes[at + 2] = static_cast<char>(0x98);  // SBR is there, at 48 kHz
  WriteFile(directory / "he.mp4", bytes);
  const PackagedFilm film({directory / "he.mp4"},
                          {"--encryption", "none", "--verify", "--quiet"});
  EXPECT_NE(MasterOf(film).find("CODECS=\"mp4a.40.5\""), std::string::npos);
  EXPECT_NE(ReadFile(film.directory() / "manifest.mpd")
                .find("audioSamplingRate=\"48000\""),
            std::string::npos);
  ExpectSoundsAsBefore(directory / "he.mp4", film);
}

// HE-AAC v2 is told by object type 29: one channel of AAC, doubled in rate by
// SBR, in channels by parametric stereo (ISO/IEC 14496-3 1.6.2.1).
TEST(HeAac, OfVersionTwoIsNamedAndCountedAsItSounds) {
  TempDir directory;
  std::string bytes = ReadFile(TestMedia("aac24.mp4"));
  const size_t at = bytes.find("\x56\xe5\x00", 0, 3);
  ASSERT_NE(at, std::string::npos);
  // Type 29, 24 kHz, one channel; then 48 kHz, and AAC LC.
  const std::string_view config("\xeb\x09\x88\x00\x00", 5);
  bytes.replace(at - 2, config.size(), config);
  WriteFile(directory / "he2.mp4", bytes);
  const PackagedFilm film({directory / "he2.mp4"},
                          {"--encryption", "none", "--verify", "--quiet"});
  EXPECT_NE(MasterOf(film).find("CODECS=\"mp4a.40.29\""), std::string::npos)
      << MasterOf(film);
  const std::string mpd = ReadFile(film.directory() / "manifest.mpd");
  EXPECT_NE(mpd.find("audioSamplingRate=\"48000\""), std::string::npos) << mpd;
  EXPECT_NE(mpd.find("channel_configuration:2011\" value=\"2\""),
            std::string::npos)
      << mpd;
  ExpectSoundsAsBefore(directory / "he2.mp4", film);
}

// The same languages in each group, so that none is lost with a codec, and
// each picture with each of them.
TEST(Sound, OfSeveralCodecsIsGroupedByCodec) {
  const PackagedFilm film({TestMedia("mixed.mkv")},
                          {"--encryption", "none", "--verify", "--quiet"});
  const std::string master = MasterOf(film);
  const auto has = [&](const std::string& text) {
    return master.find(text) != std::string::npos;
  };
  for (const char* group : {"audio-aac", "audio-ac3"}) {
    for (const char* name : {"en", "fr", "en (description)"}) {
      EXPECT_TRUE(
          has(std::string("GROUP-ID=\"") + group + "\",NAME=\"" + name + '"'))
          << group << name << master;
    }
    EXPECT_TRUE(has(std::string(",AUDIO=\"") + group + '"')) << master;
  }
  EXPECT_TRUE(has("CHARACTERISTICS=\"public.accessibility.describes-video\""));
  EXPECT_TRUE(has("URI=\"a-eng-ac3/media.m3u8\"")) << master;
  EXPECT_FALSE(film.Segments("a-eng").empty());
  EXPECT_FALSE(film.Segments("a-fra").empty());
}

}  // namespace
}  // namespace usher::testing

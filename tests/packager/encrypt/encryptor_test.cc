// Whole tracks, encrypted, written with their boxes and read back by two
// decryptors that share no code with the packager: FFmpeg, and one that knows
// single AES blocks and the boxes (tests/support/common_encryption.h).
#include "packager/encrypt/encryptor.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/hex.h"
#include "packager/mp4/init_segment.h"
#include "packager/mp4/media_segment.h"
#include "tests/packager/encrypt/trace_headers.h"
#include "tests/support/common_encryption.h"
#include "tests/support/movie_fragment.h"
#include "tests/support/run_process.h"
#include "tests/support/source_track.h"
#include "tests/support/temp_dir.h"

namespace usher {
namespace {

using testing::FrameHashes;
using testing::ReadBoxes;
using testing::ReadSourceTrack;
using testing::RunProcess;
using testing::SourceTrack;
using testing::TempDir;

constexpr char kKid[] = "00112233445566778899aabbccddeeff";
constexpr char kKey[] = "0f0e0d0c0b0a09080706050403020100";

keys::ContentKey MakeKey(uint8_t salt = 0x5A) {
  return {.kid = *keys::KeyId::Parse(kKid),
          .key = SecretBytes(*FromHex(kKey)),
          .salt = SecretBytes(Bytes(16, salt))};
}

struct Packaged {
  Bytes init;
  std::vector<Bytes> segments;
};

Packaged Package(const SourceTrack& source, Scheme scheme,
                 uint8_t salt = 0x5A) {
  auto encryptor = MakeSampleEncryptor(scheme, source.track, MakeKey(salt));
  EXPECT_TRUE(encryptor) << encryptor.error().OneLine();
  Packaged result{
      .init = mp4::WriteInitSegment(source.track, (*encryptor)->protection()),
      .segments = {}};
  for (Fragment fragment : source.fragments) {
    const auto protections = (*encryptor)->Encrypt(fragment);
    EXPECT_TRUE(protections) << protections.error().OneLine();
    Bytes segment = mp4::WriteSegmentHeader(fragment, scheme, *protections);
    segment.insert(segment.end(), fragment.data.begin(), fragment.data.end());
    result.segments.push_back(std::move(segment));
  }
  return result;
}

void Write(const Packaged& packaged, const std::filesystem::path& file) {
  std::string bytes(AsText(packaged.init));
  for (const Bytes& segment : packaged.segments) bytes += AsText(segment);
  testing::WriteFile(file, bytes);
}

// What the boxes alone give back is what went in, byte by byte.
void ExpectDecryptsToSource(const Packaged& packaged,
                            const SourceTrack& source) {
  const Bytes key = *FromHex(kKey);
  const testing::Box init = ReadBoxes(packaged.init);
  ASSERT_EQ(packaged.segments.size(), source.fragments.size());
  for (size_t n = 0; n < packaged.segments.size(); ++n) {
    const testing::Box segment = ReadBoxes(packaged.segments[n]);
    const auto decrypted = testing::DecryptSegment(init, segment, key);
    const auto expected = testing::SplitSamples(source.fragments[n]);
    ASSERT_EQ(decrypted.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(decrypted[i].bytes, expected[i]) << "sample " << i;
    }
  }
}

void ExpectFfmpegDecryptsTo(const Packaged& packaged,
                            const std::filesystem::path& source,
                            const TempDir& directory) {
  Write(packaged, directory / "encrypted.mp4");
  // Seekable, FFmpeg 5.1 reads the senc of later fragments wrongly.
  const auto decrypted = FrameHashes(
      directory / "encrypted.mp4", {"-seekable", "0", "-decryption_key", kKey});
  const auto expected = FrameHashes(source, {"-ignore_editlist", "1"});
  EXPECT_GT(expected.size(), 40U);
  EXPECT_EQ(decrypted, expected);
}

int PacketCount(const std::filesystem::path& file) {
  return std::stoi(
      RunProcess({"ffprobe", "-v", "quiet", "-seekable", "0", "-count_packets",
                  "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0",
                  file})
          .out);
}

// How well a reader without the key finds its way.
enum class Clear { kAllSliceHeaders, kFirstSliceHeaders };

void ExpectPicturesAreFound(const std::filesystem::path& source, Clear clear,
                            const TempDir& directory) {
  const auto encrypted = directory / "encrypted.mp4";
  EXPECT_EQ(PacketCount(encrypted), PacketCount(source));
  if (clear == Clear::kFirstSliceHeaders) return;
  EXPECT_EQ(testing::TracedSliceHeaderBits(encrypted, {"-seekable", "0"}),
            testing::TracedSliceHeaderBits(source));
}

struct Case {
  const char* name;
  std::vector<std::string> options;
  Clear clear = Clear::kAllSliceHeaders;
};

void PrintTo(const Case& encode, std::ostream* out) { *out << encode.name; }

class EncryptedVideo
    : public ::testing::TestWithParam<std::tuple<Scheme, Case>> {};

TEST_P(EncryptedVideo, DecryptsToTheSourceWithTwoDecryptors) {
  const auto& [scheme, encode] = GetParam();
  const TempDir directory;
  const auto file = testing::MakeVideo(directory / "in.mp4", encode.options);
  const SourceTrack source = ReadSourceTrack(file, TrackKind::kVideo);
  const Packaged packaged = Package(source, scheme);
  ExpectDecryptsToSource(packaged, source);
  ExpectFfmpegDecryptsTo(packaged, file, directory);
  ExpectPicturesAreFound(file, encode.clear, directory);
}

INSTANTIATE_TEST_SUITE_P(
    All, EncryptedVideo,
    ::testing::Combine(
        ::testing::Values(Scheme::kCbcs, Scheme::kCenc),
        ::testing::Values(
            Case{"BFrames", {"-bf", "3"}},
            Case{"BaselineCavlc", {"-profile:v", "baseline"}},
            Case{"FourSlices", {"-x264-params", "slices=4"}},
            Case{"ManySlices",
                 {"-x264-params", "slice-max-mbs=5"},
                 Clear::kFirstSliceHeaders},
            Case{"Mbaff", {"-flags", "+ilme+ildct"}},
            Case{"Weighted",
                 {"-vf", "fade=in:0:25", "-preset", "slow", "-x264-params",
                  "weightp=2:weightb=1:bframes=3"}},
            Case{"HighRate", {"-b:v", "8M", "-vf", "noise=alls=60"}})),
    [](const auto& param) {
      return std::string(SchemeName(std::get<0>(param.param))) +
             std::get<1>(param.param).name;
    });

class EncryptedAudio : public ::testing::TestWithParam<Scheme> {};

TEST_P(EncryptedAudio, DecryptsToTheSourceWithTwoDecryptors) {
  const TempDir directory;
  const auto file = testing::MakeAudio(directory / "in.mp4");
  const SourceTrack source = ReadSourceTrack(file, TrackKind::kAudio);
  const Packaged packaged = Package(source, GetParam());
  ExpectDecryptsToSource(packaged, source);
  ExpectFfmpegDecryptsTo(packaged, file, directory);
}

INSTANTIATE_TEST_SUITE_P(All, EncryptedAudio,
                         ::testing::Values(Scheme::kCbcs, Scheme::kCenc),
                         [](const auto& param) {
                           return std::string(SchemeName(param.param));
                         });

class EncryptedClip
    : public ::testing::TestWithParam<std::tuple<Scheme, const char*>> {};

TEST_P(EncryptedClip, DecryptsToTheSourceWithTwoDecryptors) {
  const auto& [scheme, name] = GetParam();
  const auto file = std::filesystem::path("../shared/media") / name;
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here";
  const TempDir directory;
  for (const TrackKind kind : {TrackKind::kVideo, TrackKind::kAudio}) {
    const SourceTrack source = ReadSourceTrack(file, kind);
    ExpectDecryptsToSource(Package(source, scheme), source);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, EncryptedClip,
    ::testing::Combine(::testing::Values(Scheme::kCbcs, Scheme::kCenc),
                       ::testing::Values("bbb_prog_10s.mp4",
                                         "bear-1280x720.mp4",
                                         "bear-640x360.mp4",
                                         "sintel-1024x436.mp4")));

class SampleEncryption : public ::testing::TestWithParam<Scheme> {
 protected:
  SampleEncryption()
      : source_(ReadSourceTrack(testing::MakeVideo(directory_ / "in.mp4"),
                                TrackKind::kVideo)) {}
  Result<std::unique_ptr<SampleEncryptor>> Encryptor() const {
    return MakeSampleEncryptor(GetParam(), source_.track, MakeKey());
  }

  TempDir directory_;
  SourceTrack source_;
};

TEST_P(SampleEncryption, MakesTheSameBytesFromTheSameKeyAndSalt) {
  EXPECT_EQ(Package(source_, GetParam()).segments,
            Package(source_, GetParam()).segments);
  EXPECT_NE(Package(source_, GetParam()).segments,
            Package(source_, GetParam(), 0x5B).segments);
}

TEST_P(SampleEncryption, DoesNotDependOnTheOrderOfFragments) {
  SourceTrack reversed = source_;
  std::ranges::reverse(reversed.fragments);
  Packaged backwards = Package(reversed, GetParam());
  std::ranges::reverse(backwards.segments);
  EXPECT_EQ(backwards.segments, Package(source_, GetParam()).segments);
}

TEST_P(SampleEncryption, ChangesMostOfWhatCanBeChanged) {
  auto encryptor = Encryptor();
  ASSERT_TRUE(encryptor);
  Fragment fragment = source_.fragments.front();
  const Bytes before = fragment.data;
  ASSERT_TRUE((*encryptor)->Encrypt(fragment));
  size_t changed = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    changed += before[i] != fragment.data[i] ? 1 : 0;
  }
  const size_t expected =
      GetParam() == Scheme::kCbcs ? before.size() / 12 : before.size() * 8 / 10;
  EXPECT_GT(changed, expected);
}

TEST_P(SampleEncryption, NamesTheSampleWhoseStructureIsBroken) {
  auto encryptor = Encryptor();
  ASSERT_TRUE(encryptor);
  Fragment fragment = source_.fragments.front();
  fragment.data[fragment.samples[0].size] = 0x7F;
  const auto result = (*encryptor)->Encrypt(fragment);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(result.error().where, "track " + source_.track.name + ", segment " +
                                      std::to_string(fragment.number) +
                                      ", sample 1");
}

TEST_P(SampleEncryption, RefusesASampleTableThatDoesNotFitTheBytes) {
  auto encryptor = Encryptor();
  ASSERT_TRUE(encryptor);
  Fragment fragment = source_.fragments.front();
  fragment.data.pop_back();
  EXPECT_FALSE((*encryptor)->Encrypt(fragment));
  fragment.data.resize(fragment.data.size() + 2);
  EXPECT_FALSE((*encryptor)->Encrypt(fragment));
}

TEST_P(SampleEncryption, RefusesADecoderConfigurationItCannotRead) {
  const Bytes& whole = source_.track.decoder_config;
  for (size_t size : {size_t{0}, size_t{6}, whole.size() / 2}) {
    Track track = source_.track;
    track.decoder_config.resize(size);
    const auto encryptor = MakeSampleEncryptor(GetParam(), track, MakeKey());
    ASSERT_FALSE(encryptor) << size;
    EXPECT_EQ(encryptor.error().kind, ErrorKind::kBadInput);
  }
}

INSTANTIATE_TEST_SUITE_P(All, SampleEncryption,
                         ::testing::Values(Scheme::kCbcs, Scheme::kCenc),
                         [](const auto& param) {
                           return std::string(SchemeName(param.param));
                         });

TEST(SampleEncryptor, SaysWhatTencNeeds) {
  Track track;
  track.codec = Codec::kAac;
  track.kind = TrackKind::kAudio;
  track.name = "a-eng";
  const keys::ContentKey key = MakeKey();
  const auto cbcs = MakeSampleEncryptor(Scheme::kCbcs, track, key);
  ASSERT_TRUE(cbcs);
  EXPECT_EQ((*cbcs)->protection().default_kid, key.kid);
  EXPECT_EQ((*cbcs)->protection().crypt_byte_block, 0);
  EXPECT_EQ((*cbcs)->protection().skip_byte_block, 0);
  EXPECT_EQ((*cbcs)->protection().constant_iv,
            IvSource(key.salt.view(), "a-eng").ConstantIv());
  const auto cenc = MakeSampleEncryptor(Scheme::kCenc, track, key);
  ASSERT_TRUE(cenc);
  EXPECT_EQ((*cenc)->protection().scheme, Scheme::kCenc);
}

class EncryptedSegment : public ::testing::TestWithParam<size_t> {};

TEST_P(EncryptedSegment, IsDecryptedByOpensslWithTheIvOfItsPlaylist) {
  const TempDir directory;
  Track track;
  track.name = "v720";
  Bytes plain(GetParam());
  for (size_t i = 0; i < plain.size(); ++i) plain[i] = i % 251;
  SegmentEncryptor encryptor(track, MakeKey());
  // However it falls apart into boxes and samples.
  for (const size_t front : {size_t{0}, size_t{1}, size_t{16}, size_t{41}}) {
    if (front > plain.size()) continue;
    const auto split = plain.begin() + static_cast<ptrdiff_t>(front);
    Bytes data(split, plain.end());
    const auto pieces = encryptor.Encrypt(42, {plain.begin(), split}, data);
    std::string segment(AsText(pieces.head));
    segment += AsText(pieces.middle);
    segment += AsText(pieces.tail);
    EXPECT_EQ(segment.size(), plain.size() / 16 * 16 + 16);
    testing::WriteFile(directory / "in", segment);
    const auto openssl =
        RunProcess({"openssl", "enc", "-d", "-aes-128-cbc", "-K", kKey, "-iv",
                    ToHex(encryptor.IvOf(42)), "-in", directory / "in"});
    EXPECT_EQ(openssl.exit_code, 0) << openssl.err;
    EXPECT_EQ(openssl.out, AsText(plain)) << "split at " << front;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, EncryptedSegment,
                         ::testing::Values(0, 1, 15, 16, 17, 47, 100000));

}  // namespace
}  // namespace usher

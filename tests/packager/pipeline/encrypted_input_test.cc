// Encrypted films as inputs: what we packaged, packaged again, and what other
// packagers made of the same film. Samples must come out byte for byte.
#include <gtest/gtest.h>

#include "core/base/hex.h"
#include "packager/pipeline/decrypted_file.h"
#include "tests/fakes/memory_input.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/run_process.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

constexpr char kVideo[] = "v180";
constexpr char kSound[] = "a-und";
constexpr char kKid[] = "000102030405060708090a0b0c0d0e0f";
constexpr char kKey[] = "101112131415161718191a1b1c1d1e1f";

Strings InputKeys(const PackagedFilm& film) {
  Strings flags;
  for (const auto& [kid, key] : film.Keys()) {
    flags.insert(flags.end(), {"--input-key", kid + ":" + key});
  }
  return flags;
}

// Packages both tracks of `film` in the clear, from its own output.
PackagedFilm PackageAgain(const std::vector<fs::path>& inputs, Strings flags) {
  flags.insert(flags.end(), {"--encryption", "none", "--verify"});
  return PackagedFilm(inputs, flags);
}

void ExpectSamplesOfFilm(const PackagedFilm& again) {
  const fs::path film = TestMedia("film.mp4");
  EXPECT_EQ(Hashes(Packets(again.Joined(kVideo), 'v')),
            Hashes(Packets(film, 'v')));
  EXPECT_EQ(Hashes(Packets(again.Joined(kSound), 'a')),
            Hashes(Packets(film, 'a')));
}

class EncryptedInput : public ::testing::TestWithParam<Strings> {};

TEST_P(EncryptedInput, ComesOutAsTheFilmItWas) {
  const PackagedFilm film({TestMedia("film.mp4")}, GetParam());
  const bool single = exists(film.directory() / kVideo / "v180.mp4");
  const auto of = [&](const char* track) {
    return single ? film.directory() / track / (std::string(track) + ".mp4")
                  : film.Joined(track);
  };
  ExpectSamplesOfFilm(PackageAgain({of(kVideo), of(kSound)}, InputKeys(film)));
}

INSTANTIATE_TEST_SUITE_P(
    Ours, EncryptedInput,
    ::testing::Values(Strings{"--encryption", "cbcs"},
                      Strings{"--encryption", "cenc"},
                      Strings{"--encryption", "cenc", "--single-file"},
                      Strings{"--encryption", "cbcs", "--key-per-track"},
                      Strings{"--encryption", "cenc", "--drm", "widevine"}));

fs::path ByFfmpeg(const TempDir& directory, const Strings& flags) {
  const fs::path file = directory.path() / "encrypted.mp4";
  Strings argv = {"ffmpeg", "-v",  "error", "-i", TestMedia("film.mp4"),
                  "-c",     "copy"};
  argv.insert(argv.end(), flags.begin(), flags.end());
  argv.insert(argv.end(),
              {"-encryption_scheme", "cenc-aes-ctr", "-encryption_key", kKey,
               "-encryption_kid", kKid, file});
  const ProcessResult made = RunProcess(argv);
  EXPECT_EQ(made.exit_code, 0) << made.err;
  return file;
}

// Not fragmented: the sample tables are read, and the fast path is taken.
TEST(EncryptedInput, OfFfmpegsMakingComesOutAsTheFilmItWas) {
  const TempDir directory;
  const std::string key = std::string(kKid) + ":" + kKey;
  for (const Strings& flags : {Strings{}, Strings{"-movflags", "+faststart"}}) {
    ExpectSamplesOfFilm(
        PackageAgain({ByFfmpeg(directory, flags)}, {"--input-key", key}));
    fs::remove(directory.path() / "encrypted.mp4");
  }
}

TEST(EncryptedInput, WithoutItsKeyIsRefusedInOneLine) {
  const TempDir directory;
  const fs::path file = ByFfmpeg(directory, {});
  for (const Strings& flags :
       {Strings{}, Strings{"--input-key", std::string(32, 'a') + ":" + kKey}}) {
    Strings command = {"package",      file,  "-o", directory.path() / "out",
                       "--encryption", "none"};
    command.insert(command.end(), flags.begin(), flags.end());
    const Outcome outcome = RunUsher(command);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.err, "usher: " + file.string() +
                               ": is encrypted under key " + kKid +
                               "; give that key, --input-key " + kKid +
                               ":KEY, or the film in the clear\n");
    EXPECT_FALSE(exists(directory.path() / "out" / "encrypted"));
  }
}

std::vector<config::InputKey> TheKey() {
  std::vector<config::InputKey> keys;
  keys.push_back({*keys::KeyId::Parse(kKid), SecretBytes(*FromHex(kKey))});
  return keys;
}

// A reader may ask for any piece of a file, and for the same one again.
TEST(DecryptedFile, IsTheSameByAnyPieces) {
  const TempDir directory;
  const PackagedFilm film({TestMedia("film.mp4")},
                          {"--encryption", "cbcs", "--single-file", "--key",
                           std::string(kKid) + ":" + kKey});
  for (const fs::path& source :
       {ByFfmpeg(directory, {}), film.directory() / kVideo / "v180.mp4"}) {
    const std::string bytes = ReadFile(source);
    const auto keys = TheKey();
    const auto opened =
        DecryptedFile(std::make_shared<MemoryInput>(bytes), keys);
    ASSERT_TRUE(opened) << opened.error().OneLine();
    Bytes whole(bytes.size());
    ASSERT_TRUE((*opened)->Read(0, whole));
    EXPECT_NE(AsText(whole), bytes);
    EXPECT_EQ(AsText(whole).find("senc"), std::string::npos);
    for (const size_t step : {size_t{1000}, size_t{4093}, size_t{65536}}) {
      Bytes pieces(bytes.size());
      for (size_t at = 0; at < pieces.size(); at += step) {
        ASSERT_TRUE((*opened)->Read(
            at,
            std::span(pieces).subspan(at, std::min(step, pieces.size() - at))));
      }
      EXPECT_EQ(pieces, whole) << step;
    }
    // Single bytes, also of a box's name, from the back.
    for (size_t at = bytes.size(); at > bytes.size() - 300;) {
      uint8_t one = 0;
      ASSERT_TRUE((*opened)->Read(--at, {&one, 1}));
      EXPECT_EQ(one, whole[at]);
    }
  }
}

TEST(DecryptedFile, OfAClearFilmIsTheFilm) {
  const auto input =
      std::make_shared<MemoryInput>(ReadFile(TestMedia("film.mp4")));
  const auto opened = DecryptedFile(input, {});
  ASSERT_TRUE(opened);
  EXPECT_EQ(*opened, input);
}

void PutU32(std::string& bytes, size_t at, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) {
    bytes[at + i] = static_cast<char>(value >> (24 - 8 * i));
  }
}

// Absurd counts are refused before memory is taken for them.
TEST(DecryptedFile, RefusesAFragmentOfMillionsOfSamples) {
  const PackagedFilm film(
      {TestMedia("film.mp4")},
      {"--encryption", "cenc", "--key", std::string(kKid) + ":" + kKey});
  std::string bytes = ReadFile(film.Joined(kVideo));
  PutU32(bytes, bytes.find("trun") + 8, 0xFFFFFFFF);
  const auto keys = TheKey();
  const auto opened = DecryptedFile(std::make_shared<MemoryInput>(bytes), keys);
  ASSERT_TRUE(opened);
  Bytes out(bytes.size());
  const auto read = (*opened)->Read(0, out);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().OneLine(),
            "memory: has a fragment of more than 100000 samples; package it "
            "again with shorter fragments");
}

TEST(DecryptedFile, RefusesSamplesWithoutIvs) {
  const PackagedFilm film(
      {TestMedia("film.mp4")},
      {"--encryption", "cenc", "--key", std::string(kKid) + ":" + kKey});
  std::string bytes = ReadFile(film.Joined(kVideo));
  for (const char* type : {"senc", "saio"}) {
    bytes.replace(bytes.find(type), 4, "free");
  }
  const auto keys = TheKey();
  const auto opened = DecryptedFile(std::make_shared<MemoryInput>(bytes), keys);
  ASSERT_TRUE(opened);
  Bytes out(bytes.size());
  const auto read = (*opened)->Read(0, out);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().OneLine(),
            "memory: is encrypted without telling the IVs (senc); give the "
            "film in the clear");
}

}  // namespace
}  // namespace usher::testing

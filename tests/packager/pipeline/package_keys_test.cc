#include "packager/pipeline/package_keys.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "packager/encrypt/iv.h"
#include "tests/support/temp_dir.h"

namespace usher {
namespace {

using testing::TempDir;

// Two names whose 20-bit tags are equal under a salt of zeros.
const std::vector<std::string> kCollidingTracks = {"cam-739", "cam-2340"};

// Zeros until `zero_draws` buffers were filled, then 1, 2, 3, ...
class ZerosFirst final : public RandomSource {
 public:
  explicit ZerosFirst(int zero_draws) : zero_draws_(zero_draws) {}
  void Fill(std::span<uint8_t> bytes) override {
    if (zero_draws_-- > 0) {
      std::ranges::fill(bytes, 0);
    } else {
      for (uint8_t& byte : bytes) byte = ++next_;
    }
  }

 private:
  int zero_draws_;
  uint8_t next_ = 0;
};

class TrackSalt : public ::testing::Test {
 protected:
  TrackSalt() {
    options_.event = "fight";
    options_.schemes = {Scheme::kCenc};
    options_.key_store = directory_ / "keys";
    options_.master_key = directory_ / "master.key";
  }

  TempDir directory_;
  config::PackageOptions options_;
};

const std::vector<KeyGroup> kCollidingGroup = {{"", {0, 1}, kCollidingTracks}};
const std::vector<CryptoPeriod> kOnePeriod(1);

TEST_F(TrackSalt, IsDrawnAgainWhereTracksWouldShareIvs) {
  // KID, key and salt, behind the master key: all zeros.
  ZerosFirst random(6);
  const auto keys =
      PackageKeys::Provide(options_, kCollidingGroup, kOnePeriod, random);
  ASSERT_TRUE(keys) << keys.error().OneLine();
  EXPECT_TRUE(
      CheckTrackTags(keys->Of(0, 0).at(0).key->salt.view(), kCollidingTracks));
}

TEST_F(TrackSalt, IsRefusedWhereItWasGiven) {
  options_.keys.explicit_keys.push_back({{}, {}, SecretBytes(size_t{16})});
  options_.keys.salt = SecretBytes(size_t{16});
  ZerosFirst random(0);
  const auto keys =
      PackageKeys::Provide(options_, kCollidingGroup, kOnePeriod, random);
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(keys.error().where, "--salt");
}

TEST_F(TrackSalt, IsGivenUpOnInTheEnd) {
  ZerosFirst random(1000);
  EXPECT_FALSE(
      PackageKeys::Provide(options_, kCollidingGroup, kOnePeriod, random));
}

class KeysOfTracks : public TrackSalt {
 protected:
  Result<PackageKeys> Provide() {
    ZerosFirst random(0);
    return PackageKeys::Provide(options_, groups_, periods_, random);
  }

  std::vector<KeyGroup> groups_ = {{"video", {0}, {"v720"}},
                                   {"audio", {1, 2}, {"a-eng", "a-deu"}}};
  // A clear lead, and two crypto periods.
  std::vector<CryptoPeriod> periods_ = {
      {1, {}, true}, {3, {}, false}, {5, {}, false}};
};

TEST_F(KeysOfTracks, AreOneAGroupAndPeriod) {
  const auto keys = Provide();
  ASSERT_TRUE(keys) << keys.error().OneLine();
  EXPECT_EQ(keys->Kids(0).size(), 4U);
  const TrackKeys video = keys->Of(0, 0);
  ASSERT_EQ(video.size(), 3U);
  EXPECT_EQ(video[0].key, nullptr);
  EXPECT_EQ(video[1].first_number, 3U);
  EXPECT_NE(video[1].key->kid, video[2].key->kid);
  const TrackKeys english = keys->Of(0, 1);
  const TrackKeys german = keys->Of(0, 2);
  EXPECT_NE(english[1].key->kid, video[1].key->kid);
  EXPECT_EQ(english[2].key, german[2].key);
}

TEST_F(KeysOfTracks, AreAllInTheStoreAndGoUnlessKept) {
  const auto stored = [&] {
    size_t files = 0;
    const auto directory = options_.key_store / "fight";
    if (!std::filesystem::exists(directory)) return files;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      files += entry.path().extension() == ".key" ? 1 : 0;
    }
    return files;
  };
  {
    const auto keys = Provide();
    EXPECT_EQ(stored(), 4U);
  }
  EXPECT_EQ(stored(), 0U);
}

TEST_F(KeysOfTracks, AreTakenInOrderWhereGiven) {
  for (const uint8_t kid : {1, 2, 3, 4}) {
    options_.keys.explicit_keys.push_back({kid % 2 == 1 ? "video" : "audio",
                                           {.bytes = {kid}},
                                           SecretBytes(size_t{16})});
  }
  const auto keys = Provide();
  ASSERT_TRUE(keys) << keys.error().OneLine();
  EXPECT_EQ(keys->Of(0, 0).at(2).key->kid.bytes[0], 3);
  EXPECT_EQ(keys->Of(0, 1).at(1).key->kid.bytes[0], 2);
}

TEST_F(KeysOfTracks, AreRefusedWhereThereAreTooFew) {
  for (const char* track : {"video", "video", "audio"}) {
    const auto kid = static_cast<uint8_t>(options_.keys.explicit_keys.size());
    options_.keys.explicit_keys.push_back(
        {track, {.bytes = {kid}}, SecretBytes(size_t{16})});
  }
  const auto keys = Provide();
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().OneLine(),
            "--key: 1 given of audio for 2 crypto periods; give one for each, "
            "or leave --key out");
}

}  // namespace
}  // namespace usher

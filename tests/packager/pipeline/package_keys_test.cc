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

TEST_F(TrackSalt, IsDrawnAgainWhereTracksWouldShareIvs) {
  // KID, key and salt, behind the master key: all zeros.
  ZerosFirst random(6);
  const auto keys = PackageKeys::Provide(options_, kCollidingTracks, random);
  ASSERT_TRUE(keys) << keys.error().OneLine();
  EXPECT_TRUE(CheckTrackTags(keys->Of(0)->salt.view(), kCollidingTracks));
}

TEST_F(TrackSalt, IsRefusedWhereItWasGiven) {
  options_.key.emplace();
  options_.key->key = SecretBytes(size_t{16});
  options_.salt = SecretBytes(size_t{16});
  ZerosFirst random(0);
  const auto keys = PackageKeys::Provide(options_, kCollidingTracks, random);
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(keys.error().where, "--salt");
}

TEST_F(TrackSalt, IsGivenUpOnInTheEnd) {
  ZerosFirst random(1000);
  EXPECT_FALSE(PackageKeys::Provide(options_, kCollidingTracks, random));
}

}  // namespace
}  // namespace usher

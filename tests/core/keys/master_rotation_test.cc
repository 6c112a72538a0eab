#include "core/keys/master_rotation.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "core/crypto/system_random.h"
#include "core/keys/key_store.h"
#include "tests/support/temp_dir.h"

namespace usher::keys {
namespace {

using ::usher::testing::ReadFile;
using ::usher::testing::TempDir;
using ::usher::testing::WriteFile;
namespace fs = std::filesystem;

class MasterRotationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    KeyStore store = Store();
    for (ContentKey& key : keys_) {
      key = NewContentKey(random_);
      ASSERT_TRUE(store.Add("fight", key, random_));
    }
    keys_[1].from = 4'000'000'000;  // one that waits for its period
    keys_[1].kid.bytes[0] ^= 1;
    ASSERT_TRUE(store.Add("cup", keys_[1], random_));
  }
  KeyStore Store() {
    return KeyStore::OpenOrCreate(root_, master_, random_).value();
  }
  MasterRotation Rotate(bool finish = false) {
    const auto done = RotateMaster(root_, master_, finish, random_);
    EXPECT_TRUE(done) << done.error().OneLine();
    return done.value_or(MasterRotation{});
  }
  void ExpectAllOpen() {
    const KeyStore store = Store();
    size_t opened = 0;
    const auto events = store.Events().value();
    for (const std::string& event : events) {
      const auto kids = store.List(event).value();
      for (const KeyId& kid : kids) {
        const auto key = store.Get(event, kid);
        EXPECT_TRUE(key) << key.error().OneLine();
        ++opened;
      }
    }
    EXPECT_EQ(opened, 4U);
    const auto key = store.Get("cup", keys_[1].kid);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->from, keys_[1].from);
    EXPECT_TRUE(std::ranges::equal(key->key.view(), keys_[1].key.view()));
    EXPECT_TRUE(std::ranges::equal(key->salt.view(), keys_[1].salt.view()));
  }

  TempDir directory_;
  const fs::path root_ = directory_ / "keys";
  const fs::path master_ = directory_ / "master.key";
  crypto::SystemRandom random_;
  ContentKey keys_[3];
};

TEST_F(MasterRotationTest, SealsEveryKeyAnewAndKeepsTheOldMasterForReaders) {
  const std::string old = ReadFile(master_);
  const MasterRotation rotation = Rotate();
  EXPECT_EQ(rotation.resealed, 4U);
  EXPECT_EQ(rotation.already, 0U);
  EXPECT_FALSE(rotation.resumed);
  EXPECT_EQ(rotation.older_masters, 1U);
  ExpectAllOpen();
  EXPECT_TRUE(ReadFile(master_).ends_with(old)) << "the old one last";
  EXPECT_EQ(ReadFile(master_).size(), 2 * old.size());
}

TEST_F(MasterRotationTest, FinishingForgetsTheOldMaster) {
  const std::string old = ReadFile(master_);
  Rotate();
  const MasterRotation finished = Rotate(/*finish=*/true);
  EXPECT_EQ(finished.older_masters, 0U);
  EXPECT_EQ(ReadFile(master_).size(), old.size());
  EXPECT_NE(ReadFile(master_), old);
  ExpectAllOpen();
  WriteFile(master_, old);
  fs::permissions(master_, fs::perms(0640));
  EXPECT_FALSE(Store().Get("cup", keys_[1].kid)) << "sealed under the new one";
}

TEST_F(MasterRotationTest, GoesOnWhereItWasInterrupted) {
  Rotate();
  const std::string both = ReadFile(master_);
  // A packager that read the old master key before seals under it still.
  WriteFile(directory_ / "old", both.substr(both.size() / 2));
  fs::permissions(directory_ / "old", fs::perms(0640));
  fs::remove(Store().PathOf("cup", keys_[1].kid));
  KeyStore late(root_, MasterKey::Read(directory_ / "old").value());
  ASSERT_TRUE(late.Add("cup", keys_[1], random_));
  ExpectAllOpen();
  const MasterRotation again = Rotate();
  EXPECT_TRUE(again.resumed);
  EXPECT_EQ(again.resealed, 1U);
  EXPECT_EQ(again.already, 3U);
  EXPECT_EQ(ReadFile(master_), both) << "no third master key";
}

TEST_F(MasterRotationTest, FinishingSealsWhatIsLeftFirst) {
  // As killed right after step 1.
  const MasterKey both = MasterKey::Read(master_)->WithNew(random_);
  WriteFile(master_, AsText(both.ToText().view()));
  fs::permissions(master_, fs::perms(0640));
  ExpectAllOpen();
  const MasterRotation finished = Rotate(/*finish=*/true);
  EXPECT_EQ(finished.resealed, 4U);
  ExpectAllOpen();
}

TEST_F(MasterRotationTest, AKeyThatDoesNotOpenIsNamedAndNothingIsForgotten) {
  Rotate();
  const std::string both = ReadFile(master_);
  const fs::path damaged = Store().PathOf("cup", keys_[1].kid);
  std::string bytes = ReadFile(damaged);
  bytes.back() ^= 1;
  WriteFile(damaged, bytes);
  const auto finished = RotateMaster(root_, master_, true, random_);
  ASSERT_FALSE(finished);
  EXPECT_TRUE(finished.error().OneLine().contains(damaged.string()));
  EXPECT_EQ(ReadFile(master_), both);
}

TEST_F(MasterRotationTest, FilesKeepTheirModes) {
  const fs::path file = Store().PathOf("cup", keys_[1].kid);
  ASSERT_EQ(chmod(file.c_str(), 0600), 0);
  ASSERT_EQ(chmod(master_.c_str(), 0440), 0);
  Rotate();
  EXPECT_EQ(fs::status(file).permissions(), fs::perms(0600));
  EXPECT_EQ(fs::status(master_).permissions(), fs::perms(0440));
  for (const auto& entry :
       fs::recursive_directory_iterator(directory_.path())) {
    EXPECT_FALSE(entry.path().filename().string().starts_with("."))
        << entry.path() << " was left behind";
  }
}

TEST_F(MasterRotationTest, OnlyOneRunsAtATime) {
  const int other = open(root_.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(flock(other, LOCK_EX | LOCK_NB), 0);
  const auto refused = RotateMaster(root_, master_, false, random_);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().OneLine().contains("another rotation"));
  close(other);
  Rotate();
}

TEST_F(MasterRotationTest, ThereMustBeSomethingToFinish) {
  EXPECT_FALSE(RotateMaster(root_, master_, true, random_));
  EXPECT_FALSE(RotateMaster(directory_ / "none", master_, false, random_));
  EXPECT_FALSE(RotateMaster(root_, directory_ / "none", false, random_));
}

}  // namespace
}  // namespace usher::keys

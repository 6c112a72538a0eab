#include "core/keys/key_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "tests/fakes/fixed_random.h"
#include "tests/support/temp_dir.h"

namespace usher::keys {
namespace {

using ::usher::testing::FixedRandom;
using ::usher::testing::ReadFile;
using ::usher::testing::TempDir;
using ::usher::testing::WriteFile;
namespace fs = std::filesystem;

class Store : public ::testing::Test {
 protected:
  KeyId Add(std::string_view event) {
    const ContentKey key = NewContentKey(random_);
    const Status added = store_.Add(event, key, random_);
    EXPECT_TRUE(added) << added.error().OneLine();
    return key.kid;
  }

  TempDir directory_;
  FixedRandom random_;
  const fs::path root_ = directory_ / "keys";
  KeyStore store_{root_,
                  *MasterKey::ReadOrCreate(directory_ / "master.key", random_)};
};

TEST_F(Store, GivesBackWhatWasAdded) {
  const ContentKey key = NewContentKey(random_);
  ASSERT_TRUE(store_.Add("fight", key, random_));
  const auto got = store_.Get("fight", key.kid);
  ASSERT_TRUE(got) << got.error().OneLine();
  EXPECT_TRUE(EqualInConstantTime(got->key.view(), key.key.view()));
  EXPECT_TRUE(EqualInConstantTime(got->salt.view(), key.salt.view()));
}

TEST_F(Store, KeepsEachKeyInAFileOfItsEventThatOnlyItsGroupReads) {
  const mode_t mask = umask(022);
  const KeyId kid = Add("fight");
  umask(mask);
  const fs::path file = root_ / "fight" / (kid.ToHex() + ".key");
  EXPECT_EQ(store_.PathOf("fight", kid), file);
  struct stat status;
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
  ASSERT_EQ(stat((root_ / "fight").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0750U);
}

TEST_F(Store, ListsKidsAndEventsInOrderAndNothingElse) {
  const KeyId first = Add("fight");
  const KeyId second = Add("fight");
  Add("cup");
  WriteFile(root_ / "fight/notes.txt", "");
  WriteFile(root_ / "fight/zz.key", "");
  WriteFile(root_ / "fight" / ("." + first.ToHex() + ".key.1.0.tmp"), "");
  WriteFile(root_ / "README", "");
  fs::create_directory(root_ / ".git");
  const auto kids = store_.List("fight");
  ASSERT_TRUE(kids);
  EXPECT_EQ(*kids, (std::vector<KeyId>{std::min(first, second),
                                       std::max(first, second)}));
  const auto events = store_.Events();
  ASSERT_TRUE(events);
  EXPECT_EQ(*events, (std::vector<std::string>{"cup", "fight"}));
}

TEST_F(Store, ThatIsNotThereYetIsEmpty) {
  EXPECT_TRUE(store_.List("fight")->empty());
  EXPECT_TRUE(store_.Events()->empty());
}

TEST_F(Store, NeverReplacesAKey) {
  ContentKey key = NewContentKey(random_);
  ASSERT_TRUE(store_.Add("fight", key, random_));
  const fs::path file = store_.PathOf("fight", key.kid);
  const std::string before = ReadFile(file);
  random_.Fill(key.key.writable());
  const Status again = store_.Add("fight", key, random_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().OneLine(),
            file.string() +
                ": the event has a key of this KID already; choose another "
                "KID, or leave --key out");
  EXPECT_EQ(ReadFile(file), before);
}

TEST_F(Store, RefusesAKeyMovedToAnotherEventOrKidAndNamesTheFile) {
  const KeyId kid = Add("fight");
  const KeyId other = Add("cup");
  fs::copy_file(store_.PathOf("fight", kid), store_.PathOf("cup", kid));
  fs::copy_file(store_.PathOf("cup", other),
                store_.PathOf("cup", KeyId{.bytes = {7}}));
  for (const KeyId& moved : {kid, KeyId{.bytes = {7}}}) {
    const auto got = store_.Get("cup", moved);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().where, store_.PathOf("cup", moved).string());
    EXPECT_NE(got.error().what.find("belongs to another event or KID"),
              std::string::npos);
  }
}

TEST_F(Store, RefusesATruncatedKeyFile) {
  const KeyId kid = Add("fight");
  fs::resize_file(store_.PathOf("fight", kid), 30);
  const auto got = store_.Get("fight", kid);
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().OneLine().find("is damaged"), std::string::npos);
}

TEST_F(Store, StaysInItsRootWhateverTheEventIsCalled) {
  Add("fight");
  const KeyId kid = store_.List("fight")->front();
  for (const std::string& event :
       {std::string(""), std::string("."), std::string(".."),
        std::string("../keys/fight"), std::string("/etc"),
        std::string("fight/../fight"), std::string("fight\0x", 7),
        std::string("FIGHT"), std::string(256, 'a')}) {
    EXPECT_FALSE(store_.Add(event, NewContentKey(random_), random_)) << event;
    EXPECT_FALSE(store_.Get(event, kid)) << event;
    EXPECT_FALSE(store_.List(event)) << event;
  }
}

TEST_F(Store, SaysWhichKeyIsMissing) {
  const KeyId kid{.bytes = {9}};
  const auto got = store_.Get("fight", kid);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(got.error().where, store_.PathOf("fight", kid).string());
}

TEST(NewStore, MakesItsMasterKeyOnceAndNotAgainWhenItIsLost) {
  TempDir directory;
  FixedRandom random;
  const fs::path master = directory / "master.key";
  const auto open = [&] {
    return KeyStore::OpenOrCreate(directory / "keys", master, random);
  };
  auto store = open();
  ASSERT_TRUE(store) << store.error().OneLine();
  fs::remove(master);
  ASSERT_TRUE(store = open()) << "an empty store has nothing to lose";
  const ContentKey key = NewContentKey(random);
  ASSERT_TRUE(store->Add("fight", key, random));
  ASSERT_TRUE(open()->Get("fight", key.kid));
  fs::rename(master, directory / "moved");
  const auto lost = open();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().where, master.string());
  EXPECT_FALSE(fs::exists(master));
}

TEST(NewContentKey, IsNewEachTimeAndOfTheRightSize) {
  FixedRandom random;
  const ContentKey one = NewContentKey(random);
  const ContentKey two = NewContentKey(random);
  EXPECT_EQ(one.key.size(), 16U);
  EXPECT_EQ(one.salt.size(), 16U);
  EXPECT_NE(one.kid, two.kid);
  EXPECT_FALSE(EqualInConstantTime(one.key.view(), two.key.view()));
  EXPECT_FALSE(EqualInConstantTime(one.key.view(), one.salt.view()));
}

}  // namespace
}  // namespace usher::keys

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "core/base/hex.h"
#include "core/keys/key_store.h"
#include "tests/fakes/fixed_random.h"
#include "tests/support/temp_dir.h"

namespace usher::keys {
namespace {

using ::usher::testing::FixedRandom;
using ::usher::testing::TempDir;

MasterKey NewMaster(uint8_t seed) {
  TempDir directory;
  FixedRandom random(seed);
  return *MasterKey::ReadOrCreate(directory / "master.key", random);
}

class SealedKey : public ::testing::Test {
 protected:
  std::string OpenError(ByteView sealed) const {
    const auto opened = Open(master_, "fight", key_.kid, sealed);
    return opened ? "" : opened.error().OneLine();
  }

  FixedRandom random_;
  MasterKey master_ = NewMaster(1);
  ContentKey key_ = NewContentKey(random_);
  Bytes sealed_ = Seal(master_, "fight", key_, random_);
};

TEST_F(SealedKey, OpensToWhatWasSealed) {
  const auto opened = Open(master_, "fight", key_.kid, sealed_);
  ASSERT_TRUE(opened) << opened.error().OneLine();
  EXPECT_EQ(opened->kid, key_.kid);
  EXPECT_TRUE(EqualInConstantTime(opened->key.view(), key_.key.view()));
  EXPECT_TRUE(EqualInConstantTime(opened->salt.view(), key_.salt.view()));
}

TEST_F(SealedKey, HasTheFormThatTheHeaderDocuments) {
  EXPECT_EQ(sealed_.size(), 68U);
  EXPECT_EQ(ToHex(ByteView(sealed_).first(8)), "5553484b01000000");
}

TEST_F(SealedKey, DoesNotShowTheKeyOrTheSalt) {
  const std::string text(AsText(sealed_));
  EXPECT_EQ(text.find(AsText(key_.key.view())), std::string::npos);
  EXPECT_EQ(text.find(AsText(key_.salt.view())), std::string::npos);
}

TEST_F(SealedKey, DoesNotOpenWithAnyBitFlipped) {
  for (size_t bit = 0; bit < sealed_.size() * 8; ++bit) {
    Bytes damaged = sealed_;
    damaged[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    EXPECT_NE(OpenError(damaged), "") << bit;
  }
}

TEST_F(SealedKey, DoesNotOpenAtAnyOtherLength) {
  for (size_t size = 0; size < sealed_.size(); ++size) {
    EXPECT_NE(OpenError(ByteView(sealed_).first(size)), "") << size;
  }
  Bytes longer = sealed_;
  longer.push_back(0);
  EXPECT_NE(OpenError(longer), "");
}

TEST_F(SealedKey, DoesNotOpenForAnotherEventKidOrMasterKey) {
  KeyId other = key_.kid;
  other.bytes[15] ^= 1;
  EXPECT_FALSE(Open(master_, "fight-2", key_.kid, sealed_));
  EXPECT_FALSE(Open(master_, "figh", key_.kid, sealed_));
  EXPECT_FALSE(Open(master_, "", key_.kid, sealed_));
  EXPECT_FALSE(Open(master_, "fight", other, sealed_));
  EXPECT_FALSE(Open(NewMaster(2), "fight", key_.kid, sealed_));
}

// An event name that ends like a KID begins must not stand for another pair.
TEST_F(SealedKey, IsBoundToTheEventNameAsAWhole) {
  ContentKey key = NewContentKey(random_);
  key.kid.bytes.fill('a');
  const Bytes sealed = Seal(master_, "fight", key, random_);
  EXPECT_FALSE(Open(master_, "fighta", key.kid, sealed));
}

TEST_F(SealedKey, TellsForeignFilesAndLaterVersionsFromDamage) {
  const std::string where = "fight/" + key_.kid.ToHex() + ".key: ";
  EXPECT_EQ(OpenError(AsBytes("<html>")),
            where + "is no sealed key file; check the path");
  Bytes later = sealed_;
  later[4] = 3;
  EXPECT_EQ(OpenError(later),
            where +
                "is sealed in a form this version does not know; use a newer "
                "usher");
  EXPECT_EQ(
      OpenError(ByteView(sealed_).first(60)),
      where + "is damaged: its length is wrong; restore it from a backup");
}

// The key of a live event's later crypto period.
TEST_F(SealedKey, SaysSinceWhenItMayBeAnswered) {
  EXPECT_EQ(Open(master_, "fight", key_.kid, sealed_)->from, 0U);
  key_.from = 0x0102'0304'0506'0708;
  const Bytes dated = Seal(master_, "fight", key_, random_);
  EXPECT_EQ(ToHex(ByteView(dated).first(16)),
            "5553484b02000000"
            "0102030405060708");
  const auto opened = Open(master_, "fight", key_.kid, dated);
  ASSERT_TRUE(opened) << opened.error().OneLine();
  EXPECT_EQ(opened->from, key_.from);
  EXPECT_TRUE(EqualInConstantTime(opened->key.view(), key_.key.view()));
  EXPECT_TRUE(EqualInConstantTime(opened->salt.view(), key_.salt.view()));
}

TEST_F(SealedKey, CannotBeGivenAnotherDate) {
  key_.from = 1'800'000'000;
  const Bytes dated = Seal(master_, "fight", key_, random_);
  for (size_t bit = 0; bit < dated.size() * 8; ++bit) {
    Bytes damaged = dated;
    damaged[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    EXPECT_NE(OpenError(damaged), "") << bit;
  }
  Bytes undated = dated;
  undated[4] = 1;
  undated.erase(undated.begin() + 8, undated.begin() + 16);
  EXPECT_NE(OpenError(undated), "");
  for (size_t size = 0; size < dated.size(); ++size) {
    EXPECT_NE(OpenError(ByteView(dated).first(size)), "") << size;
  }
}

TEST_F(SealedKey, DiffersEachTimeItIsSealed) {
  EXPECT_NE(Seal(master_, "fight", key_, random_), sealed_);
}

}  // namespace
}  // namespace usher::keys

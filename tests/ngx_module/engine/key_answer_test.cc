#include "ngx_module/engine/key_answer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/base/base64url.h"
#include "core/crypto/system_random.h"
#include "tests/support/temp_dir.h"

namespace usher::engine {
namespace {

using Json = nlohmann::json;
using Kind = KeyFailure::Kind;

class KeyAnswerTest : public ::testing::Test {
 protected:
  KeyAnswerTest()
      : master_(*keys::MasterKey::ReadOrCreate(directory_ / "master", random_)),
        store_(directory_.path(), master_.Clone()) {
    for (keys::ContentKey& key : keys_) {
      key = keys::NewContentKey(random_);
      EXPECT_TRUE(store_.Add("film", key, random_));
    }
  }
  KeyResult<SecretBytes> Find(std::string_view path, uint64_t now = 0) const {
    return FindKey(master_, directory_.path(), path, now);
  }
  KeyResult<std::string> Licence(const Json& request,
                                 std::string_view path = "/film/key/",
                                 uint64_t now = 0) const {
    return MakeLicence(master_, directory_.path(), path, request.dump(), now);
  }
  std::string Kid(int number) const {
    return ToBase64Url(keys_[number].kid.view());
  }

  testing::TempDir directory_;
  crypto::SystemRandom random_;
  keys::MasterKey master_;
  keys::KeyStore store_;
  keys::ContentKey keys_[2];
};

TEST_F(KeyAnswerTest, AKeyIsFoundUnderItsOwnEventOnly) {
  const auto key = Find("/film/key/" + keys_[0].kid.ToHex());
  ASSERT_TRUE(key);
  EXPECT_TRUE(EqualInConstantTime(key->view(), keys_[0].key.view()));
  for (const std::string& path :
       {"/other/key/" + keys_[0].kid.ToHex(), std::string("/film/key/"),
        std::string("/film/key/00000000000000000000000000000000"),
        std::string("/film/v720/1.m4s"), std::string("/")}) {
    const auto missing = Find(path);
    ASSERT_FALSE(missing) << path;
    EXPECT_EQ(missing.error().kind, Kind::kUnknown) << path;
  }
}

TEST_F(KeyAnswerTest, ALicenceHoldsTheKnownOfTheKeysAskedFor) {
  const std::string unknown = ToBase64Url(Bytes(16, 0));
  const auto licence = Licence({{"kids", {Kid(1), unknown, Kid(0)}}});
  ASSERT_TRUE(licence);
  const Json keys = Json::parse(*licence)["keys"];
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0]["kid"], Kid(1));
  EXPECT_EQ(keys[0]["k"], ToBase64Url(keys_[1].key.view()));
  EXPECT_EQ(Licence({{"kids", {unknown}}}).error().kind, Kind::kUnknown);
  EXPECT_EQ(Licence({{"kids", {Kid(0)}}}, "/other/key/").error().kind,
            Kind::kUnknown);
}

// Growing it would leave copies of keys in memory that was freed.
TEST_F(KeyAnswerTest, ALicenceIsWrittenWithoutGrowing) {
  Json kids = Json::array();
  for (size_t i = 0; i < kMostKids; ++i) kids.push_back(Kid(0));
  const auto licence = Licence({{"kids", kids}});
  ASSERT_TRUE(licence);
  const size_t jwk = Json::parse(*licence)["keys"][0].dump().size();
  EXPECT_LE(jwk + 1, 96u) << "what is reserved for each";
  EXPECT_EQ(Json::parse(*licence)["keys"].size(), kMostKids);
  std::string wiped = *licence;
  const std::string_view before(wiped.data(), 8);
  WipeText(wiped);
  EXPECT_EQ(before.substr(1), std::string(7, '\0')) << "also behind its end";
}

TEST_F(KeyAnswerTest, MalformedRequestsAreBad) {
  Json many = {{"kids", Json::array()}};
  for (size_t i = 0; i <= kMostKids; ++i) many["kids"].push_back(Kid(0));
  for (const Json& request : std::initializer_list<Json>{
           Json(),
           Json::array(),
           Json::object(),
           {{"kids", Kid(0)}},
           {{"kids", Json::array()}},
           {{"kids", {7}}},
           {{"kids", {"AAAA"}}},
           {{"kids", {Kid(0) + "="}}},
           {{"kids", {Kid(0)}}, {"type", "persistent-license"}},
           {{"kids", {Kid(0)}}, {"type", 7}},
           many}) {
    const auto refused = Licence(request);
    ASSERT_FALSE(refused) << request.dump();
    EXPECT_EQ(refused.error().kind, Kind::kBadRequest) << request.dump();
  }
}

TEST_F(KeyAnswerTest, TheKeyOfALaterPeriodWaitsForItsTime) {
  keys::ContentKey later = keys::NewContentKey(random_);
  later.from = 1000;
  ASSERT_TRUE(store_.Add("film", later, random_));
  const std::string path = "/film/key/" + later.kid.ToHex();
  const auto early = Find(path, 970);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().kind, Kind::kNotYet);
  EXPECT_EQ(early.error().seconds_early, 30u);
  EXPECT_TRUE(Find(path, 1000));
  const std::string kid = ToBase64Url(later.kid.view());
  EXPECT_EQ(Licence({{"kids", {kid}}}, "/film/key/", 999).error().kind,
            Kind::kNotYet);
  const Json both = {{"kids", {kid, Kid(0)}}};
  const auto some = Licence(both, "/film/key/", 999);
  ASSERT_TRUE(some) << "this period's key does not wait for the next one's";
  EXPECT_EQ(Json::parse(*some)["keys"].size(), 1u);
  EXPECT_EQ(Json::parse(*Licence(both, "/film/key/", 1000))["keys"].size(), 2u);
}

TEST_F(KeyAnswerTest, ADamagedKeyIsAFailureThatNamesTheFile) {
  const auto file = store_.PathOf("film", keys_[0].kid);
  testing::WriteFile(file, "garbage");
  const auto failed = Find("/film/key/" + keys_[0].kid.ToHex());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, Kind::kFailed);
  EXPECT_TRUE(failed.error().error.OneLine().contains(file.string()));
}

}  // namespace
}  // namespace usher::engine

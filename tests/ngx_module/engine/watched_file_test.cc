#include "ngx_module/engine/watched_file.h"

#include <gtest/gtest.h>

#include "tests/ngx_module/engine/engine_fixture.h"
#include "tests/support/temp_dir.h"

namespace usher::engine {
namespace {

namespace fs = std::filesystem;
using fs::perms;

class WatchedFileTest : public ::testing::Test {
 protected:
  // Under another inode, as a deployment does.
  void Put(std::string_view contents,
           perms mode = perms::owner_read | perms::group_read) {
    const fs::path fresh = directory_ / "fresh";
    testing::WriteFile(fresh, contents);
    fs::permissions(fresh, mode);
    fs::rename(fresh, path_);
  }
  static std::string Jwks(std::string_view kid) {
    return "{\"keys\":[" + *MakeKey().PublicJwk(kid) + "]}";
  }

  testing::TempDir directory_;
  const fs::path path_ = directory_ / "file";
};

TEST_F(WatchedFileTest, UnchangedContentsAreNotReadAgain) {
  Put(Jwks("a"));
  TicketKeysFile file(path_);
  ASSERT_TRUE(file.Load());
  EXPECT_FALSE(*file.Poll());
  EXPECT_NE(file.keys().Find("a"), nullptr);
}

TEST_F(WatchedFileTest, NewContentsAreAdopted) {
  Put(Jwks("a"));
  TicketKeysFile file(path_);
  ASSERT_TRUE(file.Load());
  Put(Jwks("b"));
  EXPECT_TRUE(*file.Poll());
  EXPECT_EQ(file.keys().Find("a"), nullptr);
  EXPECT_NE(file.keys().Find("b"), nullptr);
  EXPECT_FALSE(*file.Poll());
}

TEST_F(WatchedFileTest, BadContentsAreToldOnceAndTheOldOnesStay) {
  Put(Jwks("a"));
  TicketKeysFile file(path_);
  ASSERT_TRUE(file.Load());
  for (const char* bad : {"garbage", "", "{}"}) {
    Put(bad);
    EXPECT_FALSE(file.Poll()) << bad;
    EXPECT_FALSE(*file.Poll()) << bad;
    EXPECT_NE(file.keys().Find("a"), nullptr) << bad;
  }
  fs::remove(path_);
  EXPECT_FALSE(file.Poll());
  EXPECT_FALSE(*file.Poll());
  Put(Jwks("b"));
  EXPECT_TRUE(*file.Poll());
}

TEST_F(WatchedFileTest, SharedSecretsMustNotBeReadableByAll) {
  const std::string shared = R"({"keys":[{"kty":"oct","kid":"k","k":")" +
                             std::string(43, 'A') + "\"}]}";
  Put(shared, perms::owner_read | perms::others_read);
  EXPECT_FALSE(TicketKeysFile(path_).Load());
  Put(shared);
  EXPECT_TRUE(TicketKeysFile(path_).Load());
  Put(Jwks("a"), perms::owner_read | perms::others_read);
  EXPECT_TRUE(TicketKeysFile(path_).Load()) << "public keys may be public";
}

TEST_F(WatchedFileTest, SessionSecretsMustNotBeReadableByAll) {
  const std::string secrets = "1:" + std::string(64, 'a') + "\n";
  Put(secrets, perms::owner_read | perms::others_read);
  EXPECT_FALSE(SessionSecretsFile(path_).Load());
  Put(secrets);
  EXPECT_TRUE(SessionSecretsFile(path_).Load());
}

TEST_F(WatchedFileTest, AMasterKeyIsSixtyFourHexDigits) {
  Put(std::string(64, 'a') + "\n");
  EXPECT_TRUE(MasterKeyFile(path_).Load());
  Put(std::string(63, 'a'));
  EXPECT_FALSE(MasterKeyFile(path_).Load());
}

TEST_F(WatchedFileTest, ErrorsNameTheFile) {
  for (const char* bad : {"", "garbage"}) {
    Put(bad);
    EXPECT_TRUE(TicketKeysFile(path_).Load().error().OneLine().contains(
        path_.string()));
    EXPECT_TRUE(SessionSecretsFile(path_).Load().error().OneLine().contains(
        path_.string()));
    EXPECT_TRUE(
        MasterKeyFile(path_).Load().error().OneLine().contains(path_.string()));
  }
}

}  // namespace
}  // namespace usher::engine

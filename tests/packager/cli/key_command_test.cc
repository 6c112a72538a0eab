#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/packager/cli/run_usher.h"
#include "tests/support/temp_dir.h"

namespace usher::cli {
namespace {

using ::usher::testing::Outcome;
using ::usher::testing::RunUsher;
using ::usher::testing::TempDir;
using ::usher::testing::WriteFile;

class KeyCommand : public ::testing::Test {
 protected:
  Outcome Key(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "key");
    arguments.insert(arguments.end(), {"--key-store", store_.string()});
    return RunUsher(std::move(arguments));
  }

  TempDir directory_;
  const std::filesystem::path store_ = directory_ / "keys";
};

TEST_F(KeyCommand, NewMakesAKeyAndNamesItsKidOnly) {
  const Outcome made = Key({"new", "--event", "fight"});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(made.out.size(), std::string("fight ").size() + 32 + 1);
  const std::string kid = made.out.substr(6, 32);
  EXPECT_TRUE(std::filesystem::exists(store_ / "fight" / (kid + ".key")));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "master.key"));
  EXPECT_EQ(made.err, "");
}

TEST_F(KeyCommand, ExportPrintsWhatPackageTakesAsKey) {
  const std::string kid = Key({"new", "--event", "fight"}).out.substr(6, 32);
  Key({"new", "--event", "cup"});
  const Outcome exported = Key({"export", "--event", "fight"});
  EXPECT_EQ(exported.exit_code, 0);
  ASSERT_EQ(exported.out.size(), 66U) << "one key of this event";
  EXPECT_TRUE(exported.out.starts_with(kid + ":"));
  const Outcome as_json = Key({"export", "--event", "fight", "--json"});
  const auto line = nlohmann::json::parse(as_json.out);
  EXPECT_EQ(line["kid"], kid);
  EXPECT_EQ(line["key"], exported.out.substr(33, 32));
  EXPECT_EQ(line["salt"].get<std::string>().size(), 32U);
}

TEST_F(KeyCommand, ListShowsKidsAndNeverAKey) {
  Key({"new", "--event", "fight"});
  const std::string key =
      Key({"export", "--event", "fight"}).out.substr(33, 32);
  const Outcome cup = Key({"new", "--event", "cup", "--json"});
  const std::string kid = nlohmann::json::parse(cup.out)["kid"];
  const Outcome all = Key({"list"});
  EXPECT_EQ(all.exit_code, 0);
  EXPECT_TRUE(all.out.starts_with("cup " + kid + "\nfight ")) << all.out;
  EXPECT_EQ(all.out.find(key), std::string::npos);
  EXPECT_EQ(Key({"list", "--event", "cup"}).out, "cup " + kid + "\n");
}

TEST_F(KeyCommand, ListFailsWhereAKeyDoesNotOpen) {
  Key({"new", "--event", "fight"});
  std::filesystem::rename(directory_ / "master.key", directory_ / "old.key");
  WriteFile(directory_ / "master.key", std::string(64, '0'));
  std::filesystem::permissions(directory_ / "master.key",
                               std::filesystem::perms::owner_read);
  const Outcome all = Key({"list"});
  EXPECT_EQ(all.exit_code, 2);
  EXPECT_NE(all.err.find("does not open"), std::string::npos) << all.err;
  const Outcome old = Key({"list", "--event", "fight", "--master-key",
                           (directory_ / "old.key").string()});
  EXPECT_EQ(old.exit_code, 0) << old.err;
}

TEST_F(KeyCommand, NewDoesNotReplaceALostMasterKey) {
  Key({"new", "--event", "fight"});
  std::filesystem::remove(directory_ / "master.key");
  const Outcome made = Key({"new", "--event", "cup"});
  EXPECT_EQ(made.exit_code, 2);
  EXPECT_NE(made.err.find("there is no master key file"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "master.key"));
}

TEST_F(KeyCommand, RefusesBadUseInOneLine) {
  const Outcome no_master = Key({"list"});
  EXPECT_EQ(no_master.exit_code, 2);
  EXPECT_EQ(no_master.err,
            "usher: " + (directory_ / "master.key").string() +
                ": there is no master key file; copy it from the machine that "
                "packages, or from a backup\n");
  const Outcome bad_name = Key({"new", "--event", "../x"});
  EXPECT_EQ(bad_name.exit_code, 2);
  EXPECT_EQ(bad_name.err, "usher: --event: '../x' is no event name; try 'x'\n");
  EXPECT_EQ(Key({"new"}).exit_code, 2);
  Key({"new", "--event", "fight"});
  const Outcome none = Key({"export", "--event", "cup"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_EQ(none.err, "usher: --event: 'cup' has no key; see usher key list\n");
  EXPECT_EQ(none.out, "");
}

TEST_F(KeyCommand, FailsWhereTheStoreCannotBeMade) {
  WriteFile(directory_ / "file", "");
  const Outcome made =
      RunUsher({"key", "new", "--event", "fight", "--key-store",
                (directory_ / "file/keys").string(), "--master-key",
                (directory_ / "master.key").string()});
  EXPECT_EQ(made.exit_code, 2);
  EXPECT_EQ(made.err,
            "usher: " + (directory_ / "file/keys").string() +
                ": cannot be read (Not a directory); check --key-store and who "
                "may read it\n");
}

TEST_F(KeyCommand, RotateMasterSaysWhatItDidAndWhatIsLeft) {
  Key({"new", "--event", "fight"});
  const std::string before = Key({"export", "--event", "fight"}).out;
  const Outcome rotated = Key({"rotate-master"});
  EXPECT_EQ(rotated.exit_code, 0) << rotated.err;
  EXPECT_TRUE(rotated.out.starts_with("1 keys sealed anew, 0 were already\n"));
  EXPECT_TRUE(rotated.out.contains("usher key rotate-master --finish"));
  const auto finished =
      nlohmann::json::parse(Key({"rotate-master", "--finish", "--json"}).out);
  EXPECT_EQ(finished["already"], 1);
  EXPECT_EQ(finished["older_masters"], 0);
  EXPECT_EQ(Key({"export", "--event", "fight"}).out, before);
  EXPECT_EQ(Key({"rotate-master", "--finish"}).exit_code, 2);
}

}  // namespace
}  // namespace usher::cli

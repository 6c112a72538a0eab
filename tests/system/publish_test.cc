// `usher live -o URL` against a real nginx with the dav module.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/run_process.h"
#include "tests/support/test_media.h"
#include "tests/system/publish_fixture.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

TEST_F(PublishTest, AnOriginGetsWhatADirectoryGets) {
  const auto result = RunProcess(
      Command({"-o", local(), "-o", Url("/media"), "--part-duration", "0.5"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  ExpectTheSameAsLocally();
  EXPECT_TRUE(FilesBelow(nginx_.prefix() / "spool").empty());
}

TEST_F(PublishTest, AnOriginIsEnough) {
  const auto result = RunProcess(Command({"-o", Url("/media")}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(fs::exists(published() / "fight/master.m3u8"));
  EXPECT_TRUE(fs::exists(published() / "fight/v180/4.m4s"));
}

TEST_F(PublishTest, TlsIsVerified) {
  const auto refused = RunProcess(
      Command({"-o", Url("/media", 3), "--key-output", Url("/keys", 3)}));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_TRUE(refused.err.contains("SSL")) << refused.err;
  EXPECT_TRUE(FilesBelow(nginx_.prefix() / "served").empty());
  const auto taken = RunProcess(
      Command({"-o", Url("/media", 3), "--key-output", Url("/keys", 3),
               "--ca-file", nginx_.prefix() / "cert.pem"}));
  ASSERT_EQ(taken.exit_code, 0) << taken.err;
  EXPECT_TRUE(fs::exists(published() / "fight/master.m3u8"));
}

TEST_F(PublishTest, KeysAreThereBeforeAnyPlaylist) {
  const auto result =
      RunProcess(Command({"-o", Url("/media"), "--key-output", Url("/keys")}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto sealed = FilesBelow(nginx_.prefix() / "served/keys");
  ASSERT_EQ(sealed.size(), 1u);
  auto kept = FilesBelow(nginx_.prefix() / "keys");
  std::erase_if(kept, [](const auto& file) {
    return !file.first.ends_with(".key") || !file.first.starts_with("fight/");
  });
  EXPECT_EQ(sealed, kept);
  const std::string access = ReadFile(nginx_.prefix() / "logs/access.log");
  const size_t key = access.find("PUT /keys/fight/");
  EXPECT_NE(key, std::string::npos) << access;
  EXPECT_LT(key, access.find(".m3u8")) << access;
}

TEST_F(PublishTest, AnOriginThatStopsAndComesBackMissesNothing) {
  ChildProcess usher(
      Command({"-o", local(), "-o", Url("/media"), "--realtime"}), log());
  const auto newest = [&](const fs::path& where, int number) {
    return fs::exists(where / "fight/v180" / (std::to_string(number) + ".m4s"));
  };
  ASSERT_TRUE(WaitUntil([&] { return newest(published(), 1); }))
      << ReadFile(log());
  nginx_.Stop();
  ASSERT_TRUE(WaitUntil([&] { return newest(local(), 3); }));
  EXPECT_FALSE(newest(published(), 3));
  nginx_.Start(kOrigin);
  EXPECT_EQ(usher.Wait(seconds(60)), 0) << ReadFile(log());
  EXPECT_TRUE(ReadFile(log()).contains("is there again")) << ReadFile(log());
  ExpectTheSameAsLocally();
}

TEST_F(PublishTest, APackagerThatIsKilledGoesOnAtTheOriginToo) {
  const auto command =
      Command({"-o", local(), "-o", Url("/media"), "--realtime", "--state",
               nginx_.prefix() / "state"});
  {
    ChildProcess usher(command, log());
    ASSERT_TRUE(WaitUntil([&] {
      return fs::exists(published() / "fight/v180/2.m4s");
    })) << ReadFile(log());
    usher.Signal(SIGKILL);
    EXPECT_EQ(usher.Wait(seconds(10)), 128 + SIGKILL);
  }
  const auto again = RunProcess(command);
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(again.err.contains("goes on with segment")) << again.err;
  ExpectTheSameAsLocally();
  EXPECT_TRUE(ReadFile(published() / "fight/v180/event.m3u8")
                  .contains("EXT-X-DISCONTINUITY"));
}

TEST_F(PublishTest, AWrongCredentialIsToldAndWrittenNowhere) {
  WriteCredential("wrong-as-can-be");
  const auto result = RunProcess(Command({"-o", local(), "-o", Url("/media")}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(result.err.contains("answers 401")) << result.err;
  EXPECT_FALSE(result.err.contains("wrong-as-can-be")) << result.err;
  EXPECT_TRUE(fs::exists(local() / "fight/master.m3u8"))
      << "the directory has all of it";
  EXPECT_TRUE(FilesBelow(published()).empty());
}

TEST_F(PublishTest, IngestIsForThePackagerAndNotReachedThroughAnEdge) {
  const std::string basic =
      "Authorization: Basic cGFja2FnZXI6cHVzaGVkLWJ5LW5v"
      "LW9uZS1lbHNl";
  const char* target = "/media/fight/x.m4s";
  EXPECT_EQ(Ask(nginx_.port(2), "PUT", target, {}, "x").status, 401);
  EXPECT_EQ(Ask(nginx_.port(2), "GET", target, {basic}).status, 403);
  EXPECT_EQ(Ask(nginx_.port(2), "PUT", "/elsewhere", {basic}, "x").status, 404);
  EXPECT_EQ(Ask(nginx_.port(2), "PUT", target, {basic}, "x").status, 201);
  EXPECT_EQ(Ask(nginx_.port(1), "PUT", "/fight/y", {basic}, "x").status, 405);
  for (const char* method : {"PUT", "DELETE"}) {
    EXPECT_EQ(
        Ask(nginx_.port(4), method,
            SessionAt(nginx_.port(4), "fight") + "/fight/x.m4s", {basic}, "x")
            .status,
        405);
  }
  EXPECT_TRUE(fs::exists(published() / "fight/x.m4s"));
  EXPECT_FALSE(fs::exists(published() / "fight/y"));
}

}  // namespace
}  // namespace usher::testing

// Key and secret files: found wanting before nginx starts, re-read while it
// runs, and the old contents in force until better ones come.
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using fs::perms;

constexpr std::string_view kEdge =
    "server { listen $port1; location / { usher on; root $prefix/none; } "
    "location /key/ { usher_content_keys $prefix/keys; "
    "usher_master_key $prefix/master.key; } }";

class FilesTest : public ::testing::Test {
 protected:
  // One [emerg] line that names `file` and says how to mend it.
  void ExpectRefused(std::string_view http, std::string_view file,
                     std::string_view what) {
    const ProcessResult result = nginx_.Test(http);
    EXPECT_EQ(result.exit_code, 1) << what;
    EXPECT_EQ(CountOf(result.err, "[emerg]"), 1u) << what << result.err;
    EXPECT_TRUE(result.err.contains(file)) << what << result.err;
    nginx_.ExpectAlarm("[emerg]");
  }
  void ExpectRefused(std::string_view file, std::string_view what) {
    ExpectRefused(kEdge, file, what);
  }
  void Replace(std::string_view name, std::string_view contents) {
    // As an editor or a deployment does: another file under the same name.
    nginx_.Write(std::string(name) + ".new", contents);
    fs::permissions(nginx_.prefix() / (std::string(name) + ".new"),
                    perms::owner_read | perms::owner_write | perms::group_read);
    fs::rename(nginx_.prefix() / (std::string(name) + ".new"),
               nginx_.prefix() / name);
  }
  int StatusOf(std::string_view ticket) {
    return Get(nginx_.port(), "/film/x?ticket=" + std::string(ticket)).status;
  }

  Nginx nginx_;
};

TEST_F(FilesTest, GoodFilesPassTheTest) {
  const ProcessResult result = nginx_.Test(kEdge);
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(FilesTest, EachFileMissingEmptyOrGarbledRefusesToStart) {
  for (const char* name : {"jwks.json", "session-secrets", "master.key"}) {
    const fs::path file = nginx_.prefix() / name;
    const std::string good = ReadFile(file);
    for (const char* bad : {"", "garbage", "{\"keys\":[]", "1:abcd\n"}) {
      WriteFile(file, bad);
      ExpectRefused(name, std::string(name) + " with '" + bad + "'");
    }
    fs::remove(file);
    ExpectRefused(name, std::string(name) + " missing");
    fs::create_directory(file);
    ExpectRefused(name, std::string(name) + " a directory");
    fs::remove(file);
    Replace(name, good);
  }
}

TEST_F(FilesTest, SecretsThatEverybodyCanReadRefuseToStart) {
  for (const char* name : {"session-secrets", "master.key"}) {
    fs::permissions(nginx_.prefix() / name, perms::others_read,
                    fs::perm_options::add);
    ExpectRefused(name, name);
    fs::permissions(nginx_.prefix() / name, perms::others_read,
                    fs::perm_options::remove);
  }
}

TEST_F(FilesTest, SecretsThatWorkersCannotReadRefuseToStart) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives workers another user";
  const passwd* user = getpwnam("www-data");
  ASSERT_NE(user, nullptr);
  fs::permissions(nginx_.prefix(), perms::all);
  nginx_.SetUser("www-data");
  nginx_.ExpectAlarm("[emerg]");
  for (const char* name : {"session-secrets", "master.key"}) {
    const ProcessResult result = nginx_.Test(kEdge);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(CountOf(result.err, "[emerg]"), 1u) << result.err;
    EXPECT_TRUE(result.err.contains(name)) << result.err;
    EXPECT_TRUE(result.err.contains("www-data")) << result.err;
    ASSERT_EQ(chown((nginx_.prefix() / name).c_str(), 0, user->pw_gid), 0);
  }
  EXPECT_EQ(nginx_.Test(kEdge).exit_code, 0);
}

TEST_F(FilesTest, DirectivesThatMissTheirPartnerRefuseToStart) {
  const struct {
    const char* http;
    const char* named;
  } cases[] = {
      {"usher_zone 4k; server { location / { usher on; } }", "256k"},
      {"usher_zone junk; server { }", "junk"},
      {"usher_ticket_from header:; server { }", "header:"},
      {"usher_ticket_from header:x header:y; server { }", "header:y"},
      {"usher_ticket_from query:; server { }", "query:"},
      {"usher_origins shop.example; server { }", "shop.example"},
      {"usher_seats_policy newest; server { }", "reject_new"},
      {"usher_seats_policy evict_oldest evictions=x; server { }",
       "evictions=N"},
      {"usher_seats_policy reject_new evictions=1; server { }", "reject_new"},
      {"usher_live /x; server { }", "not allowed here"},
      {"server { location / { usher_content_keys $prefix/keys; } }",
       "usher_master_key"},
      {"server { location / { usher_content_keys $prefix/absent; "
       "usher_master_key $prefix/master.key; } }",
       "absent"},
  };
  for (const auto& each : cases)
    ExpectRefused(each.http, each.named, each.http);
}

TEST_F(FilesTest, NewTicketKeysComeIntoForceWithoutReload) {
  const BoxOffice other;
  nginx_.Start(kEdge);
  EXPECT_EQ(StatusOf(other.Ticket("film")), 403);
  Replace("jwks.json", other.jwks());
  EXPECT_TRUE(WaitUntil([&] { return StatusOf(other.Ticket("film")) == 302; }));
  // Each worker for itself.
  EXPECT_TRUE(WaitUntil([&] {
    return CountOf(nginx_.ErrorLog(), "jwks.json was re-read") == 2;
  }));
  EXPECT_EQ(StatusOf(BoxOffice::The().Ticket("film")), 403);
}

TEST_F(FilesTest, ASecretThatIsAddedSignsAndTheOldOneStillOpens) {
  nginx_.Start(kEdge);
  const std::string session = SessionAt(nginx_.port(), "film");
  Replace("session-secrets", ReadFile(nginx_.prefix() / "session-secrets") +
                                 "2:" + std::string(64, 'a') + "\n");
  EXPECT_TRUE(WaitUntil([&] {
    return CountOf(nginx_.ErrorLog(), "session-secrets was re-read") == 2;
  }));
  EXPECT_EQ(Get(nginx_.port(), session + "/film/x").status, 404) << "admitted";
  EXPECT_NE(SessionAt(nginx_.port(), "film").substr(0, 6), session.substr(0, 6))
      << "signed by the new one";
}

TEST_F(FilesTest, ABadFileIsToldOnceAndTheOldContentsStay) {
  nginx_.Start(kEdge);
  const std::string session = SessionAt(nginx_.port(), "film");
  nginx_.Write("jwks.json", "garbage");
  fs::remove(nginx_.prefix() / "session-secrets");
  EXPECT_TRUE(nginx_.WaitForError("jwks.json"));
  EXPECT_TRUE(nginx_.WaitForError("session-secrets"));
  // Two more polls, told by the touched but good master key.
  for (size_t round = 1; round <= 2; ++round) {
    fs::last_write_time(nginx_.prefix() / "master.key",
                        fs::file_time_type::clock::now());
    EXPECT_TRUE(WaitUntil([&] {
      return CountOf(nginx_.ErrorLog(), "master.key was re-read") == 2 * round;
    }));
  }
  EXPECT_EQ(CountOf(nginx_.ErrorLog(), "[error]"), 2u) << nginx_.ErrorLog();
  EXPECT_EQ(StatusOf(BoxOffice::The().Ticket("film")), 302);
  EXPECT_EQ(Get(nginx_.port(), session + "/film/x").status, 404);
}

}  // namespace
}  // namespace usher::testing

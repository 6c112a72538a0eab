// Files that go to an origin over HTTP: what it gets, in which order, and what
// becomes of them while it is away.
#include "packager/storage/origin_uploader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/scripted_origin.h"
#include "tests/support/temp_dir.h"

namespace usher {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::OriginReply;
using testing::OriginRequest;
using testing::ScriptedOrigin;
using testing::TempDir;

template <typename Condition>
bool WaitUntil(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

// Keeps what is PUT. `status` says how it answers; 0: it keeps the file.
class TakingOrigin {
 public:
  using StatusOf = std::function<int(const OriginRequest&)>;
  explicit TakingOrigin(StatusOf status =
                            [](const OriginRequest&) { return 0; })
      : status_(std::move(status)),
        origin_(
            [this](const OriginRequest& request) { return Take(request); }) {}

  uint16_t port() const { return origin_.port(); }
  std::map<std::string, std::string> files() const {
    const std::scoped_lock lock(mutex_);
    return files_;
  }
  // Paths that were taken, in order.
  std::vector<std::string> taken() const {
    const std::scoped_lock lock(mutex_);
    return taken_;
  }
  // Of playlists, which name a file a line: what was not there in time.
  std::set<std::string> missing() const {
    const std::scoped_lock lock(mutex_);
    return missing_;
  }
  int requests() const { return origin_.requests(); }

 private:
  OriginReply Take(const OriginRequest& request) {
    if (const int status = status_(request)) return {.status = status};
    const std::scoped_lock lock(mutex_);
    if (request.method == "DELETE") {
      return {.status = files_.erase(request.target) > 0 ? 204 : 404};
    }
    if (request.target.ends_with(".m3u8")) NoteMissing(request.body);
    files_[request.target] = request.body;
    taken_.push_back(request.target);
    return {.status = 201};
  }
  void NoteMissing(const std::string& playlist) {
    for (size_t at = 0; at < playlist.size();) {
      const size_t end = playlist.find('\n', at);
      const std::string named = "/media/" + playlist.substr(at, end - at);
      if (!files_.contains(named)) missing_.insert(named);
      at = end + 1;
    }
  }

  StatusOf status_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> files_;
  std::vector<std::string> taken_;
  std::set<std::string> missing_;
  ScriptedOrigin origin_;
};

class OriginUploaderTest : public ::testing::Test {
 protected:
  std::unique_ptr<OriginUploader> Start(uint16_t port) {
    OriginUploader::Options options;
    options.channel.target = {
        "http://127.0.0.1:" + std::to_string(port) + "/media",
        "127.0.0.1:" + std::to_string(port), false};
    options.credentials = credentials_;
    options.spool = spool();
    options.spool_limit = spool_limit_;
    auto uploader = std::make_unique<OriginUploader>(
        std::move(options), [this](const std::string& line) {
          const std::scoped_lock lock(mutex_);
          log_ += line + "\n";
        });
    const Status started = uploader->Start();
    EXPECT_TRUE(started) << started.error().OneLine();
    return uploader;
  }
  static void Put(OriginUploader& uploader, const std::string& path,
                  const std::string& text) {
    const ByteView piece = AsBytes(text);
    EXPECT_TRUE(uploader.Put(path, {&piece, 1}));
  }
  // Segment n of two tracks, and the playlists that name all of them.
  void Grow(OriginUploader& uploader, int number) {
    for (const std::string track : {"v", "a"}) {
      const std::string file =
          "film/" + track + "/" + std::to_string(number) + ".m4s";
      lists_[track] += file + "\n";
      Put(uploader, file, "segment " + file);
    }
    for (const std::string track : {"v", "a"}) {
      Put(uploader, "film/" + track + "/media.m3u8", lists_[track]);
    }
    Put(uploader, "film/master.m3u8", "film/v/media.m3u8\nfilm/a/media.m3u8\n");
  }
  fs::path spool() const { return directory_.path() / "spool"; }
  bool IsLogged(const std::string& what) {
    const std::scoped_lock lock(mutex_);
    return log_.contains(what);
  }
  std::string log() {
    const std::scoped_lock lock(mutex_);
    return log_;
  }

  TempDir directory_;
  fs::path credentials_;
  uint64_t spool_limit_ = 1 << 20;
  std::mutex mutex_;
  std::string log_;
  std::map<std::string, std::string> lists_;
};

TEST_F(OriginUploaderTest, WhatIsPutArrivesWholeAndWhatIsRemovedGoes) {
  TakingOrigin origin;
  const std::string large(3 << 20, 'x');
  spool_limit_ = 8 << 20;
  const auto uploader = Start(origin.port());
  Put(*uploader, "film/v/1.m4s", large);
  Put(*uploader, "film/v/1.0.m4s", "part");
  Put(*uploader, "film/v/empty.m4s", "");
  ASSERT_TRUE(uploader->Drain(seconds(20)));
  EXPECT_TRUE(uploader->Remove("film/v/1.0.m4s"));
  EXPECT_TRUE(uploader->Remove("film/v/never.m4s")) << "that is no failure";
  ASSERT_TRUE(uploader->Drain(seconds(20)));
  const std::map<std::string, std::string> expected = {
      {"/media/film/v/1.m4s", large}, {"/media/film/v/empty.m4s", ""}};
  EXPECT_EQ(origin.files(), expected);
  EXPECT_EQ(log(), "");
  EXPECT_TRUE(fs::is_empty(spool()));
}

TEST_F(OriginUploaderTest, NoPlaylistArrivesBeforeWhatItNames) {
  std::atomic<int> count = 0;
  // One in three is answered with an error, and some answers are late.
  TakingOrigin origin([&](const OriginRequest&) {
    const int n = ++count;
    if (n % 5 == 0) std::this_thread::sleep_for(milliseconds(10));
    return n % 3 == 0 ? 500 : 0;
  });
  const auto uploader = Start(origin.port());
  for (int i = 1; i <= 12; ++i) {
    Grow(*uploader, i);
    if (i % 4 != 0) continue;
    ASSERT_TRUE(uploader->Drain(seconds(30))) << log();
  }
  EXPECT_EQ(origin.missing(), std::set<std::string>{});
  const auto files = origin.files();
  EXPECT_EQ(files.at("/media/film/v/media.m3u8"), lists_["v"]);
  EXPECT_EQ(files.at("/media/film/a/12.m4s"), "segment film/a/12.m4s");
}

TEST_F(OriginUploaderTest, AnOriginThatWasAwayCatchesUp) {
  for (const int status : {500, 503, 507, 429}) {
    log_.clear();
    lists_.clear();
    std::atomic<bool> away = true;
    TakingOrigin origin(
        [&](const OriginRequest&) { return away ? status : 0; });
    const auto uploader = Start(origin.port());
    for (int i = 1; i <= 5; ++i) Grow(*uploader, i);
    const std::string why = "answers " + std::to_string(status);
    ASSERT_TRUE(WaitUntil([&] { return IsLogged(why); })) << log();
    away = false;
    ASSERT_TRUE(uploader->Drain(seconds(30))) << log();
    EXPECT_EQ(origin.missing(), std::set<std::string>{});
    EXPECT_EQ(origin.files().size(), 13u);
    EXPECT_TRUE(IsLogged("is there again")) << log();
    EXPECT_LE(origin.requests(), 40) << "it is not to be stormed";
  }
}

TEST_F(OriginUploaderTest, AnOriginThatTakesItsTimeHoldsUpNobody) {
  std::atomic<bool> slow = true;
  TakingOrigin laggard([&](const OriginRequest&) {
    while (slow) std::this_thread::sleep_for(milliseconds(5));
    return 0;
  });
  TakingOrigin origin;
  const auto late = Start(laggard.port());
  const fs::path elsewhere = directory_.path() / "elsewhere";
  OriginUploader::Options options;
  options.channel.target = {
      "http://127.0.0.1:" + std::to_string(origin.port()) + "/media", "prompt",
      false};
  options.spool = elsewhere;
  options.spool_limit = spool_limit_;
  OriginUploader prompt(std::move(options), [](const std::string&) {});
  ASSERT_TRUE(prompt.Start());
  for (int i = 1; i <= 3; ++i) {
    Grow(*late, i);
    lists_.clear();
    Grow(prompt, i);
  }
  EXPECT_TRUE(prompt.Drain(seconds(20)));
  EXPECT_TRUE(laggard.files().empty());
  slow = false;
  EXPECT_TRUE(late->Drain(seconds(20)));
}

TEST_F(OriginUploaderTest, AFullSpoolDropsTheOldestSegmentsAndSaysSo) {
  std::atomic<bool> away = true;
  TakingOrigin origin([&](const OriginRequest&) { return away ? 503 : 0; });
  spool_limit_ = 20'000;
  const auto uploader = Start(origin.port());
  Put(*uploader, "film/v/init.mp4", "init");
  ASSERT_TRUE(WaitUntil([&] { return IsLogged("answers 503"); }));
  for (int i = 1; i <= 8; ++i) {
    Put(*uploader, "film/v/" + std::to_string(i) + ".m4s",
        std::string(4000, 'x'));
    Put(*uploader, "film/v/media.m3u8", "film/v/8.m4s\n");
  }
  for (const char* dropped : {"film/v/2.m4s", "film/v/3.m4s"}) {
    EXPECT_TRUE(IsLogged(std::string(dropped) + " is dropped")) << log();
  }
  away = false;
  ASSERT_TRUE(uploader->Drain(seconds(20))) << log();
  const auto files = origin.files();
  EXPECT_FALSE(files.contains("/media/film/v/2.m4s"));
  for (const char* kept : {"init.mp4", "6.m4s", "8.m4s", "media.m3u8"}) {
    EXPECT_TRUE(files.contains(std::string("/media/film/v/") + kept)) << kept;
  }
}

TEST_F(OriginUploaderTest, ARunGoesOnWhereTheLastOneEnded) {
  std::atomic<bool> away = true;
  TakingOrigin origin([&](const OriginRequest&) { return away ? 503 : 0; });
  {
    const auto uploader = Start(origin.port());
    Grow(*uploader, 1);
    EXPECT_TRUE(uploader->Remove("film/v/old.m4s"));
    ASSERT_TRUE(WaitUntil([&] { return IsLogged("answers 503"); }));
  }
  testing::WriteFile(spool() / ".half.usher-tmp", "ha");
  away = false;
  const auto uploader = Start(origin.port());
  Grow(*uploader, 2);
  ASSERT_TRUE(uploader->Drain(seconds(20)));
  EXPECT_EQ(origin.missing(), std::set<std::string>{});
  EXPECT_EQ(origin.files().size(), 7u);
  EXPECT_TRUE(fs::is_empty(spool()));
}

TEST_F(OriginUploaderTest, WhatAnOriginWillNotTakeDoesNotKeepItFromTheRest) {
  TakingOrigin origin([](const OriginRequest& request) {
    return request.target.ends_with("/1.m4s") ? 413 : 0;
  });
  const auto uploader = Start(origin.port());
  Put(*uploader, "film/v/1.m4s", "large");
  Put(*uploader, "film/v/2.m4s", "small");
  Put(*uploader, "film/v/media.m3u8", "film/v/2.m4s\n");
  ASSERT_TRUE(uploader->Drain(seconds(20)));
  EXPECT_TRUE(IsLogged("answers 413 to film/v/1.m4s")) << log();
  EXPECT_TRUE(origin.files().contains("/media/film/v/media.m3u8"));
}

TEST_F(OriginUploaderTest, ACredentialThatIsRefusedIsReadAgain) {
  credentials_ = directory_.path() / "credentials";
  const auto write = [&](const std::string& text) {
    testing::WriteFile(credentials_, text);
    fs::permissions(credentials_, fs::perms(0600));
  };
  std::mutex mutex;
  std::set<std::string> seen;
  TakingOrigin origin([&](const OriginRequest& request) {
    const std::scoped_lock lock(mutex);
    const size_t at = request.head.find("Authorization: ");
    const size_t end = request.head.find('\r', at);
    if (at != std::string::npos) seen.insert(request.head.substr(at, end - at));
    return request.head.contains("Authorization: Bearer right-token") ? 0 : 401;
  });
  write("* basic packager:wrong-password\n");
  const auto uploader = Start(origin.port());
  Put(*uploader, "film/v/1.m4s", "segment");
  ASSERT_TRUE(WaitUntil([&] { return IsLogged("answers 401"); }));
  EXPECT_FALSE(uploader->Drain(seconds(20))) << "nobody mends it in time";
  write("# rotated\n* basic a:b\n127.0.0.1:" + std::to_string(origin.port()) +
        "  bearer right-token\n");
  ASSERT_TRUE(WaitUntil([&] { return !origin.files().empty(); })) << log();
  EXPECT_TRUE(
      seen.contains("Authorization: Basic cGFja2FnZXI6d3JvbmctcGFzc3dvcmQ="));
  for (const char* secret : {"wrong-password", "right-token", "cGFja2"}) {
    EXPECT_FALSE(log().contains(secret)) << log();
  }
}

TEST_F(OriginUploaderTest, NoCredentialGoesWhereARedirectLeads) {
  TakingOrigin other;
  std::atomic<int> asked = 0;
  const ScriptedOrigin origin([&](const OriginRequest&) {
    ++asked;
    return OriginReply{.status = 307,
                       .headers = "Location: http://127.0.0.1:" +
                                  std::to_string(other.port()) + "/x\r\n"};
  });
  const auto uploader = Start(origin.port());
  Put(*uploader, "film/v/1.m4s", "segment");
  ASSERT_TRUE(WaitUntil([&] { return IsLogged("answers 307"); }));
  EXPECT_EQ(other.requests(), 0);
}

TEST(OriginCredential, ItsFileIsNotForEverybody) {
  const TempDir directory;
  const fs::path file = directory.path() / "credentials";
  testing::WriteFile(file, "* bearer t\n");
  fs::permissions(file, fs::perms(0644));
  EXPECT_FALSE(ReadCredential(file, "origin"));
  fs::permissions(file, fs::perms(0640));
  EXPECT_TRUE(ReadCredential(file, "origin"));
  for (const char* bad : {"* token t\n", "* bearer\n", "* basic user\n",
                          "* s3 :secret\n", "* bearer a b\n"}) {
    testing::WriteFile(file, std::string("# line\n") + bad);
    const auto read = ReadCredential(file, "origin");
    ASSERT_FALSE(read) << bad;
    EXPECT_TRUE(read.error().where.ends_with(":2"));
  }
  testing::WriteFile(file, "elsewhere bearer t\n");
  EXPECT_FALSE(ReadCredential(file, "origin").value());
}

}  // namespace
}  // namespace usher

// Sessions outlive what happens to workers, and reloads leave nothing behind.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

constexpr std::string_view kEdge =
    "server { listen $port1; location / { usher on; root $prefix/media; } "
    "location = /status { usher_status; } }";

class LifecycleTest : public ::testing::Test {
 protected:
  LifecycleTest() { nginx_.Write("media/film/x", "content"); }
  std::string Status() { return Get(nginx_.port(), "/status").body; }

  Nginx nginx_;
};

TEST_F(LifecycleTest, AReloadKeepsSessionsAndCounters) {
  nginx_.Start(kEdge);
  const std::string url = SessionAt(nginx_.port(), "film") + "/film/x";
  EXPECT_EQ(Get(nginx_.port(), url).status, 200);
  nginx_.Reload();
  EXPECT_TRUE(Status().contains("\"live\": 1")) << Status();
  EXPECT_TRUE(Status().contains("\"admitted\": 1")) << Status();
  EXPECT_EQ(Get(nginx_.port(), url).status, 200);
}

TEST_F(LifecycleTest, AZoneOfAnotherSizeForgetsButAdmits) {
  nginx_.Start("usher_zone 1m;" + std::string(kEdge));
  const std::string url = SessionAt(nginx_.port(), "film") + "/film/x";
  EXPECT_EQ(Get(nginx_.port(), url).status, 200);
  nginx_.Reload("usher_zone 2m;" + std::string(kEdge));
  EXPECT_TRUE(Status().contains("\"live\": 0"));
  EXPECT_EQ(Get(nginx_.port(), url).status, 200) << "adopted";
  EXPECT_TRUE(Status().contains("\"live\": 1"));
}

TEST_F(LifecycleTest, AKilledWorkerTakesNoSessionWithIt) {
  nginx_.Start(kEdge);
  const std::string url = SessionAt(nginx_.port(), "film") + "/film/x";
  EXPECT_EQ(Get(nginx_.port(), url).status, 200);
  nginx_.KillWorker();
  nginx_.KillWorker();
  EXPECT_EQ(Get(nginx_.port(), url).status, 200);
  EXPECT_TRUE(Status().contains("\"live\": 1")) << Status();
}

TEST_F(LifecycleTest, ARestartKeepsSessionsBecauseTheyAreSigned) {
  nginx_.Start(kEdge);
  const std::string url = SessionAt(nginx_.port(), "film") + "/film/x";
  nginx_.Stop();
  nginx_.Start(kEdge);
  EXPECT_EQ(Get(nginx_.port(), url).status, 200);
}

TEST_F(LifecycleTest, AReloadWithABadFileLeavesTheOldConfigurationInForce) {
  nginx_.Start(kEdge);
  const std::string url = SessionAt(nginx_.port(), "film") + "/film/x";
  const auto workers = nginx_.Workers();
  nginx_.Write("jwks.json", "garbage");
  nginx_.ExpectAlarm("jwks.json");
  nginx_.RequestReload(kEdge);
  EXPECT_TRUE(nginx_.WaitForError("[emerg]"));
  EXPECT_EQ(Get(nginx_.port(), url).status, 200);
  EXPECT_EQ(nginx_.Workers(), workers);
}

TEST_F(LifecycleTest, ReloadsUnderLoadFailNoViewer) {
  nginx_.Start(kEdge);
  const std::string url = SessionAt(nginx_.port(), "film") + "/film/x";
  std::atomic<bool> done = false;
  std::atomic<int> served = 0;
  std::atomic<int> failed = 0;
  std::vector<std::jthread> viewers;
  for (int i = 0; i < 3; ++i) {
    viewers.emplace_back([&] {
      while (!done) {
        ++(Get(nginx_.port(), url).status == 200 ? served : failed);
      }
    });
  }
  for (int i = 0; i < 5; ++i) {
    const int before = served;
    nginx_.Reload();
    EXPECT_TRUE(WaitUntil([&] { return served > before + 20; }));
  }
  done = true;
  viewers.clear();
  EXPECT_EQ(failed, 0);
  EXPECT_TRUE(Status().contains("\"live\": 1")) << Status();
}

size_t ResidentKilobytes(pid_t pid) {
  const std::string status =
      ReadFile("/proc/" + std::to_string(pid) + "/status");
  return std::stoul(status.substr(status.find("VmRSS:") + 6));
}

TEST_F(LifecycleTest, ReloadsLeakNothingOfTheMastersMemory) {
  if (Nginx::IsSanitized()) GTEST_SKIP() << "memory is kept on purpose";
  // A key set big enough to be seen: each takes some hundred kilobytes.
  std::string keys;
  const BoxOffice office;
  for (int i = 0; i < 200; ++i) {
    std::string key = office.jwks();
    key = key.substr(key.find('[') + 1, key.rfind(']') - key.find('[') - 1);
    key.replace(key.find("box-office"), 10, "k" + std::to_string(i));
    keys += (i == 0 ? "" : ",") + key;
  }
  nginx_.Write("jwks.json", "{\"keys\":[" + keys + "]}");
  nginx_.Start(kEdge);
  for (int i = 0; i < 3; ++i) nginx_.Reload();
  const size_t before = ResidentKilobytes(nginx_.pid());
  for (int i = 0; i < 10; ++i) nginx_.Reload();
  const size_t after = ResidentKilobytes(nginx_.pid());
  EXPECT_LT(after, before + 1024) << "from " << before << " kB";
}

}  // namespace
}  // namespace usher::testing

// A new master key under an origin that never stops giving keys.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/run_process.h"
#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

using std::chrono::milliseconds;

class RotationTest : public ::testing::Test {
 protected:
  static constexpr int kKeys = 200;

  RotationTest() {
    for (int i = 0; i < kKeys; ++i) {
      keys_.push_back(BoxOffice::The().AddKey(nginx_.prefix(), "film"));
    }
    nginx_.Start(
        "server { listen $port1; location / { usher_content_keys $prefix/keys;"
        " usher_master_key $prefix/master.key; } }");
  }
  // Asks for every key in turn, all the time.
  void Poll() {
    for (size_t i = 0; !done_; i = (i + 1) % keys_.size()) {
      const Answer answer =
          Get(nginx_.port(), "/film/key/" + keys_[i].kid.ToHex());
      const bool is_right =
          answer.status == 200 && answer.body == AsText(keys_[i].key.view());
      ++(is_right ? given_ : failed_);
    }
  }
  std::vector<std::string> Rotate(bool finish) const {
    std::vector<std::string> argv = {USHER_PROGRAM,
                                     "key",
                                     "rotate-master",
                                     "--key-store",
                                     nginx_.prefix() / "keys",
                                     "--master-key",
                                     nginx_.prefix() / "master.key"};
    if (finish) argv.emplace_back("--finish");
    return argv;
  }
  void WaitForMore() {
    const int before = given_;
    EXPECT_TRUE(WaitUntil([&] { return given_ > before + kKeys; }));
  }

  Nginx nginx_;
  std::vector<keys::ContentKey> keys_;
  std::atomic<bool> done_ = false;
  std::atomic<int> given_ = 0;
  std::atomic<int> failed_ = 0;
};

TEST_F(RotationTest, NoKeyRequestFailsAlsoWhereItIsKilledInTheMiddle) {
  const std::string old = ReadFile(nginx_.prefix() / "master.key");
  std::vector<std::jthread> players;
  for (int i = 0; i < 2; ++i) players.emplace_back([&] { Poll(); });
  WaitForMore();
  int killed = 0;
  for (int round = 0; round < 6; ++round) {
    ChildProcess rotation(Rotate(false), nginx_.prefix() / "rotation.log");
    // Somewhere else in each round.
    std::this_thread::sleep_for(milliseconds(1 << round));
    if (rotation.running()) {
      rotation.Signal(SIGKILL);
      ++killed;
    }
    rotation.Wait(std::chrono::seconds(20));
  }
  EXPECT_GT(killed, 0);
  const ProcessResult whole = RunProcess(Rotate(false));
  EXPECT_EQ(whole.exit_code, 0) << whole.err;
  WaitForMore();
  const ProcessResult finished = RunProcess(Rotate(true));
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  WaitForMore();
  done_ = true;
  players.clear();
  EXPECT_EQ(failed_, 0) << nginx_.ErrorLog();
  const std::string now = ReadFile(nginx_.prefix() / "master.key");
  EXPECT_EQ(now.size(), old.size());
  EXPECT_NE(now, old);
}

TEST_F(RotationTest, AReloadAndARestartFindTheStoreAsItIs) {
  EXPECT_EQ(RunProcess(Rotate(false)).exit_code, 0);
  nginx_.Reload();
  const std::string path = "/film/key/" + keys_[0].kid.ToHex();
  EXPECT_EQ(Get(nginx_.port(), path).body, AsText(keys_[0].key.view()));
  EXPECT_EQ(RunProcess(Rotate(true)).exit_code, 0);
  EXPECT_EQ(Get(nginx_.port(), path).body, AsText(keys_[0].key.view()));
}

}  // namespace
}  // namespace usher::testing

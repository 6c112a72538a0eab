#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "core/base/hex.h"
#include "core/crypto/system_random.h"
#include "core/keys/key_store.h"
#include "tests/fakes/fixed_random.h"
#include "tests/support/temp_dir.h"

namespace usher::keys {
namespace {

using ::usher::testing::FixedRandom;
using ::usher::testing::ReadFile;
using ::usher::testing::TempDir;
using ::usher::testing::WriteFile;
namespace fs = std::filesystem;

const std::string kHex =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

mode_t ModeOf(const fs::path& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

class MasterKeyFile : public ::testing::Test {
 protected:
  // As an administrator would leave it.
  void Write(const std::string& text, mode_t mode = 0640) {
    WriteFile(file_, text);
    ASSERT_EQ(chmod(file_.c_str(), mode), 0);
  }
  std::string Refusal() {
    const auto key = MasterKey::Read(file_);
    return key ? "" : key.error().OneLine();
  }

  TempDir directory_;
  const fs::path file_ = directory_ / "data/master.key";

  void SetUp() override { fs::create_directory(directory_ / "data"); }
};

TEST_F(MasterKeyFile, IsReadWithAndWithoutALineEnd) {
  for (const std::string& text :
       {kHex, kHex + "\n", kHex + "\r\n", kHex + " \n\n"}) {
    Write(text);
    const auto key = MasterKey::Read(file_);
    ASSERT_TRUE(key) << key.error().OneLine();
    EXPECT_EQ(ToHex(key->view()), kHex);
  }
}

TEST_F(MasterKeyFile, IsMadeOnFirstUseReadableByItsGroupOnly) {
  const mode_t mask = umask(022);
  FixedRandom random(0);
  const auto made = MasterKey::ReadOrCreate(file_, random);
  umask(mask);
  ASSERT_TRUE(made) << made.error().OneLine();
  EXPECT_EQ(ModeOf(file_), 0640U);
  EXPECT_EQ(ReadFile(file_), kHex + "\n");
  const auto again = MasterKey::ReadOrCreate(file_, random);
  ASSERT_TRUE(again);
  EXPECT_TRUE(std::ranges::equal(made->view(), again->view()));
}

TEST_F(MasterKeyFile, IsMadeWithTheDirectoriesAboveIt) {
  const mode_t mask = umask(022);
  FixedRandom random;
  const auto made =
      MasterKey::ReadOrCreate(directory_ / "a/b/master.key", random);
  umask(mask);
  ASSERT_TRUE(made) << made.error().OneLine();
  EXPECT_EQ(ModeOf(directory_ / "a"), 0750U);
  EXPECT_EQ(ModeOf(directory_ / "a/b"), 0750U);
}

TEST_F(MasterKeyFile, IsRefusedWhereOthersCanReadItAndSaysHowToMendIt) {
  for (const mode_t mode : {0644, 0641, 0642, 0660, 0604}) {
    Write(kHex, mode);
    EXPECT_EQ(Refusal(),
              file_.string() +
                  ": can be read by others, or written by its group; run: "
                  "chmod 0640 " +
                  file_.string());
  }
  for (const mode_t mode : {0640, 0600, 0400, 0440}) {
    Write(kHex, mode);
    EXPECT_EQ(Refusal(), "") << mode;
    ASSERT_EQ(chmod(file_.c_str(), 0600), 0);
  }
}

TEST_F(MasterKeyFile, HoldsTheNewestFirstAndFewOlderOnes) {
  const std::string older(64, 'a');
  Write(kHex + "\n" + older + "\n");
  const auto key = MasterKey::Read(file_);
  ASSERT_TRUE(key) << key.error().OneLine();
  EXPECT_EQ(ToHex(key->view()), kHex);
  ASSERT_EQ(key->all().size(), 2U);
  EXPECT_EQ(ToHex(key->all()[1].view()), older);
  EXPECT_EQ(AsText(key->ToText().view()), kHex + "\n" + older + "\n");
  EXPECT_EQ(key->Newest().all().size(), 1U);
  std::string many;
  for (int i = 0; i < 9; ++i) many += kHex + "\n";
  Write(many);
  EXPECT_NE(Refusal(), "");
}

TEST_F(MasterKeyFile, IsRefusedWhereItIsNoKeyAndItsTextIsNotTold) {
  for (const std::string& text :
       {std::string(), kHex.substr(1), kHex + "00", "x" + kHex.substr(1),
        " " + kHex, kHex + "\nx", kHex + "\n" + kHex.substr(2)}) {
    Write(text);
    const std::string refusal = Refusal();
    EXPECT_NE(refusal.find("is no master key"), std::string::npos) << refusal;
    EXPECT_EQ(refusal.find("0102030405"), std::string::npos) << refusal;
  }
}

TEST_F(MasterKeyFile, IsRefusedWhereItIsMissingADirectoryAFifoOrHuge) {
  EXPECT_NE(Refusal().find("there is no master key file"), std::string::npos);
  fs::create_directory(file_);
  EXPECT_NE(Refusal().find("is no regular file"), std::string::npos);
  fs::remove(file_);
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  EXPECT_NE(Refusal().find("is no regular file"), std::string::npos);
  fs::remove(file_);
  Write(std::string(5000, '0'));
  EXPECT_NE(Refusal().find("too large"), std::string::npos);
}

TEST_F(MasterKeyFile, IsNotReplacedWhereItCannotBeRead) {
  Write("not a key");
  FixedRandom random;
  EXPECT_FALSE(MasterKey::ReadOrCreate(file_, random));
  EXPECT_EQ(ReadFile(file_), "not a key");
}

// Makes the key in a process of its own and returns the end of a pipe from
// which its bytes can be read.
int StartMaker(const fs::path& file, int start_gate) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  if (fork() == 0) {
    char byte;
    const bool started = read(start_gate, &byte, 1) == 1;
    crypto::SystemRandom random;
    const auto key = MasterKey::ReadOrCreate(file, random);
    const bool ok = started && key &&
                    write(ends[1], key->view().data(), key->view().size()) ==
                        static_cast<ssize_t>(key->view().size());
    _exit(ok ? 0 : 1);
  }
  close(ends[1]);
  return ends[0];
}

TEST_F(MasterKeyFile, IsTheSameForAllProcessesThatMakeItAtOnce) {
  int gate[2];
  ASSERT_EQ(pipe(gate), 0);
  std::vector<int> makers;
  for (int i = 0; i < 8; ++i) {
    makers.push_back(StartMaker(file_, gate[0]));
    ASSERT_GE(makers.back(), 0);
  }
  // One byte each lets them go together.
  ASSERT_EQ(write(gate[1], "12345678", 8), 8);
  close(gate[0]);
  close(gate[1]);
  std::vector<std::string> keys;
  for (const int maker : makers) {
    char bytes[64];
    const ssize_t count = read(maker, bytes, sizeof bytes);
    keys.emplace_back(bytes, count > 0 ? static_cast<size_t>(count) : 0);
    close(maker);
    int status = 0;
    wait(&status);
  }
  EXPECT_EQ(keys[0].size(), 32U);
  for (const std::string& key : keys) EXPECT_EQ(key, keys[0]);
  EXPECT_EQ(std::distance(fs::directory_iterator(file_.parent_path()), {}), 1)
      << "a temporary file was left behind";
}

TEST_F(MasterKeyFile, IsTheSameForAllThreadsThatMakeItAtOnce) {
  std::vector<std::string> keys(8);
  std::vector<std::thread> threads;
  for (std::string& hex : keys) {
    threads.emplace_back([&] {
      crypto::SystemRandom random;
      const auto key = MasterKey::ReadOrCreate(file_, random);
      hex = key ? ToHex(key->view()) : key.error().OneLine();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& hex : keys) EXPECT_EQ(hex, keys[0]);
  EXPECT_EQ(keys[0].size(), 64U);
}

}  // namespace
}  // namespace usher::keys

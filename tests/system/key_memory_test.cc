// Where key material is in the memory of nginx's processes: read through
// /proc/PID/mem, as somebody who has the machine could.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "core/base/file_descriptor.h"
#include "core/base/hex.h"
#include "tests/support/temp_dir.h"
#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

struct Place {
  std::string mapping;  // its line in smaps
  std::string flags;    // proc(5), VmFlags
};

struct Mapping {
  unsigned long begin = 0;
  unsigned long end = 0;
  Place place;
};

std::vector<Mapping> WritableMappings(pid_t pid) {
  std::ifstream map("/proc/" + std::to_string(pid) + "/smaps");
  std::vector<Mapping> mappings;
  bool writable = false;
  for (std::string line; std::getline(map, line);) {
    Mapping next{.place = {.mapping = line, .flags = {}}};
    char rights[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &next.begin, &next.end,
                    rights) == 3) {
      writable = rights[0] == 'r' && rights[1] == 'w';
      if (writable) mappings.push_back(next);
    } else if (writable && line.starts_with("VmFlags:")) {
      mappings.back().place.flags = line + ' ';
    }
  }
  return mappings;
}

// Each place where `wanted` stands in what the process can write to.
std::vector<Place> PlacesOf(pid_t pid, std::string_view wanted) {
  const FileDescriptor memory(
      open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY));
  std::vector<Place> places;
  for (const Mapping& mapping : WritableMappings(pid)) {
    std::string bytes(mapping.end - mapping.begin, '\0');
    const ssize_t size = pread(memory.get(), bytes.data(), bytes.size(),
                               static_cast<off_t>(mapping.begin));
    if (size <= 0) continue;
    bytes.resize(static_cast<size_t>(size));
    const auto searcher =
        std::boyer_moore_horspool_searcher(wanted.begin(), wanted.end());
    for (auto at = bytes.begin();;) {
      at = std::search(at, bytes.end(), searcher);
      if (at == bytes.end()) break;
      places.push_back(mapping.place);
      ++at;
    }
  }
  return places;
}

bool IsLockedAndNotDumped(const Place& place) {
  return place.flags.find(" lo ") != std::string::npos &&
         place.flags.find(" dd ") != std::string::npos;
}

class KeyMemoryTest : public ::testing::Test {
 protected:
  KeyMemoryTest() : key_(BoxOffice::The().AddKey(nginx_.prefix(), "film")) {
    nginx_.Start(R"(
      server { listen $port1;
        location / { usher on; usher_content_keys $prefix/keys;
                     usher_master_key $prefix/master.key; } })");
    session_ = SessionAt(nginx_.port(), "film");
  }
  void SetUp() override {
    if (Nginx::IsSanitized()) GTEST_SKIP() << "freed memory is kept there";
    if (access(("/proc/" + std::to_string(nginx_.Workers().front()) + "/mem")
                   .c_str(),
               R_OK) != 0) {
      GTEST_SKIP() << "may not read other processes' memory";
    }
  }
  std::vector<pid_t> Processes() const {
    std::vector<pid_t> all = nginx_.Workers();
    all.push_back(nginx_.pid());
    return all;
  }
  void AskForTheKeyOften() const {
    for (int i = 0; i < 20; ++i) {
      const Answer answer =
          Get(nginx_.port(), session_ + "/film/key/" + key_.kid.ToHex());
      ASSERT_EQ(answer.body, AsText(key_.key.view()));
    }
  }

  Nginx nginx_;
  keys::ContentKey key_;
  std::string session_;
};

TEST_F(KeyMemoryTest, TheMasterKeyIsInLockedPagesOnly) {
  AskForTheKeyOften();
  const std::string hex =
      ReadFile(nginx_.prefix() / "master.key").substr(0, 64);
  const auto master = FromHex(hex);
  ASSERT_TRUE(master);
  for (const pid_t pid : Processes()) {
    const auto places = PlacesOf(pid, AsText(*master));
    EXPECT_FALSE(places.empty()) << "it must be somewhere";
    for (const Place& place : places) {
      EXPECT_TRUE(IsLockedAndNotDumped(place)) << place.mapping << '\n'
                                               << place.flags;
    }
    for (const Place& place : PlacesOf(pid, hex)) {
      EXPECT_TRUE(IsLockedAndNotDumped(place)) << "as text: " << place.mapping;
    }
  }
}

TEST_F(KeyMemoryTest, AContentKeyIsWipedOnceItWasAnswered) {
  AskForTheKeyOften();
  for (const pid_t pid : Processes()) {
    for (const Place& place : PlacesOf(pid, AsText(key_.key.view()))) {
      ADD_FAILURE() << pid << ": " << place.mapping;
    }
  }
}

// systemd's and most shells' limits allow it; a container's may not.
TEST(LockedMemoryTest, ALimitThatForbidsItIsAWarningAndKeysAreAnswered) {
  if (Nginx::IsSanitized()) GTEST_SKIP() << "its mlock does nothing";
  Nginx nginx;
  const keys::ContentKey key = BoxOffice::The().AddKey(nginx.prefix(), "film");
  std::vector<std::string> wrapper = {"prlimit", "--memlock=0:0"};
  if (geteuid() == 0) {
    // Which the limit does not hold for.
    wrapper.insert(wrapper.begin(), {"setpriv", "--bounding-set=-ipc_lock"});
  }
  nginx.SetWrapper(wrapper);
  nginx.Start(R"(
    server { listen $port1;
      location / { usher on; usher_content_keys $prefix/keys;
                   usher_master_key $prefix/master.key; } })");
  EXPECT_TRUE(nginx.WaitForError("[warn]"));
  EXPECT_TRUE(nginx.WaitForError("LimitMEMLOCK"));
  EXPECT_EQ(CountOf(nginx.ErrorLog(), "LimitMEMLOCK"), 1u)
      << "once, not for each worker";
  const Answer answer = Get(nginx.port(), SessionAt(nginx.port(), "film") +
                                              "/film/key/" + key.kid.ToHex());
  EXPECT_EQ(answer.body, AsText(key.key.view()));
}

}  // namespace
}  // namespace usher::testing

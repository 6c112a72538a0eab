#include "core/base/secret_memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/secret_bytes.h"

namespace usher {
namespace {

// AddressSanitizer takes mlock(2) for itself, and locks nothing.
bool LocksAreReal() {
#ifdef __SANITIZE_ADDRESS__
  return false;
#else
  return true;
#endif
}

// What the kernel says of the pages at `address` (proc(5), smaps, VmFlags).
std::string FlagsOf(const void* address) {
  const auto wanted = reinterpret_cast<uintptr_t>(address);
  std::ifstream map("/proc/self/smaps");
  bool here = false;
  for (std::string line; std::getline(map, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
      here = begin <= wanted && wanted < end;
    }
    if (here && line.starts_with("VmFlags:")) return line + ' ';
  }
  return {};
}

TEST(SecretMemory, IsLockedAndInNoCoreFile) {
  const SecretBytes secret(AsBytes("0123456789abcdef"));
  ASSERT_TRUE(SecretMemory::OfProcess().Holds(secret.view().data()));
  const std::string flags = FlagsOf(secret.view().data());
  EXPECT_NE(flags.find(" dd "), std::string::npos) << flags;
  if (!LocksAreReal() || !SecretMemory::OfProcess().Lock()) {
    GTEST_SKIP() << "mlock is not allowed";
  }
  EXPECT_NE(FlagsOf(secret.view().data()).find(" lo "), std::string::npos);
}

TEST(SecretMemory, OfAChildIsLockedOnceItAsks) {
  const SecretBytes secret(AsBytes("0123456789abcdef"));
  if (!LocksAreReal() || !SecretMemory::OfProcess().Lock()) {
    GTEST_SKIP() << "mlock is not allowed";
  }
  const pid_t child = fork();
  if (child == 0) {
    const auto locked = [&] {
      return FlagsOf(secret.view().data()).find(" lo ") != std::string::npos;
    };
    const bool inherited = locked();
    const bool asked = SecretMemory::OfProcess().Lock().has_value();
    _exit(!inherited && asked && locked() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(SecretMemory, SaysHowToMendARefusedLock) {
  if (!LocksAreReal()) GTEST_SKIP() << "mlock is not the kernel's";
  const SecretBytes secret(size_t{16});
  const pid_t child = fork();
  if (child == 0) {
    const rlimit none = {0, 0};
    setrlimit(RLIMIT_MEMLOCK, &none);
    if (geteuid() == 0 && setuid(65534) != 0) _exit(2);
    const Status locked = SecretMemory::OfProcess().Lock();
    _exit(!locked && locked.error().OneLine().find("LimitMEMLOCK") !=
                         std::string::npos
              ? 0
              : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(SecretMemory, WipesWhatIsGivenBackAndGivesItOutAgain) {
  SecretMemory& memory = SecretMemory::OfProcess();
  const std::span<uint8_t> first = memory.Take(100);
  ASSERT_TRUE(memory.Holds(first.data()));
  std::ranges::fill(first, uint8_t{0xaa});
  memory.Give(first);
  const std::span<uint8_t> again = memory.Take(100);
  EXPECT_EQ(again.data(), first.data());
  EXPECT_TRUE(std::ranges::all_of(again, [](uint8_t b) { return b == 0; }));
  memory.Give(again);
}

TEST(SecretMemory, TakesFromTheHeapWhatDoesNotFitAndMixesNoTwoSecrets) {
  std::vector<SecretBytes> secrets;
  size_t outside = 0;
  for (size_t i = 0; i < 3000; ++i) {
    secrets.emplace_back(1 + i % 200);
    std::ranges::fill(secrets.back().writable(), static_cast<uint8_t>(i));
    outside +=
        SecretMemory::OfProcess().Holds(secrets.back().view().data()) ? 0 : 1;
  }
  EXPECT_GT(outside, 0U);
  for (size_t i = 0; i < secrets.size(); ++i) {
    ASSERT_TRUE(std::ranges::all_of(secrets[i].view(), [i](uint8_t b) {
      return b == static_cast<uint8_t>(i);
    })) << i;
  }
  secrets.clear();
  const SecretBytes large(size_t{1} << 20);
  EXPECT_FALSE(SecretMemory::OfProcess().Holds(large.view().data()));
}

}  // namespace
}  // namespace usher

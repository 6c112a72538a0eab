#include "tests/support/run_process.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace usher::testing {
namespace {

using namespace std::chrono_literals;

TEST(RunProcess, TellsOutputErrorsAndExitCode) {
  const auto result =
      RunProcess({"sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_FALSE(result.timed_out);
}

TEST(RunProcess, PassesArgumentsWithoutAShell) {
  EXPECT_EQ(RunProcess({"printf", "%s|", "a b", "$HOME", "*"}).out,
            "a b|$HOME|*|");
}

TEST(RunProcess, FeedsInputLargerThanAPipe) {
  const std::string input(1 << 20, 'x');
  const auto result = RunProcess({"cat"}, {.input = input});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, input);
}

TEST(RunProcess, DoesNotMindAChildThatReadsNothing) {
  const std::string input(1 << 20, 'x');
  EXPECT_EQ(RunProcess({"true"}, {.input = input}).exit_code, 0);
}

TEST(RunProcess, TellsTheSignalThatEndedIt) {
  EXPECT_EQ(RunProcess({"sh", "-c", "kill -TERM $$"}).exit_code, 128 + SIGTERM);
}

TEST(RunProcess, TellsAMissingProgram) {
  const auto result = RunProcess({"no-such-program-here"});
  EXPECT_EQ(result.exit_code, 127);
  EXPECT_NE(result.err, "");
}

TEST(RunProcess, StopsWhatHangsAndItsChildren) {
  const auto result =
      RunProcess({"sh", "-c", "sleep 1000 & sleep 1000"}, {.timeout = 100ms});
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.exit_code, 128 + SIGKILL);
}

TEST(RunProcess, StopsWhatHangsAfterClosingItsOutput) {
  const auto result =
      RunProcess({"sh", "-c", "exec >&- 2>&-; sleep 1000"}, {.timeout = 100ms});
  EXPECT_TRUE(result.timed_out);
}

TEST(RunProcess, ReplacesInheritedVariablesAndKeepsTheRest) {
  setenv("USHER_TEST_A", "inherited", 1);
  setenv("USHER_TEST_AB", "kept", 1);
  const auto result =
      RunProcess({"sh", "-c", "echo $USHER_TEST_A $USHER_TEST_AB"},
                 {.environment = {"USHER_TEST_A=added"}});
  EXPECT_EQ(result.out, "added kept\n");
}

TEST(RunProcess, StartsWhereItIsTold) {
  const TempDir dir;
  EXPECT_EQ(RunProcess({"pwd"}, {.directory = dir.path()}).out,
            dir.path().string() + "\n");
}

TEST(ChildProcess, RunsBesideTheTestAndWritesItsLog) {
  const TempDir dir;
  ChildProcess child({"sh", "-c", "echo started; exit 7"}, dir / "log");
  EXPECT_EQ(child.Wait(20s), 7);
  EXPECT_EQ(ReadFile(dir / "log"), "started\n");
  EXPECT_FALSE(child.running());
}

TEST(ChildProcess, StopsPolitelyFirst) {
  const TempDir dir;
  ChildProcess child(
      {"sh", "-c", "trap 'exit 5' TERM; echo up; while :; do sleep 0.01; done"},
      dir / "log");
  while (ReadFile(dir / "log").empty()) {
    ASSERT_TRUE(child.running());
  }
  EXPECT_EQ(child.Stop(20s), 5);
}

TEST(ChildProcess, KillsWhoeverIgnoresThat) {
  const TempDir dir;
  ChildProcess child(
      {"sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.01; done"},
      dir / "log");
  while (ReadFile(dir / "log").empty()) {
    ASSERT_TRUE(child.running());
  }
  EXPECT_EQ(child.Stop(50ms), 128 + SIGKILL);
}

TEST(ChildProcess, TakesItsWholeGroupWithIt) {
  const TempDir dir;
  pid_t grandchild = 0;
  {
    ChildProcess child({"sh", "-c", "sleep 1000 & echo $!; wait"}, dir / "log");
    while (ReadFile(dir / "log").empty()) {
      ASSERT_TRUE(child.running());
    }
    grandchild = std::stoi(ReadFile(dir / "log"));
    ASSERT_EQ(kill(grandchild, 0), 0);
  }
  // Whoever stands in for init reaps it a moment later.
  const auto gone = [grandchild] {
    std::ifstream status("/proc/" + std::to_string(grandchild) + "/stat");
    std::string text;
    std::getline(status, text);
    return text.empty() || text.find(") Z") != std::string::npos;
  };
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!gone() && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_TRUE(gone());
}

}  // namespace
}  // namespace usher::testing

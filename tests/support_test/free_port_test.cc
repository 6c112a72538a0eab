#include "tests/support/free_port.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"

namespace usher::testing {
namespace {

TEST(FreePort, GivesNoPortTwice) {
  std::set<uint16_t> ports;
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(ports.insert(FreePort()).second);
}

TEST(WaitForListener, WaitsUntilSomethingAccepts) {
  const uint16_t port = FreePort();
  EXPECT_FALSE(WaitForListener(port, std::chrono::milliseconds(20)));
  const TempDir dir;
  const std::string script = "require('net').createServer().listen(" +
                             std::to_string(port) + ", '127.0.0.1')";
  const ChildProcess server({"node", "-e", script}, dir / "log");
  EXPECT_TRUE(WaitForListener(port));
}

}  // namespace
}  // namespace usher::testing

// The listener against the encoder of a real publisher: ffmpeg.
#include "packager/input/rtmp/listener.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/free_port.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::rtmp {
namespace {

using testing::ChildProcess;
using testing::RunProcess;

constexpr char kKey[] = "correct-horse";

class ListenerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto listener = Listener::Listen(
        {"127.0.0.1", port_, "live", SecretBytes(AsBytes(kKey))},
        [this](const std::string& line) {
          const std::lock_guard lock(mutex_);
          log_ += line + "\n";
        });
    ASSERT_TRUE(listener.has_value()) << listener.error().OneLine();
    listener_ = *std::move(listener);
  }

  std::string Url(const std::string& app, const std::string& key) const {
    return "rtmp://127.0.0.1:" + std::to_string(port_) + "/" + app + "/" + key;
  }
  // As fast as it goes, or at the film's own pace.
  static std::vector<std::string> Publish(const std::string& url,
                                          bool paced = false) {
    std::vector<std::string> command = {"ffmpeg", "-v", "error"};
    if (paced) command.insert(command.end(), {"-re", "-stream_loop", "-1"});
    command.insert(command.end(), {"-i", testing::TestMedia("film.mp4"), "-c",
                                   "copy", "-f", "flv", url});
    return command;
  }
  // All of it.
  std::string ReadAll(BytePipe& pipe) {
    std::string all;
    std::array<uint8_t, 4096> buffer;
    while (const size_t size = pipe.Read(buffer, interrupt_)) {
      all += AsText(ByteView(buffer).first(size));
    }
    return all;
  }
  std::string log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }

  const uint16_t port_ = testing::FreePort();
  Interrupt interrupt_;
  testing::TempDir directory_;
  std::mutex mutex_;
  std::string log_;
  std::unique_ptr<Listener> listener_;
};

// The checksums of all packets of the first `kind` stream.
std::string PacketsOf(const std::string& file, const std::string& kind) {
  const auto result = RunProcess({"ffmpeg", "-v", "error", "-i", file, "-map",
                                  "0:" + kind, "-c", "copy", "-f", "data",
                                  "-hide_banner", "-f", "md5", "-"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.out;
}

TEST_F(ListenerTest, HandsOnWhatFfmpegPublishesByteForByte) {
  testing::TestMedia("film.mp4");
  std::string published;
  std::thread reader([&] {
    if (const auto pipe = listener_->NextPublisher(interrupt_)) {
      published = ReadAll(*pipe);
    }
  });
  const auto result = RunProcess(Publish(Url("live", kKey)));
  if (result.exit_code != 0) interrupt_.Request();
  reader.join();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::string flv = (directory_.path() / "published.flv").string();
  testing::WriteFile(flv, published);
  for (const char* kind : {"v", "a"}) {
    EXPECT_EQ(PacketsOf(flv, kind),
              PacketsOf(testing::TestMedia("film.flv"), kind));
  }
  EXPECT_NE(log().find("publishes"), std::string::npos);
  EXPECT_NE(log().find("has ended publishing"), std::string::npos);
}

TEST_F(ListenerTest, RefusesAWrongKeyOrApplicationAndLogsNoKey) {
  for (const auto& url : {Url("live", "wrong-horse"), Url("other", kKey)}) {
    EXPECT_NE(RunProcess(Publish(url)).exit_code, 0) << url;
  }
  EXPECT_NE(log().find("wrong stream key"), std::string::npos) << log();
  EXPECT_EQ(log().find("horse"), std::string::npos) << log();
}

TEST_F(ListenerTest, RefusesASecondPublisherWhileTheFirstIsThere) {
  ChildProcess first(Publish(Url("live", kKey), true),
                     directory_.path() / "first.log");
  const auto pipe = listener_->NextPublisher(interrupt_);
  ASSERT_NE(pipe, nullptr);
  EXPECT_NE(RunProcess(Publish(Url("live", kKey))).exit_code, 0);
  EXPECT_NE(log().find("is refused while"), std::string::npos) << log();
  first.Stop();
  ReadAll(*pipe);  // comes to an end
}

TEST_F(ListenerTest, LetsANewPublisherTakeOverFromASilentOne) {
  ChildProcess first(Publish(Url("live", kKey), true),
                     directory_.path() / "first.log");
  const auto pipe = listener_->NextPublisher(interrupt_);
  ASSERT_NE(pipe, nullptr);
  first.Signal(SIGSTOP);  // its connection stays, and says nothing
  int exit_code = 1;
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (exit_code != 0 && std::chrono::steady_clock::now() < deadline) {
    exit_code = RunProcess(Publish(Url("live", kKey))).exit_code;
  }
  EXPECT_EQ(exit_code, 0);
  ReadAll(*pipe);
  const auto second = listener_->NextPublisher(interrupt_);
  ASSERT_NE(second, nullptr);
  EXPECT_FALSE(ReadAll(*second).empty());
  EXPECT_NE(log().find("takes over"), std::string::npos) << log();
  first.Signal(SIGCONT);
}

TEST_F(ListenerTest, StopsWaitingWhenTheUserWantsIt) {
  interrupt_.Request();
  EXPECT_EQ(listener_->NextPublisher(interrupt_), nullptr);
}

TEST_F(ListenerTest, RefusesAPortThatIsTaken) {
  const auto second =
      Listener::Listen({"127.0.0.1", port_, "live", SecretBytes(AsBytes(kKey))},
                       [](const std::string&) {});
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().OneLine().find(std::to_string(port_)),
            std::string::npos);
}

}  // namespace
}  // namespace usher::rtmp

// A live event on a fleet with a network of its own, and a crowd in front:
// boxes die, links are cut, and the origin is asked once for each object.
//
// Small numbers by default; scripts/fleet.sh has the full ones:
//
//   USHER_FLEET_VIEWERS   how many viewers (60)
//   USHER_FLEET_SECONDS   how long each scenario lasts (8)
//   USHER_FLEET_JOIN      in how many of them viewers come (a quarter)
//   USHER_FLEET_AWAY      how long a link is cut, a shield hangs (a quarter)
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>

#include "tests/system/box_office.h"
#include "tests/system/fleet.h"
#include "tests/system/live_event.h"

namespace usher::testing {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

int Setting(const char* name, int otherwise) {
  const char* const value = std::getenv(name);
  return value != nullptr ? std::atoi(value) : otherwise;
}

class FleetScenariosTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string why_not = FleetNetwork::Unavailable();
    if (!why_not.empty()) GTEST_SKIP() << why_not;
    network_ = std::make_unique<FleetNetwork>();
    fleet_ = std::make_unique<Fleet>(4, 2, network_.get());
    fleet_->AddPlainPort();
    event_ = std::make_unique<LiveEvent>(*fleet_, "fight");
    fleet_->Start();
    // Some distance, where the kernel has it; it may not.
    for (const char* edge : {"edge0", "edge1", "edge2", "edge3"}) {
      shaped_ &= network_->Shape(edge, "delay 10ms 2ms loss 0.1%");
    }
    if (!shaped_) {
      std::fputs("no netem in this kernel: without distance and loss\n",
                 stderr);
    }
    RecordProperty("netem", shaped_ ? "yes" : "no");
    event_->Begin();
  }

  // Starts the crowd; its report, once it has left.
  std::future<Json> Watch() {
    std::string tickets;
    for (int i = 0; i < viewers_; ++i) {
      tickets += BoxOffice::The().Ticket("fight") + "\n";
    }
    WriteFile(directory_ / "tickets", tickets);
    std::vector<std::string> command = {
        USHER_VIEWERS, "--tolerate",
        "--path",      "/fight/master.m3u8",
        "--tickets",   (directory_ / "tickets").string(),
        "--join",      std::to_string(join_),
        "--seconds",   std::to_string(seconds_)};
    for (size_t i = 0; i < fleet_->edges(); ++i) {
      const Nginx& edge = fleet_->edge(i);
      command.insert(
          command.end(),
          {"--edge", edge.address() + ":" + std::to_string(edge.port(4))});
    }
    return std::async(std::launch::async, [command] {
      const ProcessResult result =
          RunProcess(command, {.timeout = std::chrono::minutes(5)});
      std::fputs(result.out.c_str(), stderr);
      return Json::parse(result.out, nullptr, false);
    });
  }
  void LetPass(double share) const {
    std::this_thread::sleep_for(
        milliseconds(static_cast<int>(1000 * share * seconds_)));
  }

  // How long something is not there.
  milliseconds Away() const {
    return milliseconds(away_ > 0 ? 1000 * away_ : 250 * seconds_);
  }

  // Once, and once more by the other shield.
  void ExpectAskedOnceOrTwice() {
    const size_t most = MostRequestsForASegment();
    EXPECT_GE(most, 1u);
    EXPECT_LE(most, 2u);
  }
  // The most often that any segment was asked for at the origin, and at the
  // shields together.
  size_t MostRequestsForASegment() {
    event_->End();
    fleet_->origin().Stop();
    return Most(fleet_->origin().AccessLog());
  }
  size_t MostRequestsAtShields() {
    std::string log;
    for (size_t i = 0; i < fleet_->shields(); ++i) {
      fleet_->shield(i).Stop();
      log += fleet_->shield(i).AccessLog();
    }
    return Most(log);
  }
  size_t Most(const std::string& log) const {
    size_t most = 0;
    for (int i = 1; i <= event_->last(); ++i) {
      most =
          std::max(most, CountOf(log, "\"uri\":\"" + event_->PathOf(i) + "\""));
    }
    return most;
  }
  // What boxes of one tier answered about the event, by their logs.
  struct Work {
    size_t requests = 0;
    size_t bytes = 0;
  };
  static void AddWork(Nginx& box, Work& work) {
    box.Stop();
    std::istringstream lines(box.AccessLog());
    for (std::string line; std::getline(lines, line);) {
      const Json entry = Json::parse(line, nullptr, false);
      if (!entry.is_object() || entry.value("event", "") != "fight") continue;
      ++work.requests;
      work.bytes += entry["bytes"].get<size_t>();
    }
  }
  // For scripts/capacity.mjs --check.
  Json Counted(const Json& report) {
    event_->End();
    Work edge;
    Work shield;
    Work origin;
    for (size_t i = 0; i < fleet_->edges(); ++i) AddWork(fleet_->edge(i), edge);
    for (size_t i = 0; i < fleet_->shields(); ++i) {
      AddWork(fleet_->shield(i), shield);
    }
    AddWork(fleet_->origin(), origin);
    const std::string log = fleet_->origin().AccessLog();
    int seconds = 0;
    for (int i = 1; i <= event_->last(); ++i) {
      if (CountOf(log, event_->PathOf(i)) > 0) ++seconds;
    }
    return {{"seconds", seconds},
            {"viewers", viewers_},
            {"edges", fleet_->edges()},
            {"shields", fleet_->shields()},
            {"segment", 1},
            {"rate", LiveEvent::kSegmentSize * 8 / 1e6},
            {"watched", report["requests"]["segment"]},
            {"requests",
             {{"edge", edge.requests},
              {"shield", shield.requests},
              {"origin", origin.requests}}},
            {"bytes",
             {{"edge", edge.bytes},
              {"shield", shield.bytes},
              {"origin", origin.bytes}}}};
  }
  static size_t ErrorsBut(const Json& report,
                          const std::vector<std::string>& kinds) {
    size_t count = 0;
    for (const auto& [kind, number] : report["errors"].items()) {
      const bool expected = std::ranges::any_of(
          kinds, [&](const std::string& end) { return kind.ends_with(end); });
      if (!expected) count += number.get<size_t>();
    }
    return count;
  }

  const int viewers_ = Setting("USHER_FLEET_VIEWERS", 60);
  const int seconds_ = Setting("USHER_FLEET_SECONDS", 8);
  const int join_ = Setting("USHER_FLEET_JOIN", seconds_ / 4);
  const int away_ = Setting("USHER_FLEET_AWAY", 0);
  TempDir directory_;
  bool shaped_ = true;
  std::unique_ptr<FleetNetwork> network_;
  std::unique_ptr<Fleet> fleet_;
  std::unique_ptr<LiveEvent> event_;
};

TEST_F(FleetScenariosTest, ACrowdJoinsAndTheOriginIsAskedOncePerObject) {
  const Json report = Watch().get();
  EXPECT_EQ(report["joined"], viewers_);
  EXPECT_EQ(ErrorsBut(report, {}), 0u) << report["errors"];
  EXPECT_EQ(MostRequestsForASegment(), 1u);
  EXPECT_LE(MostRequestsAtShields(), fleet_->edges()) << "docs/capacity.md";
}

TEST_F(FleetScenariosTest, TheBoxesDoWhatTheCapacityPageReckons) {
  const Json report = Watch().get();
  ASSERT_EQ(report["joined"], viewers_);
  const std::string counts = directory_ / "counts.json";
  WriteFile(counts, Counted(report).dump());
  const ProcessResult checked = RunProcess(
      {"node", USHER_SOURCE_DIR "/scripts/capacity.mjs", "--check", counts});
  std::fputs(checked.out.c_str(), stderr);
  EXPECT_EQ(checked.exit_code, 0)
      << checked.out << checked.err << ReadFile(counts);
}

TEST_F(FleetScenariosTest, AnEdgeDiesAndOnlyWhatWasUnderWayFails) {
  auto report = Watch();
  LetPass(0.5);
  fleet_->edge(0).Kill();
  const Json seen = report.get();
  EXPECT_EQ(seen["joined"], viewers_);
  EXPECT_EQ(ErrorsBut(seen, {"reset", "cut", "refused"}), 0u) << seen["errors"];
  // One under way and one refused before a viewer goes on elsewhere, and a
  // quarter of them were there.
  EXPECT_LE(ErrorsBut(seen, {}), static_cast<size_t>(viewers_) / 2)
      << seen["errors"];
  EXPECT_EQ(MostRequestsForASegment(), 1u);
}

TEST_F(FleetScenariosTest, AShieldIsKilledAndNoViewerNotices) {
  auto report = Watch();
  LetPass(0.5);
  fleet_->shield(0).Kill();
  const Json seen = report.get();
  EXPECT_EQ(seen["joined"], viewers_);
  EXPECT_EQ(ErrorsBut(seen, {}), 0u) << seen["errors"];
  ExpectAskedOnceOrTwice();
}

// Nobody says that it is gone: packets to it are lost.
TEST_F(FleetScenariosTest, AShieldVanishesAndNoViewerFails) {
  auto report = Watch();
  LetPass(0.5);
  network_->Cut("shield0");
  const Json seen = report.get();
  EXPECT_EQ(seen["joined"], viewers_);
  EXPECT_EQ(ErrorsBut(seen, {}), 0u) << seen["errors"];
  ExpectAskedOnceOrTwice();
}

TEST_F(FleetScenariosTest, TheOriginsLinkIsCutAndThePictureOnlyWaits) {
  auto report = Watch();
  LetPass(0.4);
  network_->Cut("origin");
  std::this_thread::sleep_for(Away());
  network_->Join("origin");
  const Json seen = report.get();
  EXPECT_EQ(seen["joined"], viewers_);
  EXPECT_EQ(ErrorsBut(seen, {}), 0u) << seen["errors"];
  ExpectAskedOnceOrTwice();
}

TEST_F(FleetScenariosTest, AShieldIsSlowAndItsObjectsComeLater) {
  auto report = Watch();
  LetPass(0.4);
  for (const pid_t worker : fleet_->shield(0).Workers()) {
    kill(worker, SIGSTOP);
  }
  std::this_thread::sleep_for(Away());
  for (const pid_t worker : fleet_->shield(0).Workers()) {
    kill(worker, SIGCONT);
  }
  const Json seen = report.get();
  EXPECT_EQ(seen["joined"], viewers_);
  EXPECT_EQ(ErrorsBut(seen, {}), 0u) << seen["errors"];
  ExpectAskedOnceOrTwice();
}

}  // namespace
}  // namespace usher::testing

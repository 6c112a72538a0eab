#include "tests/system/fleet_network.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "tests/support/run_process.h"

namespace usher::testing {
namespace {

// "ushf<pid>-<box>", so that a later run knows whose they were.
constexpr std::string_view kPrefix = "ushf";

std::vector<std::string> Words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

ProcessResult Ip(const std::string& arguments) {
  return RunProcess(Words("ip " + arguments));
}

void Must(const std::string& arguments) {
  const ProcessResult result = Ip(arguments);
  ASSERT_EQ(result.exit_code, 0) << "ip " << arguments << ": " << result.err;
}

bool IsLeftover(std::string_view name) {
  if (!name.starts_with(kPrefix)) return false;
  pid_t pid = 0;
  std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), pid);
  return pid > 0 && kill(pid, 0) != 0;
}

// Their links go with the namespaces.
void RemoveLeftovers() {
  std::istringstream namespaces(Ip("netns list").out);
  for (std::string line; std::getline(namespaces, line);) {
    const std::string name = line.substr(0, line.find(' '));
    if (IsLeftover(name)) Ip("netns delete " + name);
  }
  std::istringstream links(Ip("-brief link show type bridge").out);
  for (std::string line; std::getline(links, line);) {
    const std::string name = line.substr(0, line.find(' '));
    if (IsLeftover(name)) Ip("link delete " + name);
  }
}

}  // namespace

std::string FleetNetwork::Unavailable() {
  if (geteuid() != 0) return "network namespaces need root";
  const std::string name = "ushf" + std::to_string(getpid()) + "-try";
  const ProcessResult made = Ip("netns add " + name);
  if (made.exit_code != 0) return "no network namespaces here: " + made.err;
  const ProcessResult linked =
      Ip("-n " + name + " link add dev try0 type veth");
  Ip("netns delete " + name);
  return linked.exit_code == 0 ? "" : "no veth links here: " + linked.err;
}

FleetNetwork::FleetNetwork() {
  RemoveLeftovers();
  const std::string pid = std::to_string(getpid());
  bridge_ = std::string(kPrefix) + pid;
  subnet_ = "10.77." + std::to_string(getpid() % 250) + ".";
  Must("link add dev " + bridge_ + " type bridge");
  Must("address add " + subnet_ + "1/24 dev " + bridge_);
  Must("link set " + bridge_ + " up");
}

FleetNetwork::~FleetNetwork() {
  for (const std::string& box : boxes_) {
    // A namespace stays while a connection of it, cut off, still tries.
    Ip("link delete " + LinkOf(box));
    Ip("netns delete " + NameOf(box));
  }
  Ip("link delete " + bridge_);
}

FleetNetwork::Home FleetNetwork::Add(const std::string& name) {
  boxes_.push_back(name);
  const std::string home = NameOf(name);
  const std::string link = LinkOf(name);
  const std::string address = subnet_ + std::to_string(boxes_.size() + 1);
  Must("netns add " + home);
  Must("link add dev " + link + " type veth peer name eth0 netns " + home);
  Must("link set " + link + " master " + bridge_ + " up");
  Must("-n " + home + " address add " + address + "/24 dev eth0");
  Must("-n " + home + " link set eth0 up");
  Must("-n " + home + " link set lo up");
  return {home, address};
}

void FleetNetwork::Cut(const std::string& name) {
  Must("link set " + LinkOf(name) + " down");
}

void FleetNetwork::Join(const std::string& name) {
  Must("link set " + LinkOf(name) + " up");
}

bool FleetNetwork::Shape(const std::string& name, const std::string& netem) {
  return RunProcess(Words("ip netns exec " + NameOf(name) +
                          " tc qdisc replace dev eth0 root netem " + netem))
             .exit_code == 0;
}

std::string FleetNetwork::NameOf(const std::string& box) const {
  return bridge_ + "-" + box;
}

// Interface names have at most 15 characters.
std::string FleetNetwork::LinkOf(const std::string& box) const {
  const auto number = std::ranges::find(boxes_, box) - boxes_.begin();
  return bridge_ + "v" + std::to_string(number);
}

}  // namespace usher::testing

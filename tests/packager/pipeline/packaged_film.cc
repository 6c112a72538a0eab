#include "tests/packager/pipeline/packaged_film.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/base/hex.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/support/box_reader.h"
#include "tests/support/movie_fragment.h"
#include "tests/support/run_process.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

std::string Run(const std::vector<std::string>& command) {
  const ProcessResult result = RunProcess(command);
  EXPECT_EQ(result.exit_code, 0) << command.back() << ": " << result.err;
  return result.out;
}

}  // namespace

PackagedFilm::PackagedFilm(const std::vector<fs::path>& inputs,
                           const std::vector<std::string>& flags) {
  command_ = {"package"};
  for (const fs::path& input : inputs) command_.push_back(input);
  command_.insert(command_.end(), {"--output", root_ / "out", "--event", "film",
                                   "--key-store", root_ / "keys"});
  if (std::ranges::find(flags, "--segment-duration") == flags.end()) {
    command_.insert(command_.end(), {"--segment-duration", "2"});
  }
  command_.insert(command_.end(), flags.begin(), flags.end());
  const Outcome outcome = RunUsher(command_);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
}

std::string PackagedFilm::Key() const {
  const Outcome exported = RunUsher({"key", "export", "--event", "film",
                                     "--key-store", root_ / "keys", "--json"});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
  return nlohmann::json::parse(exported.out).at("key");
}

std::vector<std::string> PackagedFilm::Kids() const {
  std::vector<std::string> kids;
  for (const auto& entry : fs::directory_iterator(root_ / "keys" / "film")) {
    kids.push_back(entry.path().stem());
  }
  return kids;
}

std::map<std::string, std::string> PackagedFilm::Keys() const {
  const Outcome exported = RunUsher(
      {"key", "export", "--event", "film", "--key-store", root_ / "keys"});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
  std::map<std::string, std::string> keys;
  std::istringstream lines(exported.out);
  for (std::string line; std::getline(lines, line);) {
    keys[line.substr(0, 32)] = line.substr(33);
  }
  return keys;
}

void PackagedFilm::ServeKeys() const {
  fs::create_directories(directory() / "key");
  for (const auto& [kid, key] : Keys()) {
    const Bytes bytes = FromHex(key).value_or(Bytes());
    WriteFile(directory() / "key" / kid, AsText(bytes));
  }
}

fs::path PackagedFilm::Stretch(const std::string& track,
                               const std::string& init, int first,
                               int last) const {
  std::string all = ReadFile(directory() / track / init);
  for (int n = first; n <= last; ++n) {
    all += ReadFile(directory() / track / (std::to_string(n) + ".m4s"));
  }
  const fs::path file = root_ / (track + std::to_string(first) + ".mp4");
  WriteFile(file, all);
  return file;
}

std::vector<fs::path> PackagedFilm::Segments(const std::string& track) const {
  std::vector<fs::path> segments;
  for (int n = 1;; ++n) {
    const fs::path file = directory() / track / (std::to_string(n) + ".m4s");
    if (!fs::exists(file)) return segments;
    segments.push_back(file);
  }
}

fs::path PackagedFilm::Joined(const std::string& track) const {
  std::string all = ReadFile(directory() / track / "init.mp4");
  for (const fs::path& segment : Segments(track)) all += ReadFile(segment);
  fs::path file = root_ / (fs::path(track).filename().string() + ".mp4");
  WriteFile(file, all);
  return file;
}

std::vector<Fragment> PackagedFilm::Fragments(const std::string& track) const {
  std::vector<Fragment> fragments;
  for (const fs::path& segment : Segments(track)) {
    const std::string bytes = ReadFile(segment);
    for (Fragment& fragment : ReadMovieFragments(ReadBoxes(AsBytes(bytes)))) {
      fragments.push_back(std::move(fragment));
    }
  }
  return fragments;
}

void ExpectRefused(const fs::path& film, const std::vector<std::string>& flags,
                   const std::vector<std::string>& words) {
  const TempDir directory;
  std::vector<std::string> command = {"package",         film,           "-o",
                                      directory / "out", "--encryption", "none",
                                      "--quiet"};
  command.insert(command.end(), flags.begin(), flags.end());
  const Outcome refused = RunUsher(command);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(std::ranges::count(refused.err, '\n'), 1) << refused.err;
  for (const std::string& word : words) {
    EXPECT_NE(refused.err.find(word), std::string::npos) << refused.err;
  }
  EXPECT_FALSE(fs::exists(directory / "out") &&
               !fs::is_empty(directory / "out"));
}

std::vector<PacketFact> Packets(const fs::path& file, char kind) {
  const std::string out =
      Run({"ffprobe", "-v", "error", "-select_streams", std::string(1, kind),
           "-show_packets", "-show_data_hash", "MD5", "-of", "json", file});
  std::vector<PacketFact> packets;
  const nlohmann::json probed = nlohmann::json::parse(out);
  for (const auto& packet : probed.at("packets")) {
    packets.push_back({std::stod(packet.at("pts_time").get<std::string>()),
                       packet.at("data_hash"),
                       packet.at("flags").get<std::string>()[0] == 'K'});
  }
  return packets;
}

std::vector<std::string> Hashes(const std::vector<PacketFact>& packets) {
  std::vector<std::string> hashes;
  hashes.reserve(packets.size());
  for (const PacketFact& packet : packets) hashes.push_back(packet.hash);
  return hashes;
}

}  // namespace usher::testing

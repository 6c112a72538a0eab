// A crowd of viewers in front of one or more edges, in one thread.
//
//   viewers --edge 127.0.0.1:8080 --path /film/master.m3u8 --tickets FILE
//
// Prints a JSON object (report.h). Exits 1 where a request failed, a viewer
// did not join or a picture stood still, unless --tolerate. HTTP only: put it
// where the TLS ends.
#include <arpa/inet.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "bench/viewers/viewer.h"

namespace usher::viewers {
namespace {

struct Options {
  std::vector<std::string> edges;
  std::string path;
  std::string tickets;
  size_t count = 0;
  double join_seconds = 10;
  double seconds = 30;
  bool lowest = false;
  bool tolerate = false;
};

Edge ParseEdge(const std::string& text) {
  const size_t colon = text.rfind(':');
  Edge edge{};
  edge.host = text;
  edge.address.sin_family = AF_INET;
  const std::string address = text.substr(0, colon);
  const int port =
      colon == std::string::npos ? 80 : std::atoi(text.c_str() + colon + 1);
  if (inet_pton(AF_INET, address.c_str(), &edge.address.sin_addr) != 1 ||
      port <= 0 || port > 65535) {
    throw CLI::ValidationError("--edge", text + ": not ADDRESS:PORT");
  }
  edge.address.sin_port = htons(static_cast<uint16_t>(port));
  return edge;
}

std::vector<std::string> ReadLines(const std::string& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

// A viewer is a connection.
void RaiseFileLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int Run(const Options& options) {
  RaiseFileLimit();
  Habits habits;
  habits.lowest = options.lowest;
  for (const std::string& edge : options.edges) {
    habits.edges.push_back(ParseEdge(edge));
  }
  std::vector<std::string> targets;
  for (const std::string& ticket : ReadLines(options.tickets)) {
    targets.push_back(options.path + "?ticket=" + ticket);
  }
  if (targets.empty()) targets.push_back(options.path);
  const size_t count = options.count == 0 ? targets.size() : options.count;

  Report report;
  Poller poller;
  size_t ended = 0;
  const auto start = Clock::now();
  std::vector<std::unique_ptr<Viewer>> viewers;
  for (size_t i = 0; i < count; ++i) {
    viewers.push_back(std::make_unique<Viewer>(
        poller, habits, report, i, targets[i % targets.size()], [&] {
          if (++ended == count) poller.Stop();
        }));
    const auto after = std::chrono::duration<double>(
        options.join_seconds * static_cast<double>(i) /
        static_cast<double>(count));
    poller.At(start + std::chrono::duration_cast<Clock::duration>(after),
              [viewer = viewers.back().get()] { viewer->Start(); });
  }
  poller.RunUntil(start + std::chrono::duration_cast<Clock::duration>(
                              std::chrono::duration<double>(options.seconds)));
  const std::string json = report.ToJson(count, Clock::now() - start);
  std::fputs(json.c_str(), stdout);
  return report.IsClean(count) || options.tolerate ? 0 : 1;
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("A crowd of HLS viewers that follows playlists in real time.");
  app.add_option("--edge", options.edges, "ADDRESS:PORT; repeat for a fleet")
      ->required();
  app.add_option("--path", options.path,
                 "path of the master playlist, as in /film/master.m3u8")
      ->required();
  app.add_option("--tickets", options.tickets,
                 "a file with a ticket a line (without: the path must serve "
                 "as it is)")
      ->check(CLI::ExistingFile);
  app.add_option("--viewers", options.count,
                 "how many; tickets are used again where they are fewer "
                 "(default: one a ticket)");
  app.add_option("--join", options.join_seconds,
                 "they come spread over so many seconds")
      ->capture_default_str();
  app.add_option("--seconds", options.seconds,
                 "and stay until then, or until all have seen the end")
      ->capture_default_str();
  app.add_flag("--lowest", options.lowest,
               "watch the lowest bandwidth instead of the highest");
  app.add_flag("--tolerate", options.tolerate,
               "exit 0 also where something failed");
  try {
    app.parse(argc, argv);
    return Run(options);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
}

}  // namespace
}  // namespace usher::viewers

int main(int argc, char** argv) { return usher::viewers::Main(argc, argv); }

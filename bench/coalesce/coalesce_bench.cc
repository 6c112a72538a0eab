// Followers of a cache fill, with usher_coalesce and with stock nginx, side by
// side: two nginx of the same configuration but for the module, one origin that
// takes its time, rounds of both in turn. Numbers are in docs/coalescing.md.
//
//   coalesce_bench MODULE.so [ROUNDS [FOLLOWERS [WORKERS]]]
//
// Exits 1 where the goal of design.md section 6 is missed.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/free_port.h"
#include "tests/support/request_burst.h"
#include "tests/support/run_process.h"
#include "tests/support/scripted_origin.h"
#include "tests/support/temp_dir.h"

namespace usher::testing {
namespace {

using Milliseconds = double;

constexpr size_t kObjectSize = size_t{16} * 1024;
constexpr Milliseconds kAllowance = 10;
constexpr int kDelays[] = {20, 100, 330, 600};

struct Options {
  std::string module;
  int rounds = 5;
  size_t followers = 500;
  int workers = 4;
};

// "/<delay>/..." is answered after so many milliseconds.
OriginReply Answer(const OriginRequest& request) {
  OriginReply reply;
  reply.delay = std::chrono::milliseconds(std::atoi(&request.target[1]));
  reply.headers = "Cache-Control: max-age=600\r\n";
  reply.body = std::string(kObjectSize, 'x');
  return reply;
}

class Edge {
 public:
  Edge(const Options& options, uint16_t origin, bool coalescing)
      : port_(FreePort()),
        child_(Start(options, origin, coalescing), directory_ / "stderr") {
    if (!WaitForListener(port_)) std::abort();
  }

  uint16_t port() const { return port_; }

 private:
  std::vector<std::string> Start(const Options& options, uint16_t origin,
                                 bool coalescing) {
    std::string text;
    if (coalescing) text += "load_module " + options.module + ";\n";
    text += "user root;\nworker_processes " + std::to_string(options.workers) +
            ";\nworker_rlimit_nofile 8192;\n"
            "daemon off;\npid nginx.pid;\nerror_log error.log warn;\n"
            "events { worker_connections 4096; }\n"
            "http {\naccess_log off;\nsendfile on;\ntcp_nodelay on;\n"
            "keepalive_requests 100000;\n"
            "client_body_temp_path t1;\nproxy_temp_path t2;\n"
            "fastcgi_temp_path t3;\nuwsgi_temp_path t4;\nscgi_temp_path t5;\n"
            "proxy_cache_path cache levels=1 keys_zone=c:10m "
            "use_temp_path=off;\n"
            "server {\nlisten 127.0.0.1:" +
            std::to_string(port_) +
            " reuseport backlog=4096;\nlocation / {\n"
            "proxy_pass http://127.0.0.1:" +
            std::to_string(origin) +
            ";\nproxy_cache c;\nproxy_cache_key $uri;\n"
            "proxy_cache_lock on;\nproxy_cache_lock_timeout 10s;\n"
            "proxy_cache_lock_age 10s;\nproxy_ignore_client_abort on;\n";
    if (coalescing) {
      text +=
          "usher_coalesce on key=$uri;\n"
          "proxy_cache_bypass $usher_bypass_lock;\n";
    }
    text += "} } }\n";
    WriteFile(directory_ / "nginx.conf", text);
    return {"/usr/sbin/nginx",
            "-p",
            directory_.path().string() + "/",
            "-c",
            "nginx.conf",
            "-e",
            "error.log"};
  }

  TempDir directory_;
  uint16_t port_;
  ChildProcess child_;
};

struct Sample {
  std::vector<Milliseconds> cold;
  std::vector<Milliseconds> warm;
  int origin_requests = 0;
  int objects = 0;
  int failures = 0;
};

void Collect(const RequestBurst& burst, std::vector<Milliseconds>& times,
             int& failures) {
  for (const BurstReply& reply : burst.replies()) {
    times.push_back(static_cast<double>(reply.first_byte.count()) / 1e6);
    if (reply.status != 200 || !reply.complete) ++failures;
  }
}

void Run(const Edge& edge, ScriptedOrigin& origin, const Options& options,
         const std::string& target, Sample& sample) {
  RequestBurst burst(edge.port(), options.followers + 1);
  burst.Send(0, burst.size(), "/0/earlier");  // viewers are connected already
  burst.Wait();
  const int before = origin.requests();
  burst.Send(0, burst.size(), target);
  burst.Wait();
  Collect(burst, sample.cold, sample.failures);
  burst.Send(0, burst.size(), target);
  burst.Wait();
  Collect(burst, sample.warm, sample.failures);
  sample.origin_requests += origin.requests() - before;
  ++sample.objects;
}

Milliseconds Percentile(std::vector<Milliseconds> times, double share) {
  std::ranges::sort(times);
  const auto rank = share * static_cast<double>(times.size() - 1);
  return times[static_cast<size_t>(rank)];
}

bool Print(int delay, const char* name, const Sample& sample) {
  const Milliseconds p95 = Percentile(sample.cold, 0.95);
  const Milliseconds warm = Percentile(sample.warm, 0.95);
  const Milliseconds goal = delay + warm + kAllowance;
  const bool reached = p95 <= goal && sample.failures == 0 &&
                       sample.origin_requests == sample.objects;
  std::printf("%6d  %-6s %7.1f %7.1f %7.1f %8.1f %7.1f  %6.2f  %5d  %s\n",
              delay, name, Percentile(sample.cold, 0.5), p95,
              Percentile(sample.cold, 1), warm, goal,
              static_cast<double>(sample.origin_requests) / sample.objects,
              sample.failures, reached ? "reached" : "missed");
  return reached;
}

int Main(const Options& options) {
  ScriptedOrigin origin(Answer);
  const Edge usher(options, origin.port(), true);
  const Edge stock(options, origin.port(), false);
  std::printf(
      "%zu followers of a %zu KiB object, %d workers, %d rounds; ms to "
      "first byte\n\n"
      "origin  edge       p50     p95     max warm p95    goal  "
      "origin/object  failed\n",
      options.followers, kObjectSize / 1024, options.workers, options.rounds);
  bool reached = true;
  for (const int delay : kDelays) {
    Sample ours;
    Sample theirs;
    for (int round = 0; round < options.rounds; ++round) {
      const std::string object =
          "/" + std::to_string(delay) + "/" + std::to_string(round);
      const auto run = [&](const Edge& edge, const char* name, Sample& sample) {
        Run(edge, origin, options, object + name, sample);
      };
      if (round % 2 == 0) run(usher, "-usher", ours);
      run(stock, "-stock", theirs);
      if (round % 2 != 0) run(usher, "-usher", ours);
    }
    reached &= Print(delay, "usher", ours);
    Print(delay, "stock", theirs);
    std::printf("        ratio of p95, stock / usher: %.2f\n",
                Percentile(theirs.cold, 0.95) / Percentile(ours.cold, 0.95));
  }
  return reached ? 0 : 1;
}

}  // namespace
}  // namespace usher::testing

int main(int argc, char** argv) {
  if (argc < 2 || argc > 5) {
    std::fprintf(stderr, "usage: %s MODULE.so [ROUNDS [FOLLOWERS [WORKERS]]]\n",
                 argv[0]);
    return 2;
  }
  usher::testing::Options options{
      .module = std::filesystem::absolute(argv[1]).string()};
  if (argc > 2) options.rounds = std::max(1, std::atoi(argv[2]));
  if (argc > 3) options.followers = static_cast<size_t>(std::atoi(argv[3]));
  if (argc > 4) options.workers = std::max(1, std::atoi(argv[4]));
  return usher::testing::Main(options);
}

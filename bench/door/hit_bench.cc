// What the door costs a cache hit: the same nginx, the same cached object, with
// no check at all, with secure_link, with auth_request and with this module, in
// turn. Numbers are in docs/performance.md.
//
//   hit_bench MODULE.so [ROUNDS [REQUESTS [CONNECTIONS]]]
//
// One worker per nginx. A request's cost is the CPU time of that worker, which
// other load on the machine hardly changes; requests per second are those of 64
// connections that the client, on the other core, keeps busy. Exits 1 where a
// goal of design.md section 6, which is in requests per second, is missed.
#include <sys/types.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/base64url.h"
#include "core/crypto/system_random.h"
#include "core/session/credential.h"
#include "core/ticket/key_set.h"
#include "tests/support/free_port.h"
#include "tests/support/request_burst.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"

namespace usher::testing {
namespace {

constexpr char kSecretLine[] =
    "1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
// Nobody shows a ticket here, but the module wants a key.
constexpr char kTicketKeys[] =
    R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k",)"
    R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

constexpr size_t kSizes[] = {size_t{4} << 10, size_t{64} << 10,
                             size_t{1} << 20};

struct Options {
  std::string module;
  int rounds = 9;
  size_t requests = 20000;
  size_t connections = 64;
};

struct Door {
  const char* name;
  std::string http;      // lines of the http block
  std::string location;  // lines beside proxy_cache
  std::string extra;     // lines of the server block
  // What the connection `index` asks for.
  std::function<std::string(const std::string& path, size_t index)> target;
};

std::string SessionOf(size_t index) {
  static session::Secrets secrets =
      session::Secrets::Parse(kSecretLine, "bench").value();
  static crypto::SystemRandom random;
  // Whose key signed the ticket must still be in the set.
  static const auto keys = ticket::KeySet::Parse(kTicketKeys, "bench").value();
  std::array<uint8_t, 4> key{};
  std::copy_n(keys.keys().front().hash.begin(), key.size(), key.begin());
  const auto now = static_cast<uint32_t>(std::time(nullptr));
  ticket::Claims claims;
  claims.subject = "order-" + std::to_string(index);
  claims.events = {"film"};
  claims.expires = now + 6 * 3600;
  return "/s/" +
         secrets
             .Sign(session::NewSession(claims, "film", key, now, 3600, random),
                   now)
             .value();
}

// nginx's secure_link_md5, made by the same recipe with openssl at hand.
std::string SecureLinkOf(const std::string& path) {
  constexpr char kExpires[] = "4102444800";
  const ProcessResult digest = RunProcess(
      {"openssl", "md5", "-binary"}, {.input = kExpires + path + " secret"});
  return path + "?md5=" + ToBase64Url(AsBytes(digest.out)) +
         "&expires=" + kExpires;
}

std::vector<Door> Doors() {
  const auto plain = [](const std::string& path, size_t) { return path; };
  return {
      {"stock", "", "", "", plain},
      {"secure_link", "",
       "secure_link $arg_md5,$arg_expires;\n"
       "secure_link_md5 \"$secure_link_expires$uri secret\";\n"
       "if ($secure_link = \"\") { return 403; }\n"
       "if ($secure_link = \"0\") { return 410; }\n",
       "", [](const std::string& path, size_t) { return SecureLinkOf(path); }},
      {"auth_request", "", "auth_request /auth;\n",
       "location = /auth { internal; proxy_pass http://origin/auth;\n"
       "proxy_pass_request_body off; proxy_set_header Content-Length \"\"; }\n",
       plain},
      {"usher",
       "usher_zone 16m; usher_ticket_keys jwks.json;\n"
       "usher_session_secrets secrets;\n",
       "usher on;\n", "",
       [](const std::string& path, size_t index) {
         return SessionOf(index) + path;
       }},
  };
}

// One nginx with one worker behind one door.
class Edge {
 public:
  Edge(const Options& options, Door door, uint16_t origin)
      : door_(std::move(door)), port_(FreePort()) {
    WriteSecret("secrets", kSecretLine);
    WriteSecret("jwks.json", kTicketKeys);
    WriteFile(directory_ / "nginx.conf", Configuration(options, origin));
    child_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{"/usr/sbin/nginx", "-p",
                                 directory_.path().string() + "/", "-c",
                                 "nginx.conf", "-e", "error.log"},
        directory_ / "stderr");
    if (!WaitForListener(port_)) {
      std::fputs(ReadFile(directory_ / "stderr").c_str(), stderr);
      std::abort();
    }
    const std::string pid = std::to_string(child_->pid());
    std::ifstream("/proc/" + pid + "/task/" + pid + "/children") >> worker_;
  }

  const char* name() const { return door_.name; }
  uint16_t port() const { return port_; }
  std::string Target(const std::string& path, size_t index) const {
    return door_.target(path, index);
  }
  // Nanoseconds that the worker has been on a processor.
  double CpuTime() const {
    double nanoseconds = 0;
    std::ifstream("/proc/" + std::to_string(worker_) + "/schedstat") >>
        nanoseconds;
    return nanoseconds;
  }

 private:
  void WriteSecret(const char* name, std::string_view contents) const {
    WriteFile(directory_ / name, contents);
    std::filesystem::permissions(directory_ / name,
                                 std::filesystem::perms::owner_read);
  }
  std::string Configuration(const Options& options, uint16_t origin) const {
    const bool usher = std::string_view(door_.name) == "usher";
    std::string text;
    if (usher) text += "load_module " + options.module + ";\n";
    text +=
        "user root;\nworker_processes 1;\ndaemon off;\npid nginx.pid;\n"
        "error_log error.log warn;\nevents { worker_connections 4096; }\n"
        "http {\naccess_log off;\nsendfile on;\ntcp_nodelay on;\n"
        "keepalive_requests 100000000;\nopen_file_cache max=100;\n"
        "client_body_temp_path t1;\nproxy_temp_path t2;\n"
        "fastcgi_temp_path t3;\nuwsgi_temp_path t4;\nscgi_temp_path t5;\n"
        "proxy_cache_path cache levels=1 keys_zone=c:10m inactive=1d "
        "use_temp_path=off;\n";
    text += door_.http +
            "upstream origin { server 127.0.0.1:" + std::to_string(origin) +
            "; keepalive 64; }\nproxy_http_version 1.1;\n"
            "proxy_set_header Connection \"\";\nserver {\nlisten 127.0.0.1:" +
            std::to_string(port_) + " backlog=4096;\n" + door_.extra +
            "location / {\n" + door_.location +
            "proxy_pass http://origin; proxy_cache c; proxy_cache_key " +
            (usher ? "$usher_cache_key" : "$uri") +
            "; proxy_cache_valid 200 1d; } } }\n";
    return text;
  }

  Door door_;
  TempDir directory_;
  uint16_t port_;
  std::unique_ptr<ChildProcess> child_;
  pid_t worker_ = 0;
};

// What all edges fetch from once: "/film/<bytes>.m4s", and 204 for "/auth".
class Origin {
 public:
  Origin() : port_(FreePort()) {
    std::filesystem::create_directories(directory_ / "film");
    for (const size_t size : kSizes) {
      WriteFile(directory_ / "film" / (std::to_string(size) + ".m4s"),
                std::string(size, 'x'));
    }
    WriteFile(directory_ / "nginx.conf",
              "user root;\nworker_processes 1;\ndaemon off;\npid nginx.pid;\n"
              "events { worker_connections 1024; }\nhttp {\naccess_log off;\n"
              "client_body_temp_path t1;\nproxy_temp_path t2;\n"
              "fastcgi_temp_path t3;\nuwsgi_temp_path t4;\n"
              "scgi_temp_path t5;\nkeepalive_requests 100000000;\n"
              "server { listen 127.0.0.1:" +
                  std::to_string(port_) +
                  "; root .; location = /auth { return 204; } } }\n");
    child_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{"/usr/sbin/nginx", "-p",
                                 directory_.path().string() + "/", "-c",
                                 "nginx.conf", "-e", "error.log"},
        directory_ / "stderr");
    if (!WaitForListener(port_)) std::abort();
  }
  uint16_t port() const { return port_; }

 private:
  TempDir directory_;
  uint16_t port_;
  std::unique_ptr<ChildProcess> child_;
};

struct Cost {
  std::vector<double> cpu;   // microseconds of the worker per request
  std::vector<double> wall;  // requests per second
};

void Round(const Edge& edge, const std::vector<std::string>& targets,
           size_t requests, Cost& cost) {
  RequestBurst burst(edge.port(), targets.size());
  const auto once = [&] {
    for (size_t i = 0; i < targets.size(); ++i) burst.Send(i, 1, targets[i]);
    burst.Wait();
  };
  once();  // connections are open and the object is there
  const double cpu = edge.CpuTime();
  const auto start = std::chrono::steady_clock::now();
  const size_t bursts = std::max<size_t>(1, requests / targets.size());
  for (size_t i = 0; i < bursts; ++i) once();
  const std::chrono::duration<double> wall =
      std::chrono::steady_clock::now() - start;
  const auto served = static_cast<double>(bursts * targets.size());
  cost.cpu.push_back((edge.CpuTime() - cpu) / served / 1e3);
  cost.wall.push_back(served / wall.count());
  for (const BurstReply& reply : burst.replies()) {
    if (reply.status == 200 && reply.complete) continue;
    std::fprintf(stderr, "%s answered %d\n", edge.name(), reply.status);
    std::abort();
  }
}

double Quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  const auto rank = share * static_cast<double>(values.size() - 1);
  return values[static_cast<size_t>(rank + 0.5)];
}

// Of each round's own pair, so that what disturbs both cancels out.
std::vector<double> Ratios(const std::vector<double>& dividends,
                           const std::vector<double>& divisors) {
  std::vector<double> ratios;
  for (size_t i = 0; i < dividends.size(); ++i) {
    ratios.push_back(dividends[i] / divisors[i]);
  }
  return ratios;
}

void PrintSpread(const std::vector<double>& ratios) {
  std::printf("  %5.3f (%5.3f to %5.3f)", Quantile(ratios, 0.5),
              Quantile(ratios, 0.25), Quantile(ratios, 0.75));
}

bool Compare(const std::vector<std::unique_ptr<Edge>>& edges, size_t size,
             const Options& options) {
  const std::string path = "/film/" + std::to_string(size) + ".m4s";
  // Large bodies keep the client busy; the ratio needs fewer of them.
  const size_t requests =
      size > (256 << 10) ? options.requests / 10 : options.requests;
  std::vector<std::vector<std::string>> targets(edges.size());
  for (size_t i = 0; i < edges.size(); ++i) {
    for (size_t j = 0; j < options.connections; ++j) {
      targets[i].push_back(edges[i]->Target(path, j));
    }
  }
  std::vector<Cost> costs(edges.size());
  for (int round = 0; round < options.rounds; ++round) {
    for (size_t i = 0; i < edges.size(); ++i) {
      const size_t turn = (i + static_cast<size_t>(round)) % edges.size();
      Round(*edges[turn], targets[turn], requests, costs[turn]);
    }
  }
  bool reached = true;
  for (size_t i = 0; i < edges.size(); ++i) {
    const auto throughput = Ratios(costs[i].wall, costs[0].wall);
    std::printf("%7zu  %-12s %9.2f %9.0f ", size, edges[i]->name(),
                Quantile(costs[i].cpu, 0.5), Quantile(costs[i].wall, 0.5));
    PrintSpread(Ratios(costs[0].cpu, costs[i].cpu));
    PrintSpread(throughput);
    if (std::string_view(edges[i]->name()) == "usher") {
      const double goal = size < (64 << 10) ? 0.85 : 0.95;
      reached = Quantile(throughput, 0.5) >= goal;
      std::printf("  goal %.2f %s", goal, reached ? "reached" : "missed");
    }
    std::printf("\n");
  }
  return reached;
}

int Main(const Options& options) {
  const Origin origin;
  std::vector<std::unique_ptr<Edge>> edges;
  for (Door& door : Doors()) {
    edges.push_back(
        std::make_unique<Edge>(options, std::move(door), origin.port()));
  }
  std::printf(
      "%zu connections, %d rounds of %zu requests, one worker each\n\n"
      "  bytes  door         CPU us/req     req/s   stock's CPU / its own"
      "  its req/s / stock's\n",
      options.connections, options.rounds, options.requests);
  bool reached = true;
  for (const size_t size : kSizes) reached &= Compare(edges, size, options);
  return reached ? 0 : 1;
}

}  // namespace
}  // namespace usher::testing

int main(int argc, char** argv) {
  if (argc < 2 || argc > 5) {
    std::fprintf(stderr,
                 "usage: %s MODULE.so [ROUNDS [REQUESTS [CONNECTIONS]]]\n",
                 argv[0]);
    return 2;
  }
  usher::testing::Options options{
      .module = std::filesystem::absolute(argv[1]).string()};
  if (argc > 2) options.rounds = std::max(1, std::atoi(argv[2]));
  if (argc > 3) {
    options.requests = static_cast<size_t>(std::max(1, std::atoi(argv[3])));
  }
  if (argc > 4) {
    options.connections = static_cast<size_t>(std::max(1, std::atoi(argv[4])));
  }
  return usher::testing::Main(options);
}

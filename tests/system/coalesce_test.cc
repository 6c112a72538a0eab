// usher_coalesce in a real nginx: what reaches the origin, and how those who
// waited were woken ($usher_coalesced), whatever goes wrong in between.
//
// Nothing here measures time (bench/coalesce does). The origin holds its
// answer until stub_status says that everybody waits.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "tests/support/request_burst.h"
#include "tests/support/run_process.h"
#include "tests/support/scripted_origin.h"
#include "tests/system/nginx.h"

namespace usher::testing {
namespace {

using StatusCounts = std::map<int, int>;
using RoleCounts = std::map<std::string, int>;

constexpr size_t kObjectSize = size_t{16} * 1024;
constexpr const char* kObject = "/event/v720/7.m4s";
constexpr const char* kMaxAge = "Cache-Control: max-age=600\r\n";

OriginReply Object(std::string headers = kMaxAge) {
  return {.headers = std::move(headers), .body = std::string(kObjectSize, 'x')};
}

OriginReply Failure(int status) { return {.status = status}; }

OriginReply Held(OriginReply reply) {
  reply.held = true;
  return reply;
}

struct EdgeConfig {
  std::string coalesce = "on";
  std::string location = "";  // more directives
  std::string server = "";
  std::string listen = "";  // parameters
};

class CoalesceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 16384);
    setrlimit(RLIMIT_NOFILE, &limit);
  }

  void Serve(ScriptedOrigin::Script script, const EdgeConfig& config = {}) {
    origin_ = std::make_unique<ScriptedOrigin>(std::move(script));
    std::string text = Configuration(config);
    for (size_t at = 0; (at = text.find("ORIGIN", at)) != std::string::npos;) {
      text.replace(at, 6, "127.0.0.1:" + std::to_string(origin_->port()));
    }
    nginx_.StartFile(text);
  }

  static std::string Configuration(const EdgeConfig& config) {
    return std::string(getuid() == 0 ? "user root;" : "") + R"(
load_module )" USHER_MODULE R"(;
worker_processes 4;
worker_rlimit_nofile 8192;
pid $prefix/nginx.pid;
error_log $prefix/logs/error.log info;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  client_body_temp_path $prefix/tmp/body;
  proxy_temp_path $prefix/tmp/proxy;
  fastcgi_temp_path $prefix/tmp/fastcgi;
  uwsgi_temp_path $prefix/tmp/uwsgi;
  scgi_temp_path $prefix/tmp/scgi;
  proxy_cache_path $prefix/cache keys_zone=c:1m use_temp_path=off;
  server { listen $port2; location / { stub_status; } }
  server {
    listen $port1 reuseport backlog=4096 )" +
           config.listen + R"(;
    proxy_set_header X-Worker $pid;
    proxy_cache c;
    proxy_cache_key $usher_cache_key;
    proxy_cache_lock on;
    proxy_cache_lock_timeout 1h;
    proxy_cache_lock_age 1h;
    proxy_cache_bypass $usher_bypass_lock;
    proxy_ignore_client_abort on;
    add_header X-Cache $upstream_cache_status always;
    add_header X-Coalesced $usher_coalesced always;
    add_header X-Worker $pid always;
    )" + config.server +
           R"(
    location / {
      proxy_pass http://ORIGIN;
      usher_coalesce )" +
           config.coalesce + ";\n" + config.location + R"(
    }
  }
}
)";
  }

  RequestBurst& Connect(size_t count) {
    burst_ = std::make_unique<RequestBurst>(nginx_.port(), count);
    return *burst_;
  }

  // One request, sent alone.
  BurstReply Get(std::string_view target, std::string_view headers = {},
                 std::string_view method = "GET") {
    RequestBurst burst(nginx_.port(), 1);
    burst.Send(0, 1, target, headers, method);
    EXPECT_TRUE(burst.Wait());
    return burst.replies()[0];
  }

  // How many requests nginx works at, the question itself not counted.
  int Busy() const {
    RequestBurst burst(nginx_.port(2), 1);
    burst.Send(0, 1, "/", "Connection: close\r\n");
    burst.Wait();
    const std::string& body = burst.replies()[0].body_start;
    const size_t writing = body.find("Writing: ");
    if (writing == std::string::npos) return -1;
    return std::stoi(body.substr(writing + 9)) - 1;
  }

  // The first connection asks and reaches the origin, which holds its answer;
  // then the others ask and wait.
  void Gather(std::string_view target = kObject,
              std::string_view headers = {}) {
    burst_->Send(0, 1, target, headers);
    ASSERT_TRUE(origin_->WaitForRequests(target, 1));
    burst_->Send(1, burst_->size() - 1, target, headers);
    WaitUntilBusy(burst_->size());
  }

  void WaitUntilBusy(size_t count) {
    ASSERT_TRUE(WaitUntil([&] { return Busy() == static_cast<int>(count); }))
        << Busy() << " of " << count;
  }

  StatusCounts Statuses() const {
    StatusCounts statuses;
    for (const BurstReply& reply : burst_->replies()) ++statuses[reply.status];
    return statuses;
  }

  RoleCounts Roles() const {
    RoleCounts roles;
    for (const BurstReply& reply : burst_->replies()) {
      if (reply.status != 0) ++roles[reply.Header("x-coalesced")];
    }
    return roles;
  }

  int Complete() const {
    return static_cast<int>(
        std::ranges::count(burst_->replies(), true, &BurstReply::complete));
  }

  void ExpireAfter(std::string_view target) {
    ASSERT_TRUE(
        WaitUntil([&] { return Get(target).Header("x-cache") == "EXPIRED"; }));
  }

  std::unique_ptr<ScriptedOrigin> origin_;
  Nginx nginx_;
  std::unique_ptr<RequestBurst> burst_;
};

// --- the object lands --------------------------------------------------------

TEST_F(CoalesceTest, FollowersInEveryWorkerWakeWhenTheObjectLands) {
  Serve([](const OriginRequest&) { return Held(Object()); });
  Connect(200);
  Gather();
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());

  EXPECT_EQ(Complete(), 200);
  EXPECT_EQ(Statuses(), (StatusCounts{{200, 200}}));
  EXPECT_EQ(Roles(), (RoleCounts{{"leader", 1}, {"follower", 199}}));
  EXPECT_EQ(origin_->requests(kObject), 1);
  std::set<std::string> workers;
  for (const BurstReply& reply : burst_->replies()) {
    workers.insert(reply.Header("x-worker"));
  }
  EXPECT_EQ(workers.size(), 4U);
}

TEST_F(CoalesceTest, AThousandFollowOneKey) {
  Serve([](const OriginRequest&) { return Held(Object()); });
  Connect(1001);
  Gather();
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 1001);
  EXPECT_EQ(origin_->requests(), 1);
  EXPECT_EQ(Roles()["follower"], 1000);
}

TEST_F(CoalesceTest, AnExpiredObjectIsFetchedOnceForAll) {
  Serve([](const OriginRequest& request) {
    OriginReply reply = Object("Cache-Control: max-age=1\r\n");
    return request.nth == 2 && request.target == kObject ? Held(reply) : reply;
  });
  Get(kObject);
  Get("/probe");
  ExpireAfter("/probe");
  Connect(100);
  burst_->Send(0, 1, kObject);
  ASSERT_TRUE(origin_->WaitForRequests(kObject, 2));
  burst_->Send(1, 99, kObject);
  WaitUntilBusy(100);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 100);
  EXPECT_EQ(origin_->requests(kObject), 2);
  EXPECT_EQ(Roles()["follower"], 99);
}

TEST_F(CoalesceTest, ARevalidatedObjectIsAskedForOnce) {
  Serve(
      [](const OriginRequest& request) {
        OriginReply reply =
            Object("Cache-Control: max-age=1\r\nETag: \"one\"\r\n");
        if (request.head.find("If-None-Match") == std::string::npos) {
          return reply;
        }
        reply.status = 304;
        return request.target == kObject ? Held(reply) : reply;
      },
      {.location = "proxy_cache_revalidate on;\n"});
  Get(kObject);
  Get("/probe");
  ASSERT_TRUE(WaitUntil(
      [&] { return Get("/probe").Header("x-cache") == "REVALIDATED"; }));
  Connect(50);
  burst_->Send(0, 1, kObject);
  ASSERT_TRUE(origin_->WaitForRequests(kObject, 2));
  burst_->Send(1, 49, kObject);
  WaitUntilBusy(50);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 50);
  EXPECT_EQ(origin_->requests(kObject), 2);
  EXPECT_EQ(Roles()["follower"], 49);
}

// Far more than sockets hold, so that a client that does not read is felt.
OriginReply LargeObject(std::string headers) {
  return {.headers = std::move(headers),
          .body = std::string(size_t{24} << 20, 'x')};
}

TEST_F(CoalesceTest, ALeaderWhoDoesNotReadHoldsNobodyUp) {
  Serve([](const OriginRequest&) { return Held(LargeObject(kMaxAge)); });
  RequestBurst leader(nginx_.port(), 1);
  leader.Send(0, 1, kObject);
  ASSERT_TRUE(origin_->WaitForRequests(kObject, 1));
  Connect(5);
  burst_->Send(0, 5, kObject);
  WaitUntilBusy(6);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 5);
  EXPECT_EQ(Roles(), (RoleCounts{{"follower", 5}}));
  EXPECT_EQ(origin_->requests(), 1);
}

TEST_F(CoalesceTest, ALeaderWhoRevalidatesAndDoesNotReadHoldsNobodyUp) {
  Serve(
      [](const OriginRequest& request) {
        OriginReply reply =
            LargeObject("Cache-Control: max-age=1\r\nETag: \"one\"\r\n");
        if (request.head.find("If-None-Match") == std::string::npos) {
          return reply;
        }
        reply.status = 304;
        return request.target == kObject ? Held(reply) : reply;
      },
      {.location = "proxy_cache_revalidate on;\n"});
  Get(kObject);
  Get("/probe");
  ASSERT_TRUE(WaitUntil(
      [&] { return Get("/probe").Header("x-cache") == "REVALIDATED"; }));
  RequestBurst leader(nginx_.port(), 1);
  leader.Send(0, 1, kObject);
  ASSERT_TRUE(origin_->WaitForRequests(kObject, 2));
  Connect(5);
  burst_->Send(0, 5, kObject);
  WaitUntilBusy(6);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 5);
  EXPECT_EQ(Roles(), (RoleCounts{{"follower", 5}}));
  EXPECT_EQ(origin_->requests(kObject), 2);
}

TEST_F(CoalesceTest, HitsHaveNoRoleAndReachNoOrigin) {
  Serve([](const OriginRequest&) { return Object(); });
  Get(kObject);
  WaitUntilBusy(0);  // the last byte comes before the end of the fill
  for (int i = 0; i < 20; ++i) {
    const BurstReply hit = Get(kObject);
    EXPECT_EQ(hit.Header("x-cache"), "HIT");
    EXPECT_EQ(hit.Header("x-coalesced"), "");
  }
  EXPECT_EQ(origin_->requests(), 1);
}

TEST_F(CoalesceTest, ManyKeysAtOnceCostOneRequestEach) {
  Serve([](const OriginRequest&) { return Held(Object()); });
  Connect(300);
  const auto name = [](size_t key) { return "/k" + std::to_string(key); };
  for (size_t i = 0; i < 300; ++i) burst_->Send(i, 1, name(i % 60));
  WaitUntilBusy(300);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 300);
  for (size_t key = 0; key < 60; ++key) {
    EXPECT_EQ(origin_->requests(name(key)), 1);
  }
}

TEST_F(CoalesceTest, AnObjectDeletedFromTheDiskIsFetchedOnce) {
  Serve([](const OriginRequest& request) {
    return request.nth == 1 ? Object() : Held(Object());
  });
  Get(kObject);
  EXPECT_EQ(Get(kObject).Header("x-cache"), "HIT");
  for (const auto& file :
       std::filesystem::directory_iterator(nginx_.prefix() / "cache")) {
    std::filesystem::remove(file);
  }
  Connect(50);
  burst_->Send(0, 1, kObject);
  ASSERT_TRUE(origin_->WaitForRequests(kObject, 2));
  burst_->Send(1, 49, kObject);
  WaitUntilBusy(50);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 50);
  EXPECT_EQ(origin_->requests(kObject), 2);
  EXPECT_EQ(Roles()["follower"], 49);
}

// --- kinds of requests -------------------------------------------------------

TEST_F(CoalesceTest, AHeadRequestFillsForItsFollowers) {
  Serve([](const OriginRequest&) { return Held(Object()); });
  Connect(20);
  burst_->Send(0, 1, kObject, {}, "HEAD");
  ASSERT_TRUE(origin_->WaitForRequests(kObject, 1));
  burst_->Send(1, 19, kObject);
  WaitUntilBusy(20);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 20);
  EXPECT_EQ(origin_->requests(), 1);
  EXPECT_EQ(Roles()["follower"], 19);
}

TEST_F(CoalesceTest, RangesAndConditionsAreAnsweredFromOneFill) {
  Serve([](const OriginRequest&) {
    return Held(Object(std::string(kMaxAge) + "Accept-Ranges: bytes\r\n"
                                              "ETag: \"one\"\r\n"));
  });
  Connect(30);
  burst_->Send(0, 1, kObject, "Range: bytes=0-99\r\n");
  ASSERT_TRUE(origin_->WaitForRequests(kObject, 1));
  burst_->Send(1, 9, kObject, "Range: bytes=100-199\r\n");
  burst_->Send(10, 10, kObject, "If-None-Match: \"one\"\r\n");
  burst_->Send(20, 10, kObject);
  WaitUntilBusy(30);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Statuses(), (StatusCounts{{206, 10}, {304, 10}, {200, 10}}));
  EXPECT_EQ(origin_->requests(), 1);
  EXPECT_EQ(Roles()["follower"], 29);
}

TEST_F(CoalesceTest, AConditionalLeaderFillsForItsFollowers) {
  Serve([](const OriginRequest&) {
    return Held(Object(std::string(kMaxAge) + "ETag: \"one\"\r\n"));
  });
  Connect(10);
  burst_->Send(0, 1, kObject, "If-None-Match: \"one\"\r\n");
  ASSERT_TRUE(origin_->WaitForRequests(kObject, 1));
  burst_->Send(1, 9, kObject);
  WaitUntilBusy(10);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Statuses(), (StatusCounts{{304, 1}, {200, 9}}));
  EXPECT_EQ(origin_->requests(), 1);
}

TEST_F(CoalesceTest, OneVariantDoesNotPassForAnother) {
  Serve([](const OriginRequest& request) {
    const bool french = request.head.find("fr") != std::string::npos;
    OriginReply reply =
        Object(std::string(kMaxAge) + "Vary: Accept-Language\r\n" +
               "X-Language: " + (french ? "fr" : "en") + "\r\n");
    return Held(std::move(reply));
  });
  Connect(20);
  burst_->Send(0, 1, kObject, "Accept-Language: en\r\n");
  ASSERT_TRUE(origin_->WaitForRequests(kObject, 1));
  burst_->Send(1, 9, kObject, "Accept-Language: en\r\n");
  burst_->Send(10, 10, kObject, "Accept-Language: fr\r\n");
  WaitUntilBusy(20);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 20);
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(burst_->replies()[i].Header("x-language"), i < 10 ? "en" : "fr");
  }
  EXPECT_EQ(origin_->requests(), 2);
}

TEST_F(CoalesceTest, SlicesAreCoalescedByTheirRange) {
  Serve(
      [](const OriginRequest& request) {
        const size_t at = request.head.find("Range: bytes=");
        const size_t first = std::stoul(request.head.substr(at + 13));
        OriginReply reply = Held(Object(
            std::string(kMaxAge) + "ETag: \"one\"\r\nContent-Range: bytes " +
            std::to_string(first) + "-" + std::to_string(first + 4095) + "/" +
            std::to_string(kObjectSize) + "\r\n"));
        reply.status = 206;
        reply.body.resize(4096);
        return reply;
      },
      {.coalesce = "on key=$usher_cache_key$slice_range",
       .location = "slice 4k;\nproxy_cache_key $usher_cache_key$slice_range;\n"
                   "proxy_set_header Range $slice_range;\n"});
  Connect(40);
  Gather();
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 40);
  EXPECT_EQ(origin_->requests(kObject), 4);
}

TEST_F(CoalesceTest, SubrequestsAreLeftAlone) {
  Serve([](const OriginRequest&) { return Object(); },
        {.server = "location = /page { add_before_body /part;\n"
                   "addition_types *; return 200 page; }\n"});
  EXPECT_EQ(Get("/page", "Connection: close\r\n").status, 200);
  EXPECT_EQ(Get("/page", "Connection: close\r\n").status, 200);
}

TEST_F(CoalesceTest, AnErrorPageOfTheSameKeyDoesNotWaitForItself) {
  Serve(
      [](const OriginRequest& request) {
        return Held(request.nth == 1 ? Failure(503) : Object());
      },
      {.server = "proxy_intercept_errors on;\nerror_page 503 = @again;\n"
                 "location @again {\nproxy_pass http://ORIGIN;\n"
                 "usher_coalesce on;\n}\n"});
  Connect(20);
  Gather();
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 20);
  EXPECT_EQ(origin_->requests(), 2);
  EXPECT_EQ(Roles(), (RoleCounts{{"leader", 1}, {"follower", 19}}));
}

TEST_F(CoalesceTest, StreamsOfOneConnectionFollow) {
  ASSERT_EQ(
      RunProcess({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                  "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
                  "/CN=usher.test", "-keyout", nginx_.prefix() / "key.pem",
                  "-out", nginx_.prefix() / "crt.pem"})
          .exit_code,
      0);
  Serve([](const OriginRequest&) { return Held(Object()); },
        {.server = "ssl_certificate crt.pem;\nssl_certificate_key key.pem;\n",
         .listen = "ssl http2"});
  std::vector<std::string> curl = {
      "curl",
      "-sk",
      "--http2",
      "--parallel",
      "--parallel-max",
      "60",
      "-w",
      "%{http_version} %{http_code} %{size_download} %header{x-coalesced}\\n"};
  for (int i = 0; i < 60; ++i) {
    curl.insert(
        curl.end(),
        {"-o", "/dev/null",
         "https://127.0.0.1:" + std::to_string(nginx_.port()) + kObject});
  }
  ChildProcess client(curl, nginx_.prefix() / "curl.out");
  WaitUntilBusy(60);
  origin_->Release();
  EXPECT_EQ(client.Wait(std::chrono::seconds(30)), 0);
  RoleCounts lines;
  std::ifstream output(nginx_.prefix() / "curl.out");
  for (std::string line; std::getline(output, line);) {
    if (line.starts_with("2 ")) ++lines[line];
  }
  EXPECT_EQ(lines, (RoleCounts{{"2 200 16384 leader", 1},
                               {"2 200 16384 follower", 59}}));
  EXPECT_EQ(origin_->requests(), 1);
}

// --- the fill fails ----------------------------------------------------------

TEST_F(CoalesceTest, TheFillGoesOnWithoutTheLeadersClient) {
  Serve([](const OriginRequest&) { return Held(Object()); });
  Connect(50);
  Gather();
  burst_->Abort(0);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 49);
  EXPECT_EQ(origin_->requests(), 1);
  EXPECT_EQ(Roles(), (RoleCounts{{"follower", 49}}));
}

TEST_F(CoalesceTest, WhereTheFillEndsWithItsClientTheNextLeads) {
  Serve([](const OriginRequest&) { return Held(Object()); },
        {.location = "proxy_ignore_client_abort off;\n"});
  Connect(50);
  Gather();
  burst_->Abort(0);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 49);
  EXPECT_LE(origin_->requests(), 2);
}

TEST_F(CoalesceTest, FollowersMayLeave) {
  Serve([](const OriginRequest&) { return Held(Object()); });
  Connect(60);
  Gather();
  for (size_t i = 20; i < 40; ++i) burst_->Abort(i);
  WaitUntilBusy(40);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 40);
  EXPECT_EQ(origin_->requests(), 1);
}

TEST_F(CoalesceTest, AllButTheLeaderMayLeave) {
  Serve([](const OriginRequest&) { return Held(Object()); });
  Connect(20);
  Gather();
  for (size_t i = 1; i < 20; ++i) burst_->Abort(i);
  WaitUntilBusy(1);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 1);
  EXPECT_EQ(Get(kObject).Header("x-cache"), "HIT");
}

TEST_F(CoalesceTest, AnOriginThatDiesInTheMiddleIsAskedOnceMore) {
  Serve([](const OriginRequest& request) {
    OriginReply reply = Held(Object());
    if (request.nth == 1) reply.cut_after = 5000;
    return reply;
  });
  Connect(50);
  Gather();
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 49);
  EXPECT_EQ(origin_->requests(), 2);
  EXPECT_EQ(Roles(), (RoleCounts{{"leader", 2}, {"follower", 48}}));
}

TEST_F(CoalesceTest, AfterOneServerErrorTheNextLeads) {
  Serve([](const OriginRequest& request) {
    return Held(request.nth == 1 ? Failure(500) : Object());
  });
  Connect(50);
  Gather();
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Statuses(), (StatusCounts{{500, 1}, {200, 49}}));
  EXPECT_EQ(origin_->requests(), 2);
}

TEST_F(CoalesceTest, AnOriginThatOnlyFailsIsLeftInPeaceForAMoment) {
  Serve([](const OriginRequest&) { return Held(Failure(500)); });
  Connect(40);
  Gather();
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Statuses(), (StatusCounts{{500, 3}, {503, 37}}));
  EXPECT_EQ(Roles(), (RoleCounts{{"leader", 3}, {"refused", 37}}));
  EXPECT_EQ(burst_->replies()[39].Header("retry-after"), "1");
  EXPECT_EQ(origin_->requests(), 3);
}

// Live: a part that is hinted at, or the next list.
constexpr const char* kPart = "/event/v720/7.2.m4s";

OriginReply FailsAfterAll(const OriginRequest& request) {
  return request.nth == 1 ? Held(Failure(500)) : Failure(500);
}

TEST_F(CoalesceTest, WhoWouldBeHeldWaitsForAnOriginThatFails) {
  std::atomic<bool> well = false;
  Serve([&](const OriginRequest& request) {
    return well ? Object() : FailsAfterAll(request);
  });
  Connect(40);
  Gather(kPart);
  origin_->Release();
  // Three leaders, and one of those who wait.
  ASSERT_TRUE(origin_->WaitForRequests(kPart, 4));
  well = true;
  ASSERT_TRUE(burst_->Wait());
  StatusCounts statuses = Statuses();
  EXPECT_EQ(statuses[200] + statuses[500], 40);
  EXPECT_GE(statuses[200], 30);
  EXPECT_EQ(statuses[500] + 1, origin_->requests());
}

TEST_F(CoalesceTest, ButNotForEver) {
  Serve(FailsAfterAll, {.coalesce = "on wait=2s"});
  Connect(40);
  Gather(kPart);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  StatusCounts statuses = Statuses();
  EXPECT_EQ(statuses[500] + statuses[503], 40);
  EXPECT_EQ(statuses[500], origin_->requests());
  EXPECT_EQ(Roles()["refused"], statuses[503]);
}

TEST_F(CoalesceTest, NorWhereNginxQuits) {
  Serve(FailsAfterAll, {.coalesce = "on wait=10m"});
  Connect(40);
  Gather(kPart);
  origin_->Release();
  ASSERT_TRUE(origin_->WaitForRequests(kPart, 4));
  ASSERT_EQ(kill(nginx_.pid(), SIGQUIT), 0);
  ASSERT_TRUE(burst_->Wait());
  EXPECT_GE(Statuses()[503], 30);
}

// So many 502 and 504 are never seen by who would be held, and nothing of them
// shows in the answer.
TEST_F(CoalesceTest, ALeaderWithoutAnAnswerAsksAgain) {
  std::atomic<bool> well = false;
  Serve(
      [&](const OriginRequest&) {
        OriginReply reply = Object();
        reply.silent = !well;
        return reply;
      },
      {.coalesce = "on wait=10m"});
  for (const char* target :
       {kPart, "/event/v720/media.m3u8?_HLS_msn=7&_HLS_part=2",
        "/event/v720/media.m3u8?_HLS_skip=YES"}) {
    well = false;
    RequestBurst viewers(nginx_.port(), 20);
    const std::string path = target;
    viewers.Send(0, 10, target);
    viewers.Send(10, 10, target, {}, "HEAD");
    RequestBurst others(nginx_.port(), 20);
    others.Send(0, 20, target);
    ASSERT_TRUE(origin_->WaitForRequests(path, 6));
    // One of these may have led. That nothing is left of them shows in what
    // nginx says when it ends.
    for (size_t i = 0; i < others.size(); ++i) others.Abort(i);
    ASSERT_TRUE(WaitUntil([&] { return Busy() == 20; }));
    well = true;
    ASSERT_TRUE(viewers.Wait());
    for (const BurstReply& reply : viewers.replies()) {
      EXPECT_EQ(reply.status, 200) << path;
      EXPECT_EQ(reply.Header("content-length"), std::to_string(kObjectSize));
      EXPECT_EQ(reply.Header("retry-after"), "");
    }
    for (size_t i = 0; i < 10; ++i) {
      EXPECT_TRUE(viewers.replies()[i].complete) << path;
    }
  }
}

TEST_F(CoalesceTest, ASegmentWithoutAnAnswerIsToldSoAtOnce) {
  Serve([](const OriginRequest&) { return OriginReply{.silent = true}; },
        {.coalesce = "on wait=10m"});
  EXPECT_EQ(Get(kObject).status, 502);
  EXPECT_EQ(Get("/event/v720/media.m3u8").status, 502);
}

TEST_F(CoalesceTest, NobodyIsRefusedBecauseLeadersLeave) {
  Serve(
      [](const OriginRequest& request) {
        return request.nth <= 5 ? Held(Object()) : Object();
      },
      {.location = "proxy_ignore_client_abort off;\n"});
  Connect(12);
  for (size_t leader = 0; leader < 5; ++leader) {
    burst_->Send(leader, 1, kObject);
  }
  for (size_t leader = 0; leader < 5; ++leader) {
    ASSERT_TRUE(origin_->WaitForRequests(kObject, 1));
    burst_->Abort(leader);
  }
  burst_->Send(5, 7, kObject);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Statuses(), (StatusCounts{{0, 5}, {200, 7}}));
}

TEST_F(CoalesceTest, AnUnreachableOriginServesWhatIsStale) {
  Serve(
      [](const OriginRequest& request) {
        return request.nth == 1 ? Object("Cache-Control: max-age=1\r\n")
                                : Failure(503);
      },
      {.location = "proxy_cache_use_stale http_503 updating;\n"});
  Get(kObject);
  ASSERT_TRUE(
      WaitUntil([&] { return Get(kObject).Header("x-cache") == "STALE"; }));
  Connect(40);
  burst_->Send(0, 40, kObject);
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Statuses(), (StatusCounts{{200, 40}}));
}

TEST_F(CoalesceTest, AFailedRefreshIsNotTriedAgainByEachFollower) {
  Serve(
      [](const OriginRequest& request) {
        if (request.target != kObject) return Object();
        return request.nth == 1 ? Object("Cache-Control: max-age=1\r\n")
                                : Held(Failure(503));
      },
      {.location = "proxy_cache_use_stale error http_503;\n"});
  Get(kObject);
  Connect(100);
  // The first that finds it expired is held by the origin.
  ASSERT_TRUE(WaitUntil([&] {
    if (origin_->requests(kObject) == 2) return true;
    RequestBurst one(nginx_.port(), 1);
    one.Send(0, 1, kObject);
    return !one.Wait(std::chrono::milliseconds(100));
  }));
  burst_->Send(0, 100, kObject);
  WaitUntilBusy(101);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 100);
  EXPECT_EQ(Statuses(), (StatusCounts{{200, 100}}));
  EXPECT_EQ(Roles(), (RoleCounts{{"stale", 100}}));
  EXPECT_EQ(burst_->replies()[99].Header("x-cache"), "STALE");
  EXPECT_EQ(origin_->requests(kObject), 2);
}

// Without leave to serve stale when nobody can be asked, each asks.
TEST_F(CoalesceTest, AFailedRefreshSparesNobodyWhoMayNotHaveTheOldOne) {
  Serve(
      [](const OriginRequest& request) {
        return request.nth == 2   ? Failure(503)
               : request.nth == 1 ? Object("Cache-Control: max-age=1\r\n")
                                  : Object();
      },
      {.location = "proxy_cache_use_stale http_503;\n"});
  Get(kObject);
  ASSERT_TRUE(
      WaitUntil([&] { return Get(kObject).Header("x-cache") == "STALE"; }));
  const BurstReply next = Get(kObject);
  EXPECT_EQ(next.Header("x-coalesced"), "stale");
  EXPECT_EQ(next.Header("x-cache"), "EXPIRED");
  EXPECT_EQ(next.status, 200);
  EXPECT_EQ(origin_->requests(kObject), 3);
}

TEST_F(CoalesceTest, AfterAFailedRefreshTheOriginIsAskedAgain) {
  Serve(
      [](const OriginRequest& request) {
        return request.nth == 1   ? Object("Cache-Control: max-age=1\r\n")
               : request.nth == 2 ? Failure(503)
                                  : Object();
      },
      {.location = "proxy_cache_use_stale error http_503;\n"});
  Get(kObject);
  ASSERT_TRUE(
      WaitUntil([&] { return Get(kObject).Header("x-cache") == "STALE"; }));
  ASSERT_TRUE(
      WaitUntil([&] { return Get(kObject).Header("x-cache") == "EXPIRED"; }));
  EXPECT_EQ(Get(kObject).Header("x-cache"), "HIT");
  EXPECT_EQ(origin_->requests(kObject), 3);
}

// --- what cannot be shared ---------------------------------------------------

class UncacheableTest : public CoalesceTest,
                        public ::testing::WithParamInterface<const char*> {};

// Fact 3: behind nginx's own lock they would go one by one.
TEST_P(UncacheableTest, AllPassInParallelOnceItIsKnown) {
  const bool missing = std::string_view(GetParam()) == "404";
  Serve([missing](const OriginRequest& request) {
    OriginReply reply = Object(missing ? "" : GetParam());
    if (missing) reply.status = 404;
    return request.nth == 1 ? reply : Held(reply);
  });
  Connect(40);
  burst_->Send(0, 40, kObject);
  // The origin answers none of them before it has heard of all.
  ASSERT_TRUE(origin_->WaitForRequests(kObject, 40));
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Statuses(), (StatusCounts{{missing ? 404 : 200, 40}}));
  EXPECT_EQ(Roles(), (RoleCounts{{"leader", 1}, {"pass", 39}}));
}

struct Detour {
  const char* name;
  int origin_status;
  const char* origin_headers;
  EdgeConfig config;
  int status;
};

class DetourTest : public CoalesceTest,
                   public ::testing::WithParamInterface<Detour> {};

// Answers that would be cached but for what the location does with them.
TEST_P(DetourTest, IsNotWaitedForTwice) {
  Serve(
      [](const OriginRequest& request) {
        OriginReply reply = Object(GetParam().origin_headers);
        reply.status = GetParam().origin_status;
        return request.nth == 1 ? reply : Held(reply);
      },
      GetParam().config);
  Connect(20);
  burst_->Send(0, 20, kObject);
  ASSERT_TRUE(origin_->WaitForRequests(kObject, 20));
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Statuses(), (StatusCounts{{GetParam().status, 20}}));
}

INSTANTIATE_TEST_SUITE_P(
    Detours, DetourTest,
    ::testing::Values(
        Detour{"Intercepted",
               404,
               "",
               {.location = "proxy_intercept_errors on;\n"
                            "error_page 404 = @missing;\n",
                .server = "location @missing { return 410; }\n"},
               410},
        Detour{"Unbuffered",
               200,
               kMaxAge,
               {.location = "proxy_buffering off;\n"},
               200},
        Detour{"Redirected",
               200,
               "Cache-Control: max-age=600\r\nX-Accel-Redirect: /else\r\n",
               {.server = "location /else { internal; return 204; }\n"},
               204}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(Answers, UncacheableTest,
                         ::testing::Values("Cache-Control: no-store\r\n",
                                           "Cache-Control: private\r\n",
                                           "Set-Cookie: a=b\r\n", "Vary: *\r\n",
                                           "X-Nothing: 1\r\n", "404"),
                         [](const auto& test) {
                           return "Kind" + std::to_string(test.index);
                         });

// --- bounds ------------------------------------------------------------------

TEST_F(CoalesceTest, PastTheBoundOfWaitersNginxsOwnLockHolds) {
  Serve([](const OriginRequest&) { return Held(Object()); },
        {.coalesce = "on waiters=5"});
  Connect(60);
  Gather();
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 60);
  EXPECT_EQ(origin_->requests(), 1);
  RoleCounts roles = Roles();
  EXPECT_LE(roles["follower"], 4 * 5) << "five a worker";
  EXPECT_GE(roles["pass"], 39);
}

TEST_F(CoalesceTest, PastTheirTimeFollowersGoOnToNginxsOwnLock) {
  Serve([](const OriginRequest&) { return Held(Object()); },
        {.coalesce = "on wait=50ms"});
  Connect(10);
  Gather();
  ASSERT_TRUE(nginx_.WaitForError("usher: waited too long"));
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  EXPECT_EQ(Complete(), 10);
  EXPECT_EQ(origin_->requests(), 1);
  EXPECT_GE(Roles()["late"], 1);
}

// --- processes come and go ---------------------------------------------------

pid_t WorkerOf(const OriginRequest& request) {
  const size_t at = request.head.find("X-Worker: ");
  return static_cast<pid_t>(std::stol(request.head.substr(at + 10)));
}

TEST_F(CoalesceTest, AKilledWorkersFillIsTakenOverAtOnce) {
  std::atomic<pid_t> leader = 0;
  Serve([&leader](const OriginRequest& request) {
    if (request.nth > 1) return Object();
    leader = WorkerOf(request);
    return Held(Object());
  });
  Connect(80);
  Gather();
  nginx_.ExpectAlarm("exited on signal 9");
  kill(leader, SIGKILL);
  ASSERT_TRUE(burst_->Wait());
  const StatusCounts statuses = Statuses();
  EXPECT_GT(statuses.at(200), 0);
  EXPECT_EQ(statuses.at(200), Complete());
  EXPECT_EQ(statuses.at(200) + statuses.at(0), 80) << "others than its own";
  EXPECT_EQ(origin_->requests(), 2);
  RoleCounts roles = Roles();
  EXPECT_EQ(roles["leader"], 1);
  EXPECT_EQ(roles["follower"] + 1, statuses.at(200));
  EXPECT_EQ(Get(kObject).Header("x-cache"), "HIT");
}

std::string CommandOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline");
  std::string command;
  std::getline(file, command, '\0');
  return command;
}

TEST_F(CoalesceTest, AReloadInTheMiddleLosesNobodyAndKeepsNoOldWorker) {
  Serve([](const OriginRequest&) { return Held(Object()); });
  Connect(40);
  Gather();
  const std::vector<pid_t> workers = nginx_.Workers();
  ASSERT_EQ(workers.size(), 4U);
  kill(nginx_.pid(), SIGHUP);
  ASSERT_TRUE(WaitUntil([&] {
    return std::ranges::all_of(workers, [](pid_t pid) {
      const std::string command = CommandOf(pid);
      return command.empty() ||
             command.find("shutting down") != std::string::npos;
    });
  }));
  RequestBurst newcomers(nginx_.port(), 40);
  newcomers.Send(0, 40, kObject);
  WaitUntilBusy(80);
  origin_->Release();
  ASSERT_TRUE(burst_->Wait());
  ASSERT_TRUE(newcomers.Wait());
  EXPECT_EQ(Roles(), (RoleCounts{{"leader", 1}, {"follower", 39}}));
  for (const BurstReply& reply : newcomers.replies()) {
    EXPECT_TRUE(reply.complete);
    EXPECT_EQ(reply.Header("x-coalesced"), "follower");
  }
  EXPECT_EQ(origin_->requests(), 1);
  EXPECT_TRUE(WaitUntil([&] {
    return std::ranges::none_of(workers,
                                [](pid_t pid) { return kill(pid, 0) == 0; });
  })) << "old workers stay";
}

}  // namespace
}  // namespace usher::testing

// Methods, headers and request lines that try to be judged as one request and
// served as another.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/system/attack/stage.h"

namespace usher::testing {
namespace {

class RequestAttacks : public ::testing::Test {
 protected:
  // A stranger's request for the film with these headers.
  void Add(const std::string& header, int status = 401,
           std::string_view code = "ticket_missing") {
    attacks_.push_back({.name = header,
                        .target = std::string(kSegment),
                        .status = status,
                        .code = code,
                        .headers = {header}});
  }

  Stage stage_;
  std::vector<Attack> attacks_;
};

TEST_F(RequestAttacks, MethodsThatChangeSomething) {
  const std::string paid = stage_.Session("film") + std::string(kSegment);
  for (const char* method :
       {"PUT", "DELETE", "PATCH", "POST", "MKCOL", "MOVE", "COPY", "PROPFIND",
        "PROPPATCH", "LOCK", "UNLOCK", "GETX", "PURGE"}) {
    attacks_.push_back({.name = method,
                        .target = paid,
                        .status = 405,
                        .code = "method_not_allowed",
                        .method = method,
                        .headers = {"Destination: /film/v720/2.m4s"},
                        .body = "overwritten"});
  }
  stage_.Withstands(attacks_);
  // nginx knows these and refuses them before any module is asked.
  std::vector<Attack> refused;
  for (const auto& [method, status] : std::vector<std::pair<const char*, int>>{
           {"TRACE", 405}, {"CONNECT", 405}, {"get", 400}, {"GET\t", 400}}) {
    refused.push_back(
        {.name = method, .target = paid, .status = status, .method = method});
  }
  stage_.WithstandsHttp1(refused);
}

TEST_F(RequestAttacks, HeadersThatNameAnotherMethodOrPath) {
  const std::string own = stage_.Session("own") + "/own/v720/1.m4s";
  for (const char* header :
       {"X-HTTP-Method-Override: OPTIONS",
        "X-HTTP-Method: OPTIONS",
        "X-Method-Override: OPTIONS",
        "X-Original-URL: /own/v720/1.m4s",
        "X-Rewrite-URL: /own/v720/1.m4s",
        "X-Original-URI: /own/v720/1.m4s",
        "X-Accel-Redirect: /film/v720/1.m4s",
        "X-Sendfile: /film/v720/1.m4s",
        "X-Forwarded-For: 127.0.0.1",
        "X-Real-IP: 127.0.0.1",
        "X-Forwarded-Host: localhost",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Prefix: /own",
        "Forwarded: for=127.0.0.1;host=localhost",
        "True-Client-IP: 127.0.0.1",
        "X-Usher-Verdict: admitted",
        "X-Usher-Session: 0000000000000000",
        "X-Authenticated: 1",
        "Origin: null",
        "Referer: http://127.0.0.1/s/x/film/",
        "Via: 1.1 edge",
        "CDN-Loop: usher",
        "Sec-Fetch-Site: same-origin",
        "Range: bytes=0-0",
        "Range: bytes=0-,0-",
        "Range: bytes=-1",
        "If-None-Match: *",
        "If-Match: *",
        "If-Range: x",
        "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT",
        "If-Unmodified-Since: Fri, 01 Jan 1971 00:00:00 GMT",
        "Cache-Control: only-if-cached",
        "Pragma: no-cache",
        "Accept: text/html",
        "Accept-Encoding: gzip"}) {
    Add(header);
  }
  stage_.Withstands(attacks_);
  // A header says what the film is, the request line what is owned.
  std::vector<Attack> misled;
  for (const char* header :
       {"X-Original-URL: /film/v720/1.m4s", "X-Rewrite-URL: /film/v720/1.m4s",
        "X-Accel-Redirect: /film/v720/1.m4s", "X-Forwarded-Prefix: /film",
        "Content-Location: /film/v720/1.m4s"}) {
    misled.push_back(
        {.name = header, .target = own, .status = 200, .headers = {header}});
  }
  stage_.Withstands(misled);
}

TEST_F(RequestAttacks, ConditionsTellNothingAboutWhatIsThere) {
  // 304, 206, 412 and 416 would say that the file exists, and which it is.
  for (const char* header :
       {"If-None-Match: *", "If-None-Match: \"x\"", "If-Match: \"x\"",
        "Range: bytes=0-", "Range: bytes=999999-", "Range: bytes=5-1"}) {
    const Attack there = {.name = header,
                          .target = std::string(kSegment),
                          .status = 401,
                          .code = "ticket_missing",
                          .headers = {header}};
    Attack absent = there;
    absent.target = "/film/v720/999.m4s";
    attacks_.push_back(there);
    attacks_.push_back(absent);
  }
  stage_.Withstands(attacks_);
}

TEST_F(RequestAttacks, RequestLinesOfManyKinds) {
  const std::string port = std::to_string(stage_.port());
  const std::string host = "Host: x\r\nConnection: close\r\n\r\n";
  const std::string segment(kSegment);
  const std::pair<std::string, int> requests[] = {
      {"GET " + segment + " HTTP/1.0\r\n\r\n", 401},
      {"GET " + segment + " HTTP/1.1\r\nConnection: close\r\n\r\n", 400},
      {"GET http://127.0.0.1" + segment + " HTTP/1.1\r\n" + host, 401},
      {"GET http://own@127.0.0.1" + segment + " HTTP/1.1\r\n" + host, 400},
      {"GET http://127.0.0.1:" + port + "/s/x" + segment + " HTTP/1.1\r\n" +
           host,
       403},
      {"GET http:/" + segment + " HTTP/1.1\r\n" + host, 401},
      {"GET https://" + segment + " HTTP/1.1\r\n" + host, 400},
      {"GET ftp://127.0.0.1" + segment + " HTTP/1.1\r\n" + host, 401},
      {"GET *" + segment + " HTTP/1.1\r\n" + host, 400},
      {"GET film/v720/1.m4s HTTP/1.1\r\n" + host, 400},
      {"GET " + segment + "#x HTTP/1.1\r\n" + host, 401},
      {"GET " + segment + " HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET " + segment + " HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"GET " + segment + " HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"GET " + segment + " HTTP/1.1\r\nHost : x\r\n\r\n", 400},
      {"GET " + segment + " HTTP/1.1\r\n Host: x\r\n\r\n", 400},
      {"GET " + segment + " HTTP/3.0\r\n" + host, 505},
      {"GET  " + segment + " HTTP/1.1\r\n" + host, 401},
      {"GET " + segment + "\tHTTP/1.1\r\n" + host, 400},
      {"GET " + segment +
           " HTTP/1.1\r\nContent-Length: 1\r\n"
           "Content-Length: 2\r\n" +
           host,
       400},
      {"GET " + segment + " HTTP/1.1\r\nContent-Length: -1\r\n" + host, 400},
      {"GET " + segment + " HTTP/1.1\r\nTransfer-Encoding: chunked, x\r\n" +
           host,
       501},
      {"GET " + segment +
           " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
           "Content-Length: 5\r\n" +
           host,
       400},
      {"GET /" + std::string(70000, 'a') + " HTTP/1.1\r\n" + host, 414},
      {"GET " + segment + " HTTP/1.1\r\nX: " + std::string(70000, 'a') +
           "\r\n" + host,
       400},
  };
  for (const auto& [request, status] : requests) {
    SCOPED_TRACE(request.substr(0, 90));
    const std::string answer = SendRaw(stage_.port(), request);
    EXPECT_EQ(ParseAnswer(answer).status, status) << answer;
    EXPECT_FALSE(stage_.IsGivenAway(answer));
  }
  // HTTP/0.9 has no status line to answer with.
  EXPECT_FALSE(
      stage_.IsGivenAway(SendRaw(stage_.port(), "GET " + segment + "\r\n")));
  stage_.StillServes();
}

// Of every answer on one connection.
std::vector<int> StatusesIn(std::string_view text) {
  constexpr std::string_view kStart = "HTTP/1.1 ";
  std::vector<int> statuses;
  for (size_t at = text.find(kStart); at != std::string_view::npos;
       at = text.find(kStart, at + 1)) {
    statuses.push_back(std::stoi(std::string(text.substr(at + 9, 3))));
  }
  return statuses;
}

TEST_F(RequestAttacks, ARequestHiddenInAnotherIsJudgedByItself) {
  const std::string paid = stage_.Session("film") + std::string(kSegment);
  const std::string hidden =
      "GET " + std::string(kSegment) +
      " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const std::string keep = " HTTP/1.1\r\nHost: x\r\n";
  const std::string swallowed =
      "Connection: close\r\nContent-Length: " + std::to_string(hidden.size()) +
      "\r\n\r\n";
  const std::pair<std::string, std::vector<int>> requests[] = {
      {"POST " + paid + keep +
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
           "0\r\n\r\n" +
           hidden,
       {400}},
      {"POST /film/key/" + keep +
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
       {401, 401}},
      {"POST /usher/session" + keep + "Content-Length: 0\r\n\r\n" + hidden,
       {401, 401}},
      {"GET /film/" + keep + "Content-Length: 0\r\n\r\n" + hidden, {401, 401}},
      {"GET " + std::string(kSegment) + keep + "\r\n" + hidden, {401, 401}},
      {"OPTIONS " + std::string(kSegment) + keep + "\r\n" + hidden, {204, 401}},
      {"HEAD " + paid + keep + "\r\n" + hidden, {200, 401}},
      {"HEAD " + paid + keep + swallowed + hidden, {200}},
      {"GET " + std::string(kSegment) + keep + swallowed + hidden, {401}}};
  for (const auto& [request, statuses] : requests) {
    SCOPED_TRACE(request.substr(0, 90));
    const std::string answer = SendRaw(stage_.port(), request);
    EXPECT_EQ(StatusesIn(answer), statuses) << answer;
    EXPECT_FALSE(stage_.IsGivenAway(answer)) << answer;
  }
  stage_.StillServes();
}

TEST_F(RequestAttacks, OversizedEverything) {
  const std::string paid = stage_.Session("film");
  const std::string many(7000, 'a');
  const std::vector<Attack> attacks = {
      {"path", "/film/" + many, 401, "ticket_missing"},
      {"path with a session", stage_.Session("own") + "/film/" + many, 403,
       "session_invalid"},
      {"ticket", std::string(kSegment) + "?ticket=" + many, 403,
       "ticket_invalid"},
      {"argument's name", std::string(kSegment) + "?" + many, 401,
       "ticket_missing"},
      {"credential", "/s/" + many + std::string(kSegment), 403,
       "session_invalid"},
      {"number", paid + "/film/master.m3u8?_HLS_msn=" + many, 400,
       "bad_request"},
      {"cookie",
       std::string(kSegment),
       403,
       "ticket_invalid",
       "GET",
       {"Cookie: ticket=" + many}},
      {"bearer",
       std::string(kSegment),
       403,
       "ticket_invalid",
       "GET",
       {"Authorization: Bearer " + many}},
      {"licence request",
       paid + "/film/key/",
       413,
       "bad_request",
       "POST",
       {},
       std::string(20000, 'x')},
  };
  stage_.Withstands(attacks);
}

}  // namespace
}  // namespace usher::testing

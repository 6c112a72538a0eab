// No log of nginx holds a ticket or a session, whatever its format names and
// however the request ends.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/system/nginx.h"
#include "tests/system/recording_origin.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

class LogTest : public ::testing::Test {
 protected:
  void Start(std::string_view listen = "listen $port1;") {
    nginx_.Start(
        "usher_ticket_from query:ticket cookie:ticket bearer;"
        "limit_req_zone $binary_remote_addr zone=l:1m rate=1r/m;"
        "server { " +
        std::string(listen) + " location / { usher on; proxy_pass http://" +
        origin_.address() +
        "; } location /down/ { usher on; proxy_pass http://$port3; }"
        " location /files/ { usher on; root $prefix/none; }"
        " location /limited/ { usher on; limit_req zone=l; }"
        " location /open/ { proxy_pass http://$port3; } }");
  }
  // Requests with the credential in every place a client could put it.
  void SendEverything() {
    session_ = CredentialOf(LedTo(nginx_.port(), "/film/x", ticket_));
    const std::string prefix = "/s/" + session_;
    for (const std::string path :
         {"/film/x", "/down/x", "/files/x", "/limited/x", "/limited/x",
          "/open/x", "/film/a;b", "/usher/session", "/"}) {
      for (const std::string& target : std::vector<std::string>{
               prefix + path, path + std::string("?ticket=") + ticket_,
               prefix + path + "?ticket=" + ticket_, "/" + prefix + path,
               "/x" + prefix + path, prefix + prefix + path,
               "http://h" + prefix + path + "?ticket=" + ticket_,
               "/%73/" + session_ + path, "/s/" + session_}) {
        SendWith(target);
      }
    }
    SendUnparsed(prefix);
    SendToSessions(prefix);
  }
  void SendWith(const std::string& target) {
    Get(nginx_.port(), target,
        {"Referer: http://page.example/s/" + session_ + "/film/?t=" + ticket_,
         "Authorization: Bearer " + ticket_,
         "Cookie: a=b; ticket=" + ticket_ + "; ticket=" + ticket_});
  }
  // nginx answers these before it asks any module.
  void SendUnparsed(const std::string& prefix) {
    const std::string target = prefix + "/film/x?ticket=" + ticket_;
    for (const std::string& request : std::vector<std::string>{
             "GET " + target + " HTTP/1.1\r\n\r\n",
             "GET " + target + " HTTP/1.1\r\nHost: a b\r\n\r\n",
             "GET " + target + " HTTP/9.9\r\n\r\n", "GET " + target + "\r\n",
             "GET " + target +
                 " HTTP/1.1\r\nHost: x\r\nContent-Length: "
                 "junk\r\nReferer: http://h" +
                 target + "\r\n\r\n",
             "BREW " + target +
                 " HTTP/1.1\r\nHost: x\r\nConnection: "
                 "close\r\n\r\n"}) {
      SendRaw(nginx_.port(), request);
    }
  }
  void SendToSessions(const std::string& prefix) {
    const Headers json = {"Content-Type: application/json"};
    Ask(nginx_.port(), "POST", "/usher/session", json,
        R"({"ticket":")" + ticket_ + R"("})");
    Ask(nginx_.port(), "POST", "/usher/session", json,
        R"({"ticket":")" + ticket_ + R"(","event":"other"})");
    Ask(nginx_.port(), "DELETE", "/usher/session", json,
        R"({"session":")" + session_ + R"("})");
    Ask(nginx_.port(), "DELETE", prefix + "/usher/session");
    Ask(nginx_.port(), "DELETE", "/usher/session",
        {"Authorization: Bearer " + session_});
  }
  void ExpectNoSecretInLogs() {
    nginx_.Stop();
    const std::string logs = nginx_.AllLogs();
    EXPECT_GT(CountOf(logs, "\n"), 50u) << "something was logged";
    // Any piece of a signature or MAC is too much.
    const std::string pieces[] = {
        session_.substr(30, 20), session_.substr(60, 20),
        ticket_.substr(10, 20), ticket_.substr(ticket_.size() - 20)};
    std::istringstream lines(logs);
    for (std::string line; std::getline(lines, line);) {
      for (const std::string& piece : pieces) {
        EXPECT_FALSE(line.contains(piece)) << line;
      }
    }
  }

  Nginx nginx_;
  RecordingOrigin origin_;
  const std::string ticket_ = BoxOffice::The().Ticket("film");
  std::string session_;
};

TEST_F(LogTest, NoLogHoldsATicketOrASession) {
  Start();
  SendEverything();
  ExpectNoSecretInLogs();
}

TEST_F(LogTest, NorDoesTheRequestReachAnyUpstreamWithOne) {
  Start();
  SendEverything();
  EXPECT_FALSE(origin_.heads().contains(session_.substr(60, 20)));
  EXPECT_FALSE(origin_.heads().contains(ticket_.substr(10, 20)));
}

TEST_F(LogTest, NorAnUpstreamBehindALocationThatTakesTicketsElsewhere) {
  nginx_.Start(
      "server { listen $port1; root $prefix/none;"
      " location / { usher on; usher_ticket_from header:X-One;"
      " error_page 404 /film/elsewhere/x; }"
      " location /film/elsewhere/ { usher on; usher_ticket_from header:X-Two;"
      " proxy_pass http://" +
      origin_.address() + "; } }");
  session_ = CredentialOf(
      Get(nginx_.port(), "/film/x", {"X-One: " + ticket_}).Header("Location"));
  EXPECT_EQ(Get(nginx_.port(), "/s/" + session_ + "/film/x",
                {"X-One: " + ticket_, "X-Two: " + ticket_})
                .status,
            404);
  EXPECT_EQ(origin_.requests(), 1);
  EXPECT_FALSE(origin_.heads().contains(ticket_.substr(10, 20)));
}

TEST_F(LogTest, LogsStillSayWhatWasAskedFor) {
  Start();
  session_ = CredentialOf(LedTo(nginx_.port(), "/film/x", ticket_));
  Get(nginx_.port(), "/s/" + session_ + "/film/v720/1.m4s",
      {"Referer: https://page.example/watch?ticket=1"});
  nginx_.Stop();
  EXPECT_TRUE(nginx_.AccessLog().contains(
      "\"GET /film/v720/1.m4s HTTP/1.1\" 200 7 \"https://page.example\""))
      << nginx_.AccessLog();
}

TEST_F(LogTest, HttpTwoLogsHoldNeitherEither) {
  Start("listen $port1 http2; listen $port2;");
  session_ = CredentialOf(LedTo(nginx_.port(2), "/film/x", ticket_));
  for (int i = 0; i < 60; ++i) {
    const char* path = i % 2 == 0 ? "/down/x" : "/film/x";
    GetHttp2(nginx_.port(1), "/s/" + session_ + path + "?ticket=" + ticket_,
             {"Referer: http://h/s/" + session_ + "/x",
              "Cookie: ticket=" + ticket_, "Authorization: Bearer " + ticket_});
  }
  ExpectNoSecretInLogs();
}

TEST_F(LogTest, PlainHttpOnATlsPortLogsNeither) {
  const ProcessResult made = RunProcess(
      {"openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt",
       "ec_paramgen_curve:P-256", "-days", "2", "-subj", "/CN=test", "-keyout",
       nginx_.prefix() / "key.pem", "-out", nginx_.prefix() / "cert.pem"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  Start(
      "ssl_certificate $prefix/cert.pem; ssl_certificate_key "
      "$prefix/key.pem; listen $port1 ssl; listen $port2;");
  session_ = CredentialOf(LedTo(nginx_.port(2), "/film/x", ticket_));
  for (int i = 0; i < 60; ++i) {
    Get(nginx_.port(1), "/s/" + session_ + "/film/x?ticket=" + ticket_,
        {"Referer: http://h/s/" + session_ + "/x", "Cookie: ticket=" + ticket_,
         "Authorization: Bearer " + ticket_});
  }
  ExpectNoSecretInLogs();
}

}  // namespace
}  // namespace usher::testing

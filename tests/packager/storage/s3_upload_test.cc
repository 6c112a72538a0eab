// Requests to an S3-compatible store, checked by a server that computes AWS
// Signature Version 4 itself, as the store would.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "packager/storage/upload_request.h"
#include "tests/support/scripted_origin.h"

namespace usher {
namespace {

using testing::OriginReply;
using testing::OriginRequest;
using testing::ScriptedOrigin;

std::string Hex(const std::string& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char c : bytes) {
    text += kDigits[c >> 4];
    text += kDigits[c & 15];
  }
  return text;
}

std::string Sha256(const std::string& bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<char*>(digest), size};
}

std::string Hmac(const std::string& key, const std::string& bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
       digest, &size);
  return {reinterpret_cast<char*>(digest), size};
}

// By lower-case name.
std::map<std::string, std::string> HeadersOf(const OriginRequest& request) {
  std::map<std::string, std::string> headers;
  std::istringstream lines(request.head);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && line != "\r") {
    const size_t colon = line.find(':');
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    headers[name] = line.substr(colon + 2, line.size() - colon - 3);
  }
  return headers;
}

std::string Field(const std::string& authorization, const std::string& name) {
  const size_t at = authorization.find(name + "=");
  if (at == std::string::npos) return {};
  const size_t begin = at + name.size() + 1;
  return authorization.substr(begin, authorization.find(',', begin) - begin);
}

// Empty where the request is signed with `secret`; else what is wrong.
std::string WrongWith(const OriginRequest& request, const std::string& access,
                      const std::string& secret, const std::string& region) {
  auto headers = HeadersOf(request);
  const std::string authorization = headers["authorization"];
  if (!authorization.starts_with("AWS4-HMAC-SHA256 ")) return "no signature";
  const std::string date = headers["x-amz-date"];
  const std::string day = date.substr(0, 8);
  const std::string scope = day + "/" + region + "/s3/aws4_request";
  if (Field(authorization, "Credential") != access + "/" + scope) {
    return "scope: " + authorization;
  }
  const std::string payload = headers["x-amz-content-sha256"];
  if (payload != Hex(Sha256(request.body))) return "payload: " + payload;
  const std::string names = Field(authorization, "SignedHeaders");
  std::string canonical = request.method + "\n" + request.target + "\n\n";
  std::istringstream list(names);
  std::string name;
  std::vector<std::string> order;
  while (std::getline(list, name, ';')) {
    canonical += name + ":" + headers[name] + "\n";
    order.push_back(name);
  }
  if (!std::ranges::is_sorted(order)) return "order: " + names;
  for (const auto& [each, value] : headers) {
    const bool must = each == "host" || each.starts_with("x-amz-");
    if (must && std::ranges::find(order, each) == order.end()) {
      return "not signed: " + each;
    }
  }
  canonical += "\n" + names + "\n" + payload;
  const std::string to_sign = "AWS4-HMAC-SHA256\n" + date + "\n" + scope +
                              "\n" + Hex(Sha256(canonical));
  const std::string key = Hmac(
      Hmac(Hmac(Hmac("AWS4" + secret, day), region), "s3"), "aws4_request");
  const std::string expected = Hex(Hmac(key, to_sign));
  if (Field(authorization, "Signature") != expected) {
    return "signature of " + canonical;
  }
  return {};
}

class S3UploadTest : public ::testing::Test {
 protected:
  S3UploadTest()
      : store_([this](const OriginRequest& request) {
          const std::string wrong =
              WrongWith(request, "AKIDEXAMPLE", "very/secret+key", "eu-west-3");
          const std::scoped_lock lock(mutex_);
          wrong_ = wrong;
          last_ = request;
          return OriginReply{.status = wrong.empty() ? 200 : 403};
        }) {}

  UploadChannel Channel(const std::string& secret) const {
    config::S3Settings s3;
    s3.endpoint = "http://127.0.0.1:" + std::to_string(store_.port());
    UploadChannel channel;
    channel.target =
        config::ParsePublishTarget("s3://bucket/events/", s3).value();
    channel.s3_region = "eu-west-3";
    channel.credential = OriginCredential{OriginCredential::Kind::kS3,
                                          SecretBytes(AsBytes(secret))};
    return channel;
  }
  UploadOutcome::Kind Send(const UploadChannel& channel,
                           const std::string& path,
                           std::optional<std::string> body) {
    std::optional<Bytes> bytes;
    if (body) bytes.emplace(body->begin(), body->end());
    request_.Prepare(channel, path, std::move(bytes));
    return request_.Perform().kind;
  }

  std::mutex mutex_;
  std::string wrong_;
  OriginRequest last_;
  UploadRequest request_;
  ScriptedOrigin store_;
};

constexpr char kSecret[] = "AKIDEXAMPLE:very/secret+key";

TEST_F(S3UploadTest, EveryRequestIsSignedAsTheStoreComputesIt) {
  using Kind = UploadOutcome::Kind;
  const auto channel = Channel(kSecret);
  EXPECT_EQ(Send(channel, "film/v720/1.m4s", std::string(100'000, 's')),
            Kind::kDone)
      << wrong_;
  EXPECT_EQ(last_.target, "/bucket/events/film/v720/1.m4s");
  EXPECT_EQ(HeadersOf(last_)["content-type"], "video/mp4");
  EXPECT_TRUE(HeadersOf(last_)["cache-control"].contains("immutable"));
  EXPECT_EQ(Send(channel, "film/master.m3u8", "#EXTM3U\n"), Kind::kDone)
      << wrong_;
  EXPECT_TRUE(HeadersOf(last_)["cache-control"].contains("max-age=1"));
  EXPECT_EQ(Send(channel, "film/v720/1.0.m4s", std::nullopt), Kind::kDone)
      << wrong_;
  EXPECT_EQ(last_.method, "DELETE");
}

TEST_F(S3UploadTest, ATokenOfASessionIsSigned) {
  EXPECT_EQ(Send(Channel(std::string(kSecret) + ":temporary:token"),
                 "film/v720/1.m4s", "segment"),
            UploadOutcome::Kind::kDone)
      << wrong_;
  EXPECT_EQ(HeadersOf(last_)["x-amz-security-token"], "temporary:token");
}

TEST_F(S3UploadTest, AnotherKeyIsRefused) {
  EXPECT_EQ(Send(Channel("AKIDEXAMPLE:wrong"), "film/v720/1.m4s", "segment"),
            UploadOutcome::Kind::kRefused);
}

}  // namespace
}  // namespace usher

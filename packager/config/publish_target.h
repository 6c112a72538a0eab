// Where `usher live` publishes over the network: an origin that takes PUT and
// DELETE (RFC 9110 9.3.4, 9.3.5), or an S3-compatible store.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.h"

namespace usher::config {

struct PublishTarget {
  std::string base;    // "https://origin:8444/media"; no slash at the end
  std::string origin;  // "origin:8444": names it in logs and credentials
  bool s3 = false;     // requests are signed (SigV4) instead of authorised
};

struct S3Settings {
  std::string endpoint;  // "https://s3.example.net"; empty: none named
  std::string region = "us-east-1";
};

// `https://HOST[:PORT]/PATH`, or `s3://BUCKET[/PREFIX]` below the endpoint.
// Plain http only to this very machine: whatever passes carries a credential.
// Errors repeat no URL, for it may hold a secret.
Result<PublishTarget> ParsePublishTarget(std::string_view url,
                                         const S3Settings& s3);

}  // namespace usher::config

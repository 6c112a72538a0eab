#include "packager/config/publish_target.h"

#include <algorithm>

namespace usher::config {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kS3 = "s3://";

bool IsPlain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' ||
           c == '/';
  });
}

bool IsHost(std::string_view origin) {
  return !origin.empty() && std::ranges::all_of(origin, [](char c) {
    return IsPlain({&c, 1}) ? c != '/' && c != '_'
                            : c == ':' || c == '[' || c == ']';
  });
}

bool IsThisMachine(std::string_view origin) {
  if (origin.starts_with("[")) {
    return origin.substr(0, origin.find(']')) == "[::1";
  }
  const std::string_view host = origin.substr(0, origin.find(':'));
  return host == "localhost" ||
         (host.starts_with("127.") &&
          host.find_first_not_of("0123456789.") == host.npos);
}

Result<PublishTarget> ParseHttp(std::string_view url) {
  const bool tls = url.starts_with(kHttps);
  const std::string_view scheme = tls ? kHttps : kHttp;
  url.remove_prefix(scheme.size());
  const std::string_view origin = url.substr(0, url.find('/'));
  std::string_view path = url.substr(origin.size());
  while (path.ends_with('/')) path.remove_suffix(1);
  if (origin.find('@') != origin.npos) {
    return BadInput("", "holds a user name, and command lines are no secret",
                    "put it into the file of --output-credentials");
  }
  if (!IsHost(origin) || !IsPlain(path)) {
    return BadInput("", "is no URL of an origin",
                    "write https://HOST:PORT/PATH, without a query");
  }
  if (!tls && !IsThisMachine(origin)) {
    return BadInput("", "is not encrypted", "use https://");
  }
  return PublishTarget{
      std::string(scheme) + std::string(origin) + std::string(path),
      std::string(origin), false};
}

}  // namespace

Result<PublishTarget> ParsePublishTarget(std::string_view url,
                                         const S3Settings& s3) {
  if (url.starts_with(kHttps) || url.starts_with(kHttp)) return ParseHttp(url);
  if (!url.starts_with(kS3)) {
    return BadInput("", "is neither a directory nor an https:// or s3:// URL",
                    "name a directory, or where an origin takes PUT");
  }
  if (s3.endpoint.empty()) {
    return BadInput("", "is an s3:// URL, and no store is named",
                    "add --s3-endpoint https://HOST");
  }
  url.remove_prefix(kS3.size());
  if (url.empty() || url.starts_with('/') || !IsPlain(url)) {
    return BadInput("", "names no bucket", "write s3://BUCKET/PREFIX");
  }
  std::string_view endpoint = s3.endpoint;
  while (endpoint.ends_with('/')) endpoint.remove_suffix(1);
  auto target = ParseHttp(std::string(endpoint) + "/" + std::string(url));
  if (target) target->s3 = true;
  return target;
}

}  // namespace usher::config

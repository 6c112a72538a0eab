#include "core/ticket/request_uri.h"

#include <algorithm>

#include "core/base/hex.h"

namespace usher::ticket {
namespace {

char LowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
char UpperCase(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// RFC 3986 section 2.3.
bool IsUnreserved(char c) {
  const char lower = LowerCase(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string_view DefaultPortOf(std::string_view base) {
  return base.starts_with("https://") ? ":443" : ":80";
}

// Triplets of unreserved characters are decoded, the others in upper case.
void AppendNormal(std::string_view text, std::string& uri) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte =
        text[i] == '%' ? FromHex(text.substr(i + 1, 2)) : std::nullopt;
    if (!byte || byte->size() != 1) {
      uri += text[i];
      continue;
    }
    const char decoded = static_cast<char>(byte->front());
    if (IsUnreserved(decoded)) {
      uri += decoded;
    } else {
      uri += {'%', UpperCase(text[i + 1]), UpperCase(text[i + 2])};
    }
    i += 2;
  }
}

}  // namespace

std::string WithoutAttribute(std::string_view query, std::string_view name) {
  for (size_t at = 0; at < query.size();) {
    const size_t end = std::min(query.find('&', at), query.size());
    const std::string_view pair = query.substr(at, end - at);
    if (pair.substr(0, pair.find('=')) != name) {
      at = end + 1;
      continue;
    }
    const bool is_last = end == query.size();
    const size_t from = is_last && at > 0 ? at - 1 : at;
    const size_t to = is_last ? end : end + 1;
    return std::string(query.substr(0, from)) + std::string(query.substr(to));
  }
  return std::string(query);
}

std::string NormalUri(std::string_view base, std::string_view target) {
  std::string uri(base);
  std::ranges::transform(uri, uri.begin(), LowerCase);
  const std::string_view port = DefaultPortOf(uri);
  if (uri.ends_with(port)) uri.resize(uri.size() - port.size());
  if (!target.starts_with('/')) uri += '/';
  AppendNormal(target, uri);
  return uri;
}

}  // namespace usher::ticket

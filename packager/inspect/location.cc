#include "packager/inspect/location.h"

#include <curl/curl.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace usher::inspect {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlPtr = std::unique_ptr<CURLU, UrlDeleter>;

struct TextDeleter {
  void operator()(char* text) const { curl_free(text); }
};

std::optional<std::string> ResolveUrl(const std::string& base,
                                      const std::string& reference) {
  const UrlPtr url(curl_url());
  char* text = nullptr;
  if (url == nullptr ||
      curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_URL, reference.c_str(), 0) !=
          CURLUE_OK ||
      curl_url_get(url.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) {
    return std::nullopt;
  }
  const std::unique_ptr<char, TextDeleter> owned(text);
  std::string resolved(text);
  if (!IsUrl(resolved)) return std::nullopt;
  return resolved;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
        HexDigit(text[i + 2]) >= 0) {
      decoded +=
          static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::string_view WithoutQuery(std::string_view location) {
  return location.substr(0, location.find_first_of("?#"));
}

bool HasScheme(std::string_view reference) {
  const size_t colon = reference.find(':');
  return colon != std::string_view::npos &&
         reference.find_first_of("/?#") > colon;
}

// scheme://host/ of a URL.
std::string_view OriginOf(std::string_view url) {
  const size_t host = url.find("//");
  return url.substr(0, url.find('/', host + 2));
}

std::string_view LastElement(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

bool IsUrl(std::string_view location) {
  return location.starts_with("http://") || location.starts_with("https://");
}

std::optional<std::string> Resolve(const std::string& base,
                                   const std::string& reference) {
  if (reference.empty()) return std::nullopt;
  if (IsUrl(base)) return ResolveUrl(base, reference);
  if (IsUrl(reference)) return reference;
  if (HasScheme(reference)) return std::nullopt;
  const std::filesystem::path path = std::filesystem::path(DirectoryOf(base)) /
                                     PercentDecoded(WithoutQuery(reference));
  return path.lexically_normal().string();
}

std::string Shown(const std::string& root, const std::string& location) {
  if (!IsUrl(location) || !IsUrl(root)) {
    const std::string_view path = WithoutQuery(location);
    if (IsUrl(location)) return ".../" + std::string(LastElement(path));
    return std::filesystem::path(location)
        .lexically_relative(root)
        .generic_string();
  }
  const std::string_view path = WithoutQuery(location);
  if (OriginOf(root) != OriginOf(location)) {
    return ".../" + std::string(LastElement(path));
  }
  const auto below = [](std::string_view url) {
    return std::filesystem::path(url.substr(OriginOf(url).size()));
  };
  return below(path)
      .lexically_relative(below(WithoutQuery(root)))
      .generic_string();
}

std::string DirectoryOf(const std::string& location) {
  const std::string_view path =
      IsUrl(location) ? WithoutQuery(location) : std::string_view(location);
  return std::string(path.substr(0, path.rfind('/') + 1));
}

}  // namespace usher::inspect

#include "packager/config/input_address.h"

#include <charconv>

namespace usher::config {
namespace {

constexpr std::string_view kSchemeEnd = "://";

std::string_view WithoutQuery(std::string_view url) {
  return url.substr(0, url.find_first_of("?#"));
}

// Host and port, without user and password.
std::string_view HostOf(std::string_view url) {
  url.remove_prefix(url.find(kSchemeEnd) + kSchemeEnd.size());
  url = url.substr(0, url.find_first_of("/?#"));
  return url.substr(url.rfind('@') + 1);
}

// With the slash in front; empty where there is none.
std::string_view PathOf(std::string_view url) {
  url = WithoutQuery(url);
  const size_t host = url.find(kSchemeEnd) + kSchemeEnd.size();
  const size_t slash = url.find('/', host);
  return slash == std::string_view::npos ? std::string_view()
                                         : url.substr(slash);
}

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::string_view LastElement(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

bool IsHttpUrl(std::string_view address) {
  return address.starts_with("http://") || address.starts_with("https://");
}

bool HasUrlScheme(std::string_view address) {
  const size_t end = address.find(kSchemeEnd);
  return end != std::string_view::npos && end > 0 &&
         address.substr(0, end).find('/') == std::string_view::npos;
}

std::string ShownAddress(const std::filesystem::path& address) {
  const std::string& text = address.native();
  if (text == kStandardInput) return "standard input";
  if (!HasUrlScheme(text)) return text;
  const std::string scheme = text.substr(0, text.find(kSchemeEnd));
  const std::string_view path = PathOf(text);
  const bool deep = path.rfind('/') != path.find('/');
  return scheme + std::string(kSchemeEnd) + std::string(HostOf(text)) +
         (deep ? "/.../" : "/") + std::string(LastElement(path));
}

std::string FileNameOf(const std::filesystem::path& address) {
  const std::string& text = address.native();
  if (text == kStandardInput) return {};
  if (!HasUrlScheme(text)) return address.filename().string();
  return PercentDecoded(LastElement(PathOf(text)));
}

}  // namespace usher::config

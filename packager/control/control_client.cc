#include "packager/control/control_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

namespace usher::control {
namespace {

constexpr long kConnectSeconds = 15;
constexpr long kSeconds = 60;
constexpr size_t kLargestAnswer = size_t{1} << 20;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

size_t Append(const char* data, size_t size, size_t count, void* to) noexcept {
  auto& text = *static_cast<std::string*>(to);
  if (size * count > kLargestAnswer - text.size()) return 0;
  try {
    text.append(data, size * count);
  } catch (...) {
    return 0;
  }
  return size * count;
}

// What a problem+json says; nothing where it is none.
std::string DetailOf(const std::string& answer) {
  const auto problem =
      nlohmann::json::parse(answer, nullptr, /*allow_exceptions=*/false);
  if (!problem.is_object() || !problem.contains("detail")) return {};
  const auto& detail = problem["detail"];
  return detail.is_string() ? detail.get<std::string>() : std::string();
}

Error Refused(const std::string& url, long status, const std::string& answer) {
  Error error{
      ErrorKind::kFailed, url, "HTTP status " + std::to_string(status), {}};
  if (const std::string detail = DetailOf(answer); !detail.empty()) {
    error.what += ": " + detail;
  } else if (status == 404) {
    error.mend = "is it the location of usher_control?";
  }
  return error;
}

}  // namespace

ControlClient::ControlClient(std::string url, SecretBytes secret)
    : url_(std::move(url)), secret_(std::move(secret)) {
  if (!url_.ends_with('/')) url_ += '/';
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(once);
}

Result<std::string> ControlClient::Call(const char* method,
                                        std::string_view resource,
                                        const std::string& body) const {
  const std::unique_ptr<CURL, EasyDeleter> easy(curl_easy_init());
  if (!easy) return Failed({}, "libcurl does not start");
  const std::string url = url_ + std::string(resource);
  std::string answer;
  std::unique_ptr<curl_slist, ListDeleter> headers(
      curl_slist_append(nullptr, "Content-Type: application/json"));
  SecretBytes token(secret_.size() + 1);  // terminated for libcurl
  std::ranges::copy(secret_.view(), token.writable().begin());
  const auto* const bearer = reinterpret_cast<const char*>(token.view().data());
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy.get(), CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(easy.get(), CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
  curl_easy_setopt(easy.get(), CURLOPT_XOAUTH2_BEARER, bearer);
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT, kSeconds);
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_USERAGENT, "usher");
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &answer);
  if (!body.empty()) {
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE,
                     static_cast<long>(body.size()));
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, body.c_str());
  }
  const CURLcode code = curl_easy_perform(easy.get());
  if (code != CURLE_OK) {
    return Failed(
        url, std::string("cannot be reached: ") + curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || status >= 300) {
    return std::unexpected(Refused(url, status, answer));
  }
  return answer;
}

}  // namespace usher::control

#include "packager/input/http_range.h"

#include <curl/curl.h>

#include <charconv>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace usher {
namespace {

constexpr long kMaxRedirects = 10;
constexpr long kConnectSeconds = 15;
constexpr long kStalledSeconds = 30;

// Before any thread exists that might use libcurl, as it asks for.
void InitialiseOnce() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(result);
}

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

// "bytes 0-1023/146515" (RFC 9110 14.4).
void ReadContentRange(std::string_view value, RangeAnswer& answer) {
  if (!value.starts_with("bytes ")) return;
  value.remove_prefix(6);
  const size_t dash = value.find('-');
  const size_t slash = value.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos ||
      dash > slash) {
    return;
  }
  const auto first = ParseNumber(value.substr(0, dash));
  answer.size = ParseNumber(value.substr(slash + 1));
  if (!first) answer.size.reset();
  answer.first = first.value_or(0);
}

bool WillPass(CURLcode code) {
  switch (code) {
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return true;
    default:
      return false;
  }
}

// One request and its answer.
struct Exchange {
  CURL* easy = nullptr;
  const HttpRange::Receiver* receiver = nullptr;
  const Interrupt* interrupt = nullptr;
  RangeAnswer answer{};
  std::string etag{};
  std::string modified{};
  bool begun = false;
  std::optional<Error> error{};

  Status Begin();
  Status Body(ByteView bytes);
};

Status Exchange::Begin() {
  begun = true;
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  answer.partial = status == 206;
  // If-Range takes strong validators only (RFC 9110 13.1.5).
  answer.validator = etag.empty() || etag.starts_with("W/") ? modified : etag;
  if (!answer.partial) {
    curl_off_t length = -1;
    curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    answer.size.reset();
    if (length >= 0) answer.size = static_cast<uint64_t>(length);
  }
  return receiver->begin(answer);
}

Status Exchange::Body(ByteView bytes) {
  if (!begun) {
    if (auto taken = Begin(); !taken) return taken;
  }
  return receiver->body(bytes);
}

size_t OnBody(const char* data, size_t size, size_t count, void* to) noexcept {
  auto& exchange = *static_cast<Exchange*>(to);
  try {
    auto taken =
        exchange.Body({reinterpret_cast<const uint8_t*>(data), size * count});
    if (taken) return size * count;
    exchange.error = std::move(taken).error();
  } catch (...) {
    exchange.error = Error{ErrorKind::kFailed, {}, "out of memory", {}};
  }
  return 0;
}

size_t OnHeader(const char* data, size_t size, size_t count,
                void* to) noexcept {
  auto& exchange = *static_cast<Exchange*>(to);
  try {
    std::string_view line(data, size * count);
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) {
      line.remove_suffix(1);
    }
    if (line.starts_with("HTTP/")) {  // of a redirect's target, too
      exchange.answer = {};
      exchange.etag.clear();
      exchange.modified.clear();
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size * count;
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    const std::string name(line.substr(0, colon));
    if (curl_strequal(name.c_str(), "etag") != 0) exchange.etag = value;
    if (curl_strequal(name.c_str(), "last-modified") != 0) {
      exchange.modified = value;
    }
    if (curl_strequal(name.c_str(), "content-range") != 0) {
      ReadContentRange(value, exchange.answer);
    }
  } catch (...) {
    return 0;
  }
  return size * count;
}

int OnProgress(void* to, curl_off_t, curl_off_t, curl_off_t,
               curl_off_t) noexcept {
  return static_cast<Exchange*>(to)->interrupt->requested() ? 1 : 0;
}

}  // namespace

struct HttpRange::Impl {
  void Prepare(Exchange& exchange, const std::string& range);
  Result<Outcome> Judge(CURLcode code, const Exchange& exchange);

  std::string url;
  std::string where;
  std::string trouble;
  const Interrupt* interrupt = nullptr;
  std::unique_ptr<CURL, EasyDeleter> easy;
};

HttpRange::HttpRange(std::string url, std::string where,
                     const Interrupt& interrupt)
    : impl_(std::make_unique<Impl>()) {
  InitialiseOnce();
  impl_->url = std::move(url);
  impl_->where = std::move(where);
  impl_->interrupt = &interrupt;
  impl_->easy.reset(curl_easy_init());
}

HttpRange::~HttpRange() = default;

const std::string& HttpRange::trouble() const { return impl_->trouble; }

Result<HttpRange::Outcome> HttpRange::Get(uint64_t offset, uint64_t size,
                                          const std::string& validator,
                                          const Receiver& receiver) {
  CURL* easy = impl_->easy.get();
  if (easy == nullptr) return Failed(impl_->where, "libcurl does not start");
  Exchange exchange{easy, &receiver, impl_->interrupt};
  impl_->Prepare(exchange, std::to_string(offset) + "-" +
                               std::to_string(offset + size - 1));
  std::unique_ptr<curl_slist, ListDeleter> headers;
  if (!validator.empty()) {
    const std::string line = "If-Range: " + validator;
    headers.reset(curl_slist_append(nullptr, line.c_str()));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  }
  const CURLcode code = curl_easy_perform(easy);
  return impl_->Judge(code, exchange);
}

void HttpRange::Impl::Prepare(Exchange& exchange, const std::string& range) {
  CURL* handle = easy.get();
  curl_easy_reset(handle);  // its connections stay
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  // What was asked for privately is not fetched in the open.
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR,
                   url.starts_with("https:") ? "https" : "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, kMaxRedirects);
  curl_easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "usher");
  curl_easy_setopt(handle, CURLOPT_RANGE, range.c_str());
  // OpenSSL's own word for whom to trust, which libcurl passes over.
  if (const char* authorities = std::getenv("SSL_CERT_FILE")) {
    curl_easy_setopt(handle, CURLOPT_CAINFO, authorities);
  }
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, OnProgress);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &exchange);
}

Result<HttpRange::Outcome> HttpRange::Impl::Judge(CURLcode code,
                                                  const Exchange& exchange) {
  if (auto wanted = interrupt->Check(); !wanted) {
    return std::unexpected(wanted.error());
  }
  if (exchange.error) return std::unexpected(*exchange.error);
  if (code == CURLE_OK) return Outcome::kDone;
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  const bool answered = code == CURLE_HTTP_RETURNED_ERROR;
  trouble = answered ? "HTTP status " + std::to_string(status)
                     : std::string(curl_easy_strerror(code));
  if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST) {
    return Outcome::kUnreachable;
  }
  if (answered && status == 416) return Outcome::kNothing;
  if (WillPass(code) || (answered && (status == 429 || status >= 500))) {
    return Outcome::kBroken;
  }
  return BadInput(where, "cannot be fetched (" + trouble + ")",
                  "check the URL");
}

}  // namespace usher

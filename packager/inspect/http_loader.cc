#include <curl/curl.h>

#include <algorithm>

#include "packager/inspect/loader.h"

namespace usher::inspect {
namespace {

constexpr long kMaxRedirects = 10;
constexpr long kConnectSeconds = 15;
constexpr long kStalledSeconds = 30;

// Before any thread exists that might use libcurl, as it asks for.
void InitialiseOnce() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(result);
}

size_t Append(const char* data, size_t size, size_t count, void* to) noexcept {
  auto& bytes = *static_cast<Bytes*>(to);
  if (size * count > kMaxFile - bytes.size()) return 0;  // ends the transfer
  try {
    bytes.insert(bytes.end(), data, data + size * count);
  } catch (...) {
    return 0;
  }
  return size * count;
}

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

std::string RangeText(const playlist::ByteRange& range) {
  return std::to_string(range.offset) + "-" +
         std::to_string(range.offset + range.length - 1);
}

// A server that ignores Range sends all of it with status 200.
Status CutToRange(const playlist::ByteRange& range, long status, Bytes& bytes) {
  if (status == 200) {
    if (range.offset > bytes.size() ||
        range.length > bytes.size() - range.offset) {
      return BadInput({}, "is shorter than the byte range");
    }
    bytes.erase(bytes.begin(),
                bytes.begin() + static_cast<ptrdiff_t>(range.offset));
    bytes.resize(range.length);
  }
  if (bytes.size() != range.length) {
    return BadInput({}, "is shorter than the byte range");
  }
  return {};
}

}  // namespace

struct HttpLoader::Impl {
  std::unique_ptr<CURL, EasyDeleter> easy;
  bool insecure = false;
};

HttpLoader::HttpLoader(bool insecure) : impl_(std::make_unique<Impl>()) {
  InitialiseOnce();
  impl_->easy.reset(curl_easy_init());
  impl_->insecure = insecure;
}

HttpLoader::~HttpLoader() = default;

Result<LoadedFile> HttpLoader::Load(
    const std::string& location,
    const std::optional<playlist::ByteRange>& range) {
  CURL* easy = impl_->easy.get();
  if (easy == nullptr) return Failed({}, "libcurl does not start");
  LoadedFile loaded;
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_URL, location.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, kMaxRedirects);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "usher-inspect");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &loaded.bytes);
  if (impl_->insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  const std::string range_text = range ? RangeText(*range) : std::string();
  if (range) {
    if (range->length == 0 || range->length > kMaxFile) {
      return BadInput({}, "a byte range of no bytes or more than 256 MB");
    }
    curl_easy_setopt(easy, CURLOPT_RANGE, range_text.c_str());
  }
  const CURLcode code = curl_easy_perform(easy);
  if (code == CURLE_WRITE_ERROR) return BadInput({}, "is larger than 256 MB");
  if (code != CURLE_OK) {
    return Failed({},
                  std::string("cannot be fetched: ") + curl_easy_strerror(code),
                  code == CURLE_PEER_FAILED_VERIFICATION
                      ? "use --insecure to accept the certificate"
                      : "");
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200 && status != 206) {
    return Failed({}, "HTTP status " + std::to_string(status));
  }
  if (range) {
    if (auto cut = CutToRange(*range, status, loaded.bytes); !cut) {
      return std::unexpected(cut.error());
    }
  }
  const char* effective = nullptr;
  curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &effective);
  loaded.location = effective == nullptr ? location : effective;
  return loaded;
}

}  // namespace usher::inspect

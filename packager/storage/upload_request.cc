#include "packager/storage/upload_request.h"

#include <curl/curl.h>

#include <string_view>
#include <utility>

#include "core/base/hex.h"
#include "core/crypto/digest.h"

namespace usher {
namespace {

constexpr long kConnectSeconds = 5;
constexpr long kStalledSeconds = 10;

// Before any thread exists that might use libcurl, as it asks for.
void InitialiseOnce() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(result);
}

size_t Discard(const char*, size_t size, size_t count, void*) noexcept {
  return size * count;
}

bool IsList(std::string_view path) {
  return path.ends_with(".m3u8") || path.ends_with(".mpd");
}

// A store hands them on as they are; an origin of ours knows them itself.
std::string_view TypeOf(std::string_view path) {
  if (path.ends_with(".m3u8")) return "application/vnd.apple.mpegurl";
  if (path.ends_with(".mpd")) return "application/dash+xml";
  if (path.ends_with(".m4s") || path.ends_with(".mp4")) return "video/mp4";
  if (path.ends_with(".vtt")) return "text/vtt";
  return "application/octet-stream";
}

// curl copies it; libcurl's own copy is gone with the handle.
std::string TextOf(const OriginCredential& credential) {
  return std::string(AsText(credential.secret.view()));
}

void WipeText(std::string& text) {
  Wipe({reinterpret_cast<uint8_t*>(text.data()), text.size()});
}

}  // namespace

void UploadRequest::EasyDeleter::operator()(void* easy) const {
  curl_easy_cleanup(easy);
}

void UploadRequest::ListDeleter::operator()(void* list) const {
  curl_slist_free_all(static_cast<curl_slist*>(list));
}

UploadRequest::UploadRequest() {
  InitialiseOnce();
  easy_.reset(curl_easy_init());
}

UploadRequest::~UploadRequest() = default;

void UploadRequest::Prepare(const UploadChannel& channel,
                            const std::string& path,
                            std::optional<Bytes> body) {
  body_ = std::move(body);
  CURL* easy = easy_.get();
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_URL,
                   (channel.target.base + "/" + path).c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "usher");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, Discard);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, body_ ? "PUT" : "DELETE");
  if (body_) {
    // Not CURLOPT_UPLOAD: a signature covers a body that is known beforehand.
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body_->data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(body_->size()));
  }
  if (!channel.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, channel.ca_file.c_str());
  }
  AddHeaders(channel, path);
  if (channel.credential) Authorise(channel);
}

void UploadRequest::AddHeaders(const UploadChannel& channel,
                               const std::string& path) {
  headers_.reset();
  AddHeader("Expect:");
  if (body_) AddHeader("Content-Type: " + std::string(TypeOf(path)));
  if (channel.target.s3) {
    // libcurl signs it, but makes none itself before 8.
    const Bytes nothing;
    AddHeader("x-amz-content-sha256: " +
              ToHex(crypto::Sha256(body_ ? *body_ : nothing)));
  }
  if (body_ && channel.target.s3) {
    AddHeader(IsList(path)
                  ? "Cache-Control: public, max-age=1"
                  : "Cache-Control: public, max-age=31536000, immutable");
  }
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, headers_.get());
}

void UploadRequest::AddHeader(const std::string& line) {
  auto* list = static_cast<curl_slist*>(headers_.release());
  headers_.reset(curl_slist_append(list, line.c_str()));
}

void UploadRequest::Authorise(const UploadChannel& channel) {
  using Kind = OriginCredential::Kind;
  CURL* easy = easy_.get();
  std::string secret = TextOf(*channel.credential);
  switch (channel.credential->kind) {
    case Kind::kBasic:
      curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
      curl_easy_setopt(easy, CURLOPT_USERPWD, secret.c_str());
      break;
    case Kind::kBearer:
      curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
      curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, secret.c_str());
      break;
    case Kind::kS3: {
      const size_t key = secret.find(':');
      const size_t token = secret.find(':', key + 1);
      if (token != std::string::npos) {
        AddHeader("x-amz-security-token: " + secret.substr(token + 1));
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
        secret.resize(token);
      }
      curl_easy_setopt(easy, CURLOPT_AWS_SIGV4,
                       ("aws:amz:" + channel.s3_region + ":s3").c_str());
      curl_easy_setopt(easy, CURLOPT_USERPWD, secret.c_str());
      break;
    }
  }
  WipeText(secret);
}

UploadOutcome UploadRequest::Perform() {
  return OutcomeOf(curl_easy_perform(easy_.get()));
}

UploadOutcome UploadRequest::OutcomeOf(int code) const {
  using Kind = UploadOutcome::Kind;
  if (code != CURLE_OK) {
    return {Kind::kAway, curl_easy_strerror(static_cast<CURLcode>(code))};
  }
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status < 300) return {};
  if (!body_ && (status == 404 || status == 410)) return {};
  const std::string what = "answers " + std::to_string(status);
  if (status == 401 || status == 403) return {Kind::kRefused, what};
  if (status >= 500 || status == 408 || status == 425 || status == 429) {
    return {Kind::kAway, what};
  }
  return {Kind::kBad, what};
}

}  // namespace usher

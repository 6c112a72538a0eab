#include "core/ticket/uri_container.h"

#include <re2/re2.h>

#include <algorithm>
#include <string>

#include "core/base/base64url.h"

namespace usher::ticket {
namespace {

constexpr std::string_view kHash = "hash:";
constexpr std::string_view kRegex = "regex:";
constexpr std::string_view kSha256 = "sha-256;";
constexpr int64_t kMostMemory = int64_t{256} << 10;

re2::RE2::Options Options() {
  re2::RE2::Options options;
  options.set_posix_syntax(true);
  options.set_longest_match(true);
  options.set_one_line(true);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_max_mem(kMostMemory);
  options.set_log_errors(false);
  return options;
}

}  // namespace

UriContainer::UriContainer() = default;
UriContainer::UriContainer(UriContainer&&) noexcept = default;
UriContainer& UriContainer::operator=(UriContainer&&) noexcept = default;
UriContainer::~UriContainer() = default;

std::expected<UriContainer, const char*> UriContainer::Parse(
    std::string_view text) {
  UriContainer container;
  if (text.starts_with(kHash)) {
    text.remove_prefix(kHash.size());
    // RFC 6920 section 5: the algorithm, ";", the digest.
    if (!text.starts_with(kSha256)) {
      return std::unexpected("cdniuc has a hash other than sha-256");
    }
    if (!DecodeBase64Url(text.substr(kSha256.size()), container.hash_)) {
      return std::unexpected("cdniuc has a hash that is no base64url");
    }
    return container;
  }
  if (!text.starts_with(kRegex)) {
    return std::unexpected("cdniuc is neither hash: nor regex:");
  }
  text.remove_prefix(kRegex.size());
  container.regex_ = std::make_unique<re2::RE2>(
      re2::StringPiece(text.data(), text.size()), Options());
  if (!container.regex_->ok()) {
    return std::unexpected(
        "cdniuc has a regular expression that is no POSIX one or too large");
  }
  return container;
}

bool UriContainer::Holds(std::string_view uri) const {
  if (regex_ == nullptr) {
    return std::ranges::equal(crypto::Sha256(AsBytes(uri)), hash_);
  }
  return re2::RE2::FullMatch(re2::StringPiece(uri.data(), uri.size()), *regex_);
}

}  // namespace usher::ticket

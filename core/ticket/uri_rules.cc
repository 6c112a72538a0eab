#include "core/ticket/uri_rules.h"

#include <algorithm>
#include <utility>

namespace usher::ticket {
namespace {

// Of "scheme://host:port/path?query", normalised.
struct UriParts {
  std::string_view scheme;
  std::string_view host;
  std::string_view port;
  std::string_view path;
  std::string_view query;
};

UriParts PartsOf(std::string_view uri) {
  UriParts parts;
  const size_t scheme = uri.find("://");
  if (scheme == std::string_view::npos) return parts;
  parts.scheme = uri.substr(0, scheme);
  uri.remove_prefix(scheme + 3);
  const size_t path = std::min(uri.find('/'), uri.size());
  parts.host = uri.substr(0, path);
  parts.path = uri.substr(path);
  const size_t query = parts.path.find('?');
  if (query != std::string_view::npos) {
    parts.query = parts.path.substr(query + 1);
    parts.path = parts.path.substr(0, query);
  }
  const size_t port = parts.host.rfind(':');
  if (port != std::string_view::npos && !parts.host.ends_with(']')) {
    parts.port = parts.host.substr(port + 1);
    parts.host = parts.host.substr(0, port);
  } else {
    parts.port = parts.scheme == "https" ? "443" : "80";
  }
  return parts;
}

constexpr int64_t kPath = 3;
constexpr int64_t kLastPart = 8;

std::string_view PartOf(const UriParts& uri, int64_t part) {
  const size_t slash = uri.path.rfind('/');
  const std::string_view file = uri.path.substr(slash + 1);
  const size_t dot = std::min(file.rfind('.'), file.size());
  switch (part) {
    case 0:
      return uri.scheme;
    case 1:
      return uri.host;
    case 2:
      return uri.port;
    case kPath:
      return uri.path;
    case 4:
      return uri.query;
    case 5:
      return uri.path.substr(0, slash);
    case 6:
      return file;
    case 7:
      return file.substr(0, dot);
    default:  // kLastPart
      return file.substr(dot);
  }
}

}  // namespace

std::expected<UriRules, const char*> UriRules::Read(const Cbor& catu) {
  if (catu.kind != Cbor::Kind::kMap || catu.items.empty()) {
    return std::unexpected("catu is no map of rules");
  }
  UriRules rules;
  for (size_t i = 0; i < catu.items.size(); i += 2) {
    const auto part = catu.items[i].Integer();
    if (!part || *part < 0 || *part > kLastPart) {
      return std::unexpected("catu has a rule for a part we do not know");
    }
    auto rule = ReadRule(*part, catu.items[i + 1]);
    if (!rule) return std::unexpected(rule.error());
    rules.rules_.push_back(*std::move(rule));
  }
  return rules;
}

std::expected<UriRules::Rule, const char*> UriRules::ReadRule(int64_t part,
                                                              const Cbor& how) {
  constexpr const char* kUnknown = "catu matches in a way we do not know";
  if (how.kind != Cbor::Kind::kMap || how.items.size() != 2) {
    return std::unexpected(kUnknown);
  }
  const auto match = how.items[0].Integer();
  const Cbor& value = how.items[1];
  if (!match || *match < -1 || *match > 4) return std::unexpected(kUnknown);
  Rule rule{.part = part,
            .match = static_cast<Match>(*match),
            .value = value.string,
            .regex = {}};
  if (rule.match == Match::kRegex) {
    // More elements would ask for what its groups hold.
    if (value.kind != Cbor::Kind::kArray || value.items.size() != 1 ||
        value.items[0].kind != Cbor::Kind::kText) {
      return std::unexpected(kUnknown);
    }
    auto regex = UriContainer::Parse("regex:" + value.items[0].string);
    if (!regex) {
      return std::unexpected(
          "catu has a regular expression that is no POSIX one or too large");
    }
    rule.regex = *std::move(regex);
    return rule;
  }
  const bool is_hash = rule.match == Match::kSha256;
  if (value.kind != (is_hash ? Cbor::Kind::kBytes : Cbor::Kind::kText) ||
      (is_hash && value.string.size() != sizeof(crypto::Sha256Digest))) {
    return std::unexpected(kUnknown);
  }
  return rule;
}

bool UriRules::Hold(std::string_view uri) const {
  const UriParts parts = PartsOf(uri);
  return std::ranges::all_of(rules_, [&](const Rule& rule) {
    return Holds(rule, PartOf(parts, rule.part));
  });
}

bool UriRules::Holds(const Rule& rule, std::string_view value) {
  switch (rule.match) {
    case Match::kExact:
      return value == rule.value;
    case Match::kPrefix:
      return value.starts_with(rule.value);
    case Match::kSuffix:
      return value.ends_with(rule.value);
    case Match::kContains:
      return value.find(rule.value) != std::string_view::npos;
    case Match::kRegex:
      return rule.regex && rule.regex->Holds(value);
    case Match::kSha256:
      return std::ranges::equal(crypto::Sha256(AsBytes(value)),
                                AsBytes(rule.value));
  }
  return false;
}

bool UriRules::NameOnePath() const {
  return std::ranges::any_of(rules_, [](const Rule& rule) {
    return rule.part == kPath &&
           (rule.match == Match::kExact || rule.match == Match::kSha256);
  });
}

}  // namespace usher::ticket

#include "core/ticket/claims_reader.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/ticket/strict_json.h"
#include "core/ticket/verifier.h"

namespace usher::ticket {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxSubject = 128;
constexpr unsigned kMaxSeats = 255;
// 9999-12-31T23:59:59Z. A time beyond it is one in milliseconds.
constexpr int64_t kMaxDate = 253402300799;

// RFC 7800 (cnf), CTA-5007-B Common Access Token, and what CDNs use for "only
// from this address". RFC 9246 names are told by their prefix.
constexpr std::string_view kUnenforceable[] = {
    "and",    "catalpn",       "catdpop",   "catgeoalt", "catgeocoord",
    "cath",   "catgeoiso3166", "catif",     "catifdata", "catm",
    "catnip", "catpor",        "catreplay", "cattpk",    "cattprint",
    "catu",   "cnf",           "crit",      "enc",       "geohash",
    "ip",     "nor",           "or"};
constexpr std::string_view kCdniPrefix = "cdni";

// RFC 9246's that ReadSignedUriClaims enforces, or finds that they ask nothing.
constexpr std::string_view kSignedUri[] = {"cdnicrit", "cdniets", "cdnistd",
                                           "cdnistt",  "cdniuc",  "cdniv"};
// Ours, which a token that signs URIs may call critical.
constexpr std::string_view kExtensions[] = {"cc", "event", "seats"};

bool IsAmong(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool RestrictsBeyondUs(const Json& payload,
                       std::span<const std::string_view> known = {}) {
  return std::ranges::any_of(payload.items(), [&](const auto& member) {
    const std::string& name = member.key();
    return (name.starts_with(kCdniPrefix) && !IsAmong(known, name)) ||
           IsAmong(kUnenforceable, name);
  });
}

// Text that may stand in a log line and in TicketHash, where 0 separates.
bool IsPlainText(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

enum class Rounding { kDown, kUp };

// NumericDate (RFC 7519 section 2). A fraction is rounded to the stricter side.
std::optional<int64_t> ReadDate(const Json& value, Rounding rounding) {
  if (value.is_number_unsigned()) {
    const auto seconds = value.get<uint64_t>();
    if (seconds > static_cast<uint64_t>(kMaxDate)) return std::nullopt;
    return static_cast<int64_t>(seconds);
  }
  if (!value.is_number_float()) return std::nullopt;
  const auto seconds = value.get<double>();
  // Written so that NaN is refused too.
  if (!(seconds >= 0 && seconds <= static_cast<double>(kMaxDate))) {
    return std::nullopt;
  }
  return static_cast<int64_t>(rounding == Rounding::kUp ? std::ceil(seconds)
                                                        : std::floor(seconds));
}

std::optional<std::string> ReadText(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  auto text = value.get<std::string>();
  if (!IsPlainText(text)) return std::nullopt;
  return text;
}

// A string or a list of strings; at least one, none empty.
std::optional<std::vector<std::string>> ReadTexts(const Json& value) {
  const Json list = value.is_array() ? value : Json::array({value});
  std::vector<std::string> texts;
  for (const Json& element : list) {
    auto text = ReadText(element);
    if (!text || text->empty()) return std::nullopt;
    texts.push_back(*std::move(text));
  }
  if (texts.empty()) return std::nullopt;
  return texts;
}

// ISO 3166-1 alpha-2, either case; kept in upper case.
std::optional<std::vector<std::string>> ReadCountries(const Json& value) {
  auto countries = ReadTexts(value);
  if (!countries) return std::nullopt;
  for (std::string& country : *countries) {
    if (country.size() != 2) return std::nullopt;
    for (char& c : country) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
      if (c < 'A' || c > 'Z') return std::nullopt;
    }
  }
  return countries;
}

std::optional<unsigned> ReadSeats(const Json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  const auto seats = value.get<uint64_t>();
  if (seats < 1 || seats > kMaxSeats) return std::nullopt;
  return static_cast<unsigned>(seats);
}

// Takes claims out of a payload one by one and remembers the first refusal.
class Reader {
 public:
  explicit Reader(const Json& payload) : payload_(payload) {}

  // Reads `name` into `to` where it is present; `refusal` where it is
  // malformed.
  template <typename To, typename Read>
  Reader& Optional(const char* name, const char* refusal, To& to, Read read) {
    const auto member = payload_.find(name);
    if (member == payload_.end() || refusal_ != nullptr) return *this;
    auto value = read(*member);
    if (value) {
      // NOLINTNEXTLINE(bugprone-optional-value-conversion): `to` may be either
      to = *std::move(value);
    } else {
      refusal_ = refusal;
    }
    return *this;
  }
  template <typename To, typename Read>
  Reader& Required(const char* name, const char* refusal, To& to, Read read) {
    if (!payload_.contains(name) && refusal_ == nullptr) refusal_ = refusal;
    return Optional(name, refusal, to, read);
  }
  Reader& Refuse(bool refused, const char* refusal) {
    if (refused && refusal_ == nullptr) refusal_ = refusal;
    return *this;
  }
  const char* refusal() const { return refusal_; }

 private:
  const Json& payload_;
  const char* refusal_ = nullptr;
};

std::optional<int64_t> ReadDateDown(const Json& value) {
  return ReadDate(value, Rounding::kDown);
}

std::optional<int64_t> ReadDateUp(const Json& value) {
  return ReadDate(value, Rounding::kUp);
}

std::optional<std::string> ReadSubject(const Json& value) {
  auto subject = ReadText(value);
  if (!subject || subject->empty() || subject->size() > kMaxSubject) {
    return std::nullopt;
  }
  return subject;
}

// What every kind of token may say.
void ReadCommon(Reader& reader, Claims& claims) {
  reader
      .Required("exp", "exp is missing or no date", claims.expires,
                ReadDateDown)
      .Optional("nbf", "nbf is no date", claims.not_before, ReadDateUp)
      .Optional("iat", "iat is no date", claims.issued_at, ReadDateDown)
      .Optional("iss", "iss is no plain text", claims.issuer, ReadText)
      .Optional("aud", "aud is no text or list of texts", claims.audiences,
                ReadTexts)
      .Optional("seats", "seats is not 1 to 255", claims.seats, ReadSeats)
      .Optional("jti", "jti is no plain text", claims.token_id, ReadText)
      .Optional("cc", "cc is no list of two-letter countries", claims.countries,
                ReadCountries);
}

// RFC 9246 section 2.1.9: names behind commas, each there and known to us.
bool IsCriticalKnown(const Json& payload) {
  if (!payload.contains("cdnicrit")) return true;
  if (!payload["cdnicrit"].is_string()) return false;
  std::string_view rest = payload["cdnicrit"].get_ref<const std::string&>();
  std::set<std::string_view> names;
  for (bool more = true; more;) {
    const size_t comma = rest.find(',');
    more = comma != std::string_view::npos;
    const std::string_view name = rest.substr(0, comma);
    if (!IsAmong(kExtensions, name) || !payload.contains(name) ||
        !names.insert(name).second) {
      return false;
    }
    if (more) rest.remove_prefix(comma + 1);
  }
  return true;
}

std::optional<uint64_t> ReadCount(const Json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  return value.get<uint64_t>();
}

// 0: no renewal, 1: by cookie, 2: by query.
std::optional<bool> ReadTransport(const Json& value) {
  const auto transport = ReadCount(value);
  if (!transport || *transport > 2) return std::nullopt;
  return *transport != 0;
}

std::optional<double> ReadSeconds(const Json& value) {
  if (!value.is_number() || value.get<double>() < 0) return std::nullopt;
  return value.get<double>();
}

// RFC 7516 section 7.1: five parts. What is in it is not for us.
bool IsJwe(std::string_view text) { return std::ranges::count(text, '.') == 4; }

std::optional<std::string> ReadMaybeEncrypted(const Json& value) {
  auto text = ReadText(value);
  if (text && IsJwe(*text)) return std::string();
  return ReadSubject(value);
}

}  // namespace

std::expected<Claims, const char*> ReadClaims(std::string_view json) {
  if (!IsStrictJsonObject(json, kMaxNesting)) {
    return std::unexpected("payload is not strict JSON");
  }
  const Json payload = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (RestrictsBeyondUs(payload)) {
    return std::unexpected("a claim restricts in a way we cannot enforce");
  }
  Claims claims;
  Reader reader(payload);
  ReadCommon(reader, claims);
  reader
      .Required("sub", "sub is missing or not 1 to 128 bytes of plain text",
                claims.subject, ReadSubject)
      .Required("event", "event is missing or no name or list of names",
                claims.events, ReadTexts);
  if (reader.refusal() != nullptr) return std::unexpected(reader.refusal());
  return claims;
}

bool SignsUris(std::string_view json) {
  // An escaped name does not get past this into a ticket: ReadClaims refuses
  // whatever begins with "cdni".
  if (json.find("cdniuc") == std::string_view::npos) return false;
  if (!IsStrictJsonObject(json, kMaxNesting)) return false;
  return Json::parse(json, nullptr, /*allow_exceptions=*/false)
      .contains("cdniuc");
}

std::expected<SignedUriClaims, const char*> ReadSignedUriClaims(
    std::string_view json) {
  if (!IsStrictJsonObject(json, kMaxNesting)) {
    return std::unexpected("payload is not strict JSON");
  }
  const Json payload = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  SignedUriClaims read;
  uint64_t version = 1;
  double renewed_for = 0;
  Reader reader(payload);
  reader.Optional("cdniv", "cdniv is no version number", version, ReadCount)
      .Refuse(version != 1, "cdniv is a version we do not know")
      .Refuse(!IsCriticalKnown(payload),
              "cdnicrit names what is not there or not known")
      .Refuse(payload.contains("cdniip"),
              "cdniip binds to an address, which is encrypted")
      .Refuse(payload.contains("jti"),
              "jti: a token that is good once cannot be told from its copy")
      .Refuse(RestrictsBeyondUs(payload, kSignedUri),
              "a claim restricts in a way we cannot enforce");
  ReadCommon(reader, read.claims);
  reader
      .Optional("sub", "sub is neither a JWE nor 1 to 128 bytes of plain text",
                read.claims.subject, ReadMaybeEncrypted)
      .Optional("event", "event is no name or list of names",
                read.claims.events, ReadTexts)
      .Required("cdniuc", "cdniuc is no plain text", read.container, ReadText)
      .Optional("cdnistt", "cdnistt is none of 0, 1 and 2", read.renews,
                ReadTransport)
      .Optional("cdniets", "cdniets is no number of seconds", renewed_for,
                ReadSeconds)
      .Optional("cdnistd", "cdnistd is no depth", read.depth, ReadCount)
      .Refuse(payload.contains("cdnistt") && !payload.contains("cdniets"),
              "cdnistt is there without cdniets");
  if (reader.refusal() != nullptr) return std::unexpected(reader.refusal());
  return read;
}

}  // namespace usher::ticket

#include "core/ticket/access_token.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "core/base/hex.h"
#include "core/crypto/digest.h"
#include "core/ticket/cbor.h"
#include "core/ticket/request_uri.h"
#include "core/ticket/uri_rules.h"
#include "core/ticket/verifier.h"

namespace usher::ticket {
namespace {

using Kind = Cbor::Kind;

// IANA "CBOR Web Token (CWT) Claims".
enum : int64_t {
  kIss = 1,
  kSub = 2,
  kAud = 3,
  kExp = 4,
  kNbf = 5,
  kIat = 6,
  kCti = 7,
  kCatReplay = 308,
  kCatV = 310,
  kCatNip = 311,
  kCatU = 312,
  kCatM = 313,
  kCatGeoIso3166 = 316,
  kCatR = 323,
};

constexpr int64_t kMaxDate = 253402300799;  // the year 9999
constexpr size_t kMaxSubject = 128;

std::unexpected<Refusal> Refuse(Denial denial, const char* reason) {
  return std::unexpected(Refusal{denial, reason});
}

bool IsPlainText(const Cbor& value) {
  return value.kind == Kind::kText && value.tags.empty() &&
         std::ranges::none_of(value.string, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

// NumericDate (RFC 8392 section 2): no tag. A fraction counts as `round` says.
bool ReadDate(const Cbor& value, double (*round)(double), int64_t& date) {
  if (!value.tags.empty()) return false;
  if (const auto seconds = value.Integer()) {
    date = *seconds;
  } else if (value.kind == Kind::kFloat && value.real >= 0 &&
             value.real <= static_cast<double>(kMaxDate)) {
    date = static_cast<int64_t>(round(value.real));
  } else {
    return false;
  }
  return date >= 0 && date <= kMaxDate;
}

bool ReadTexts(const Cbor& value, std::vector<std::string>& texts) {
  const std::vector<Cbor> one = {value};
  const auto& list = value.kind == Kind::kArray ? value.items : one;
  for (const Cbor& element : list) {
    if (!IsPlainText(element) || element.string.empty()) return false;
    texts.push_back(element.string);
  }
  return !texts.empty();
}

// ISO 3166-1 alpha-2, and 3166-2 ("US-CA"): where in a country a viewer is
// nobody tells us, so those let nobody in.
bool ReadCountries(const Cbor& value, std::vector<std::string>& countries) {
  std::vector<std::string> places;
  if (value.kind != Kind::kArray || !ReadTexts(value, places)) return false;
  constexpr size_t kAlpha2 = 2;
  std::ranges::copy_if(
      places, std::back_inserter(countries),
      [](const auto& place) { return place.size() == kAlpha2; });
  return !countries.empty();
}

bool ReadMethods(const Cbor& value, Limits& limits) {
  std::vector<std::string> methods;
  if (value.kind != Kind::kArray || !ReadTexts(value, methods)) return false;
  const auto has = [&](const char* method) {
    return std::ranges::find(methods, method) != methods.end();
  };
  limits.no_head = !has("HEAD");
  limits.no_post = !has("POST");
  return has("GET");
}

bool HasPrefix(ByteView address, std::string_view prefix, uint64_t bits) {
  if (bits > address.size() * 8) return false;
  for (uint64_t bit = 0; bit < bits; ++bit) {
    const size_t at = bit / 8;
    // RFC 9164 section 3.1.2: bytes at the end that are zero are left out.
    const uint8_t byte =
        at < prefix.size() ? static_cast<uint8_t>(prefix[at]) : 0;
    const auto mask = static_cast<uint8_t>(0x80U >> bit % 8);
    if (((address[at] ^ byte) & mask) != 0) return false;
  }
  return true;
}

// RFC 9164: tag 52 for IPv4 and 54 for IPv6, an address or [bits, prefix].
// Autonomous systems are numbers, and hold no address we could tell.
bool HoldsAddress(const Cbor& place, ByteView address) {
  constexpr uint64_t kV4 = 52;
  constexpr uint64_t kV6 = 54;
  const uint64_t tag = address.size() == 4 ? kV4 : kV6;
  if (address.empty() || place.tags != std::vector<uint64_t>{tag}) return false;
  if (place.kind == Kind::kBytes) {
    return place.string.size() == address.size() &&
           std::ranges::equal(AsBytes(place.string), address);
  }
  return place.kind == Kind::kArray && place.items.size() == 2 &&
         place.items[0].kind == Kind::kUnsigned &&
         place.items[1].kind == Kind::kBytes &&
         place.items[1].string.size() <= address.size() &&
         HasPrefix(address, place.items[1].string, place.items[0].number);
}

bool IsInteger(const Cbor& value, int64_t wanted) {
  return value.tags.empty() && value.Integer() == wanted;
}

// Null where the claim is understood, and kept as far as it can be here.
const char* ReadClaim(int64_t claim, const Cbor& value, Grant& grant) {
  Claims& claims = grant.claims;
  int64_t date = 0;
  switch (claim) {
    case kIss:
      claims.issuer = value.string;
      return IsPlainText(value) ? nullptr : "iss is no plain text";
    case kSub:
      claims.subject = value.string;
      return IsPlainText(value) && value.string.size() <= kMaxSubject
                 ? nullptr
                 : "sub is no plain text of at most 128 bytes";
    case kAud:
      return ReadTexts(value, claims.audiences)
                 ? nullptr
                 : "aud is no text or list of texts";
    case kExp:
      return ReadDate(value, std::floor, claims.expires) ? nullptr
                                                         : "exp is no date";
    case kNbf:
      if (!ReadDate(value, std::ceil, date)) return "nbf is no date";
      claims.not_before = date;
      return nullptr;
    case kIat:
      if (!ReadDate(value, std::floor, date)) return "iat is no date";
      claims.issued_at = date;
      return nullptr;
    case kCti:
      claims.token_id = ToHex(AsBytes(value.string));
      return value.kind == Kind::kBytes ? nullptr : "cti is no byte string";
    case kCatReplay:
      return IsInteger(value, 0)
                 ? nullptr
                 : "catreplay: a token that is good once cannot be told from "
                   "its copy";
    case kCatV:
      return IsInteger(value, 1) ? nullptr : "catv is a version we do not know";
    case kCatM:
      return ReadMethods(value, grant.limits)
                 ? nullptr
                 : "catm is no list of methods with GET";
    case kCatGeoIso3166:
      return ReadCountries(value, claims.countries)
                 ? nullptr
                 : "catgeoiso3166 names no country";
    case kCatNip:
      grant.limits.to_address = true;
      return value.kind == Kind::kArray ? nullptr : "catnip is no list";
    case kCatU:
    case kCatR:  // renewal: our session ends with the token
      return nullptr;
    default:
      return "a claim restricts in a way we cannot enforce";
  }
}

std::expected<Grant, const char*> ReadClaims(const Cbor& payload) {
  Grant grant;
  for (size_t i = 0; i < payload.items.size(); i += 2) {
    const char* refusal = ReadClaim(payload.items[i].Integer().value_or(0),
                                    payload.items[i + 1], grant);
    if (refusal != nullptr) return std::unexpected(refusal);
  }
  if (payload.Find(kExp) == nullptr) return std::unexpected("exp is missing");
  if (payload.Find(kCatU) == nullptr) {
    return std::unexpected("catu is missing: it says which event");
  }
  return grant;
}

bool HoldEvent(const UriRules& rules, const Visit& visit) {
  return !visit.everything.empty() &&
         std::ranges::all_of(visit.everything, [&](std::string_view path) {
           std::string target = "/";
           target.append(visit.event).append("/").append(path);
           return rules.Hold(NormalUri(visit.base, target));
         });
}

// For the whole event, or for one path?
std::expected<bool, Refusal> IsForOnePath(const UriRules& rules,
                                          const Visit& visit) {
  if (visit.base.empty()) {
    return Refuse(Denial::kTicketScope,
                  "an access token was shown with no URI");
  }
  if (HoldEvent(rules, visit)) return false;
  if (visit.target.empty() ||
      !rules.Hold(NormalUri(visit.base, visit.target))) {
    return Refuse(Denial::kTicketScope, "catu does not hold this URI");
  }
  if (!rules.NameOnePath()) {
    return Refuse(Denial::kTicketScope,
                  "catu holds a part of the event: make it hold all of it, or "
                  "name one path");
  }
  return true;
}

}  // namespace

std::expected<Grant, Refusal> ReadAccessToken(ByteView bytes,
                                              const Visit& visit) {
  const auto payload = ReadCbor(bytes, kMaxNesting);
  if (!payload || payload->kind != Kind::kMap || !payload->tags.empty()) {
    return Refuse(Denial::kTicketInvalid, "payload is no strict CBOR map");
  }
  auto grant = ReadClaims(*payload);
  if (!grant) return Refuse(Denial::kTicketInvalid, grant.error());
  if (grant->claims.subject.empty()) {
    grant->claims.subject = "cat:" + ToHex(crypto::Sha256(bytes));
  }
  const auto rules = UriRules::Read(*payload->Find(kCatU));
  if (!rules) return Refuse(Denial::kTicketInvalid, rules.error());
  const auto one_path = IsForOnePath(*rules, visit);
  if (!one_path) return std::unexpected(one_path.error());
  grant->limits.one_path = *one_path;
  const Cbor* places = payload->Find(kCatNip);
  if (places != nullptr &&
      std::ranges::none_of(places->items, [&](const Cbor& place) {
        return HoldsAddress(place, visit.address);
      })) {
    return Refuse(Denial::kTicketScope,
                  "catnip does not hold the viewer's address");
  }
  return *std::move(grant);
}

}  // namespace usher::ticket

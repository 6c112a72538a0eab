#include "core/ticket/verifier.h"

#include <strings.h>

#include <algorithm>

#include "core/base/bytes.h"
#include "core/ticket/claims_reader.h"
#include "core/ticket/compact_jws.h"
#include "core/ticket/jose_header.h"

namespace usher::ticket {
namespace {

std::unexpected<Refusal> Refuse(Denial denial, const char* reason) {
  return std::unexpected(Refusal{denial, reason});
}

std::unexpected<Refusal> Invalid(const char* reason) {
  return Refuse(Denial::kTicketInvalid, reason);
}

// The one key that may have signed `jws`, its signature found good.
std::expected<const KeySet::Key*, const char*> Authenticate(
    const CompactJws& jws, const KeySet& keys) {
  const auto header = ReadJoseHeader(AsText(jws.header));
  if (!header) return std::unexpected(header.error());
  const KeySet::Key* key = keys.Find(header->kid);
  if (key == nullptr) return std::unexpected("unknown kid");
  if (!crypto::NamesAlgorithm(header->algorithm, key->verify.algorithm())) {
    return std::unexpected("alg is not the key's");
  }
  if (!key->verify.Verify(AsBytes(jws.signing_input), jws.signature)) {
    return std::unexpected("bad signature");
  }
  return key;
}

bool Contains(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

bool AllowsCountry(const Claims& claims, std::string_view country) {
  return std::ranges::any_of(claims.countries, [country](const auto& allowed) {
    return allowed.size() == country.size() &&
           strncasecmp(allowed.data(), country.data(), country.size()) == 0;
  });
}

std::expected<void, Refusal> CheckClaims(const Claims& claims,
                                         std::string_view event,
                                         const Expectations& expected,
                                         int64_t now) {
  if (!expected.issuer.empty() && claims.issuer != expected.issuer) {
    return Invalid("iss is not the expected one");
  }
  if (!expected.audience.empty() &&
      !Contains(claims.audiences, expected.audience)) {
    return Invalid("aud is not the expected one");
  }
  if (now - expected.leeway_seconds >= claims.expires) {
    return Refuse(Denial::kTicketExpired, "exp has passed");
  }
  if (claims.not_before && now + expected.leeway_seconds < *claims.not_before) {
    return Refuse(Denial::kTicketEarly, "nbf is still to come");
  }
  if (!Contains(claims.events, event)) {
    return Refuse(Denial::kTicketScope, "event is not among the ticket's");
  }
  if (!claims.countries.empty() && !AllowsCountry(claims, expected.country)) {
    return Refuse(Denial::kCountryRefused,
                  expected.country.empty()
                      ? "cc is set and the viewer's country is not known"
                      : "cc does not name the viewer's country");
  }
  return {};
}

}  // namespace

std::expected<Verified, Refusal> Verify(std::string_view ticket,
                                        const KeySet& keys,
                                        std::string_view event,
                                        const Expectations& expected,
                                        int64_t now_unix_seconds) {
  if (ticket.size() > kMaxTicketSize) return Invalid("longer than 4096 bytes");
  const auto jws = ReadCompactJws(ticket);
  if (!jws) return Invalid("no compact JWS");
  const auto key = Authenticate(*jws, keys);
  if (!key) return Invalid(key.error());
  auto claims = ReadClaims(AsText(jws->payload));
  if (!claims) return Invalid(claims.error());
  if (!(*key)->issuers.empty() && !Contains((*key)->issuers, claims->issuer)) {
    return Invalid("iss is none that its key may sign for");
  }
  const auto checked = CheckClaims(*claims, event, expected, now_unix_seconds);
  if (!checked) return std::unexpected(checked.error());
  Verified verified{*std::move(claims), {}};
  std::ranges::copy_n((*key)->hash.begin(), verified.signing_key_hash.size(),
                      verified.signing_key_hash.begin());
  return verified;
}

}  // namespace usher::ticket

#include "core/ticket/verifier.h"

#include <strings.h>

#include <algorithm>
#include <utility>

#include "core/base/base64url.h"
#include "core/base/bytes.h"
#include "core/ticket/access_token.h"
#include "core/ticket/claims_reader.h"
#include "core/ticket/compact_jws.h"
#include "core/ticket/cose_message.h"
#include "core/ticket/jose_header.h"
#include "core/ticket/signed_uri.h"

namespace usher::ticket {
namespace {

// RFC 9246 sections 2.1.4 and 2.1.5, and the same for access tokens.
constexpr int64_t kNoLeeway = 0;

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

// Who sold it and to whom it is addressed, where the configuration pins that.
std::expected<void, Refusal> CheckParties(const Claims& claims,
                                          const KeySet::Key& key,
                                          const Expectations& expected) {
  if (!expected.issuer.empty() && claims.issuer != expected.issuer) {
    return Invalid("iss is not the expected one");
  }
  if (!key.issuers.empty() && !Contains(key.issuers, claims.issuer)) {
    return Invalid("iss is none that its key may sign for");
  }
  if (!expected.audience.empty() &&
      !Contains(claims.audiences, expected.audience)) {
    return Invalid("aud is not the expected one");
  }
  return {};
}

// RFC 9246 sections 2.1.1 and 2.1.3: said is asked, also where nothing is
// pinned.
std::expected<void, Refusal> CheckNamedParties(const Claims& claims,
                                               const KeySet::Key& key,
                                               const Expectations& expected) {
  if (!claims.issuer.empty() && expected.issuer.empty() &&
      key.issuers.empty()) {
    return Invalid("iss is set and its key is pinned to no issuer");
  }
  if (!claims.audiences.empty() && expected.audience.empty()) {
    return Invalid("aud is set and this edge has no audience");
  }
  return {};
}

std::expected<void, Refusal> CheckTimeAndPlace(const Claims& claims,
                                               std::string_view event,
                                               const Expectations& expected,
                                               int64_t leeway, int64_t now) {
  if (now - leeway >= claims.expires) {
    return Refuse(Denial::kTicketExpired, "exp has passed");
  }
  if (claims.not_before && now + leeway < *claims.not_before) {
    return Refuse(Denial::kTicketEarly, "nbf is still to come");
  }
  if (!claims.events.empty() && !Contains(claims.events, event)) {
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

std::unexpected<Refusal> Named(Refusal refusal, const Claims& claims) {
  refusal.ticket = {claims.issuer, claims.subject};
  return std::unexpected(std::move(refusal));
}

std::expected<Verified, Refusal> CheckTicket(std::string_view payload,
                                             const KeySet::Key& key,
                                             const Visit& visit,
                                             const Expectations& expected,
                                             int64_t now) {
  auto claims = ReadClaims(payload);
  if (!claims) return Invalid(claims.error());
  auto checked = CheckParties(*claims, key, expected);
  if (checked) {
    checked = CheckTimeAndPlace(*claims, visit.event, expected,
                                expected.leeway_seconds, now);
  }
  if (!checked) return Named(checked.error(), *claims);
  return Verified{.claims = *std::move(claims),
                  .signing_key_hash = {},
                  .leeway_seconds = expected.leeway_seconds};
}

std::expected<Verified, Refusal> WithKey(
    std::expected<Verified, Refusal> verified, const KeySet::Key& key) {
  if (verified) {
    std::ranges::copy_n(key.hash.begin(), verified->signing_key_hash.size(),
                        verified->signing_key_hash.begin());
  }
  return verified;
}

// For tokens of others' making: what they say is asked for without leeway.
std::expected<Verified, Refusal> CheckGrant(std::expected<Grant, Refusal> grant,
                                            const KeySet::Key& key,
                                            const Visit& visit,
                                            const Expectations& expected,
                                            int64_t now) {
  if (!grant) return std::unexpected(grant.error());
  auto checked = CheckParties(grant->claims, key, expected);
  if (checked) checked = CheckNamedParties(grant->claims, key, expected);
  if (checked) {
    checked =
        CheckTimeAndPlace(grant->claims, visit.event, expected, kNoLeeway, now);
  }
  if (!checked) return Named(checked.error(), grant->claims);
  return Verified{.claims = std::move(grant->claims),
                  .signing_key_hash = {},
                  .leeway_seconds = kNoLeeway,
                  .limits = grant->limits};
}

std::expected<Verified, Refusal> VerifyJws(std::string_view ticket,
                                           const KeySet& keys,
                                           const Visit& visit,
                                           const Expectations& expected,
                                           int64_t now) {
  const auto jws = ReadCompactJws(ticket);
  if (!jws) return Invalid("no compact JWS");
  const auto key = Authenticate(*jws, keys);
  if (!key) return Invalid(key.error());
  const std::string_view payload = AsText(jws->payload);
  auto verified =
      SignsUris(payload)
          ? CheckGrant(ReadSignedUri(payload, jws->signing_input, visit), **key,
                       visit, expected, now)
          : CheckTicket(payload, **key, visit, expected, now);
  return WithKey(std::move(verified), **key);
}

// Some encoders pad, and some links lose it again.
std::string_view WithoutPadding(std::string_view text) {
  constexpr size_t kMostPadding = 2;
  for (size_t i = 0; i < kMostPadding && text.ends_with('='); ++i) {
    text.remove_suffix(1);
  }
  return text;
}

std::expected<Verified, Refusal> VerifyCwt(std::string_view token,
                                           const KeySet& keys,
                                           const Visit& visit,
                                           const Expectations& expected,
                                           int64_t now) {
  const auto bytes = FromBase64Url(WithoutPadding(token));
  if (!bytes) return Invalid("neither a compact JWS nor base64url");
  const auto message = ReadCoseMessage(*bytes);
  if (!message) return Invalid(message.error());
  const KeySet::Key* key = keys.Find(message->kid);
  if (key == nullptr) return Invalid("unknown kid");
  if (message->algorithm != key->verify.algorithm()) {
    return Invalid("alg is not the key's");
  }
  const bool is_mac = message->algorithm == crypto::SignatureAlgorithm::kHs256;
  if (message->form ==
      (is_mac ? CoseMessage::Form::kSign1 : CoseMessage::Form::kMac0)) {
    return Invalid("the tag is not one for this alg");
  }
  if (!key->verify.Verify(ToBeSigned(*message), AsBytes(message->signature))) {
    return Invalid("bad signature");
  }
  return WithKey(CheckGrant(ReadAccessToken(AsBytes(message->payload), visit),
                            *key, visit, expected, now),
                 *key);
}

}  // namespace

std::expected<Verified, Refusal> Verify(std::string_view ticket,
                                        const KeySet& keys, const Visit& visit,
                                        const Expectations& expected,
                                        int64_t now_unix_seconds) {
  if (ticket.size() > kMaxTicketSize) return Invalid("longer than 4096 bytes");
  const bool is_jws = ticket.find('.') != std::string_view::npos;
  return is_jws ? VerifyJws(ticket, keys, visit, expected, now_unix_seconds)
                : VerifyCwt(ticket, keys, visit, expected, now_unix_seconds);
}

std::expected<Verified, Refusal> Verify(std::string_view ticket,
                                        const KeySet& keys,
                                        std::string_view event,
                                        const Expectations& expected,
                                        int64_t now_unix_seconds) {
  return Verify(ticket, keys, Visit{.event = event}, expected,
                now_unix_seconds);
}

}  // namespace usher::ticket

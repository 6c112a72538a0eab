#include "core/ticket/signer.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/base64url.h"
#include "core/ticket/claims_reader.h"
#include "core/ticket/verifier.h"

namespace usher::ticket {
namespace {

using Json = nlohmann::ordered_json;

// One value stands alone, several make a list.
Json OneOrMany(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return texts.front();
  return texts;
}

Json ToJson(const Claims& claims) {
  Json payload;
  if (!claims.issuer.empty()) payload["iss"] = claims.issuer;
  payload["sub"] = claims.subject;
  if (!claims.audiences.empty()) payload["aud"] = OneOrMany(claims.audiences);
  payload["event"] = OneOrMany(claims.events);
  payload["exp"] = claims.expires;
  if (claims.not_before) payload["nbf"] = *claims.not_before;
  if (claims.issued_at) payload["iat"] = *claims.issued_at;
  if (claims.seats != 1) payload["seats"] = claims.seats;
  if (!claims.token_id.empty()) payload["jti"] = claims.token_id;
  if (!claims.countries.empty()) payload["cc"] = claims.countries;
  return payload;
}

Result<std::string> Dump(const Json& json) {
  try {
    return json.dump();
  } catch (const Json::exception&) {
    return BadInput("ticket", "a claim or the kid is not UTF-8");
  }
}

}  // namespace

Result<std::string> Sign(const Claims& claims, std::string_view kid,
                         const crypto::SigningKey& key) {
  const auto payload = Dump(ToJson(claims));
  if (!payload) return std::unexpected(payload.error());
  // What no edge would accept is not signed.
  if (const auto readable = ReadClaims(*payload); !readable) {
    return BadInput("ticket", readable.error());
  }
  const auto header = Dump({{"alg", crypto::JoseName(key.algorithm())},
                            {"kid", kid},
                            {"typ", "JWT"}});
  if (!header) return std::unexpected(header.error());
  std::string ticket =
      ToBase64Url(AsBytes(*header)) + '.' + ToBase64Url(AsBytes(*payload));
  ticket += '.' + ToBase64Url(key.Sign(AsBytes(ticket)));
  if (ticket.size() > kMaxTicketSize) {
    return BadInput("ticket", "is longer than 4096 bytes",
                    "shorten its list of events");
  }
  return ticket;
}

}  // namespace usher::ticket

// Common Access Tokens (CTA-5007-B), behind the same verifier as tickets: a CWT
// (RFC 8392) whose claims say for which URIs, methods, countries and addresses
// it is good. As with signed URIs (signed_uri.h) a session opens the whole
// event, where `catu` holds all of it, or the one path that it names.
#pragma once

#include <expected>

#include "core/base/bytes.h"
#include "core/ticket/grant.h"
#include "core/ticket/refusal.h"
#include "core/ticket/visit.h"

namespace usher::ticket {

// `payload` is what the token signs. Every claim must be known: what is not
// might restrict. Not yet checked: issuer, audience, time and country.
std::expected<Grant, Refusal> ReadAccessToken(ByteView payload,
                                              const Visit& visit);

}  // namespace usher::ticket

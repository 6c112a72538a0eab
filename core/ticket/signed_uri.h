// Tokens that sign URIs: RFC 9246, behind the same verifier as tickets.
//
// A session is opened for what the token's container holds and no more: the
// whole event, where it holds one of everything an event has; the very URI it
// was shown with, where it is a "hash:". A container between the two is
// refused, because a session could not keep to it.
#pragma once

#include <expected>
#include <string_view>

#include "core/ticket/grant.h"
#include "core/ticket/refusal.h"
#include "core/ticket/visit.h"

namespace usher::ticket {

// `payload` is what `signing_input` holds, its signature found good. Not yet
// checked: issuer, audience, time and country, for which there is no leeway
// (sections 2.1.4 and 2.1.5).
std::expected<Grant, Refusal> ReadSignedUri(std::string_view payload,
                                            std::string_view signing_input,
                                            const Visit& visit);

}  // namespace usher::ticket

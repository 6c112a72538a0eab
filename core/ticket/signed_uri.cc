#include "core/ticket/signed_uri.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/base64url.h"
#include "core/crypto/digest.h"
#include "core/ticket/claims_reader.h"
#include "core/ticket/request_uri.h"
#include "core/ticket/uri_container.h"

namespace usher::ticket {
namespace {

std::unexpected<Refusal> Refuse(Denial denial, const char* reason) {
  return std::unexpected(Refusal{denial, reason});
}

bool HoldsEvent(const UriContainer& container, const Visit& visit) {
  return !visit.everything.empty() &&
         std::ranges::all_of(visit.everything, [&](std::string_view path) {
           std::string target = "/";
           target.append(visit.event).append("/").append(path);
           return container.Holds(NormalUri(visit.base, target));
         });
}

// Section 2.1.14: a path with fewer segments gets no renewed token.
bool IsDeepEnough(std::string_view target, uint64_t depth) {
  const std::string_view path = target.substr(0, target.find('?'));
  return static_cast<uint64_t>(std::ranges::count(path, '/')) >= depth;
}

// Who sells tickets by URI alone names nobody: then all who were given the same
// token hold the same ticket. Its signature is left out, of which there may be
// several for one token.
std::string SubjectOf(std::string_view signing_input) {
  return "uri:" + ToBase64Url(crypto::Sha256(AsBytes(signing_input)));
}

}  // namespace

std::expected<Grant, Refusal> ReadSignedUri(std::string_view payload,
                                            std::string_view signing_input,
                                            const Visit& visit) {
  auto read = ReadSignedUriClaims(payload);
  if (!read) return Refuse(Denial::kTicketInvalid, read.error());
  const auto container = UriContainer::Parse(read->container);
  if (!container) return Refuse(Denial::kTicketInvalid, container.error());
  if (visit.base.empty()) {
    return Refuse(Denial::kTicketScope, "a signed URI was shown with no URI");
  }
  Grant grant{std::move(read->claims), {}};
  if (grant.claims.subject.empty()) {
    grant.claims.subject = SubjectOf(signing_input);
  }
  if (HoldsEvent(*container, visit)) {
    // Its session stands for the tokens that would follow (section 3).
    if (read->renews && IsDeepEnough(visit.target, read->depth)) {
      grant.limits.renews = true;
    }
    return grant;
  }
  if (visit.target.empty() ||
      !container->Holds(NormalUri(visit.base, visit.target))) {
    return Refuse(Denial::kTicketScope, "cdniuc does not hold this URI");
  }
  if (!container->IsHash()) {
    return Refuse(Denial::kTicketScope,
                  "cdniuc holds a part of the event: make it hold all of it, "
                  "or sign one URI by its hash");
  }
  grant.limits.one_path = true;
  return grant;
}

}  // namespace usher::ticket

#include "core/session/credential.h"

#include <algorithm>
#include <limits>

#include "core/base/base64url.h"
#include "core/session/record.h"

namespace usher::session {
namespace {

template <size_t Size>
std::array<uint8_t, Size> Shortened(const crypto::Sha256Digest& digest) {
  std::array<uint8_t, Size> shortened;
  std::copy_n(digest.begin(), Size, shortened.begin());
  return shortened;
}

uint32_t EndOf(const ticket::Claims& claims, uint32_t now,
               uint32_t lifetime_seconds, uint32_t ticket_leeway) {
  const uint64_t by_lifetime = uint64_t{now} + lifetime_seconds;
  const uint64_t by_ticket =
      static_cast<uint64_t>(std::max<int64_t>(claims.expires, 0)) +
      ticket_leeway;
  return static_cast<uint32_t>(std::min<uint64_t>(
      {by_lifetime, by_ticket, std::numeric_limits<uint32_t>::max()}));
}

}  // namespace

ShortHash TicketHash(std::string_view issuer, std::string_view subject) {
  constexpr uint8_t kSeparator[] = {0};
  return Shortened<8>(
      crypto::Sha256({AsBytes(issuer), kSeparator, AsBytes(subject)}));
}

ShortHash EventHash(std::string_view event) {
  // A box serves few events, and asks this for every request.
  struct Asked {
    std::string event;
    ShortHash hash;
  };
  thread_local std::optional<Asked> last;
  if (!last || last->event != event) {
    last = {std::string(event), Shortened<8>(crypto::Sha256(AsBytes(event)))};
  }
  return last->hash;
}

Session NewSession(const ticket::Claims& claims, std::string_view event,
                   const std::array<uint8_t, 4>& signing_key, uint32_t now,
                   uint32_t lifetime_seconds, RandomSource& random,
                   uint32_t ticket_leeway) {
  Session session;
  session.seats = static_cast<uint8_t>(std::clamp(claims.seats, 1U, 255U));
  session.issued = now;
  session.expires = EndOf(claims, now, lifetime_seconds, ticket_leeway);
  random.Fill(session.sid);
  session.ticket = TicketHash(claims.issuer, claims.subject);
  session.event = EventHash(event);
  session.signing_key = signing_key;
  return session;
}

std::optional<std::string> Secrets::Sign(const Session& session, uint32_t now) {
  Secret* const secret = Newest(now);
  if (secret == nullptr) return std::nullopt;
  Record record;
  WriteFields(session, secret->id, record);
  const crypto::Sha256Digest mac = secret->mac.Sign(SignedPartOf(record));
  std::copy_n(mac.begin(), kMacSize, MacOf(record).begin());
  return ToBase64Url(record);
}

std::expected<Session, Denial> Secrets::Check(std::string_view credential,
                                              const ShortHash& event_hash,
                                              uint32_t now) {
  const auto refused = std::unexpected(Denial::kSessionInvalid);
  Record record;
  if (!DecodeBase64Url(credential, record)) return refused;
  Secret* const secret = Find(SecretIdOf(record));
  if (secret == nullptr) return refused;
  const crypto::Sha256Digest mac = secret->mac.Sign(SignedPartOf(record));
  if (!EqualInConstantTime(ByteView(mac).first(kMacSize), MacOf(record))) {
    return refused;
  }
  const auto session = ReadFields(record);
  if (!session || session->event != event_hash) return refused;
  if (now >= session->expires) {
    return std::unexpected(Denial::kSessionExpired);
  }
  return *session;
}

Secrets::Secret* Secrets::Newest(uint32_t now) {
  const auto later =
      std::ranges::upper_bound(secrets_, uint64_t{now}, {}, &Secret::from);
  return later == secrets_.begin() ? nullptr : &*std::prev(later);
}

Secrets::Secret* Secrets::Find(uint8_t id) {
  const auto secret = std::ranges::find(secrets_, id, &Secret::id);
  return secret == secrets_.end() ? nullptr : &*secret;
}

}  // namespace usher::session

#include "core/session/credential.h"

#include <algorithm>

#include "core/base/base64url.h"
#include "core/base/secret_bytes.h"
#include "core/session/record.h"

namespace usher::session {

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
  const Session* const session = SessionOf(credential);
  if (session == nullptr || session->event != event_hash) {
    return std::unexpected(Denial::kSessionInvalid);
  }
  if (now >= session->expires) {
    return std::unexpected(Denial::kSessionExpired);
  }
  return *session;
}

// Null where nobody here has signed it.
const Session* Secrets::SessionOf(std::string_view credential) {
  if (const Session* const known = checked_.Find(credential)) return known;
  Record record;
  if (!DecodeBase64Url(credential, record)) return nullptr;
  Secret* const secret = Find(SecretIdOf(record));
  if (secret == nullptr) return nullptr;
  const crypto::Sha256Digest mac = secret->mac.Sign(SignedPartOf(record));
  if (!EqualInConstantTime(ByteView(mac).first(kMacSize), MacOf(record))) {
    return nullptr;
  }
  const auto session = ReadFields(record);
  return session ? &checked_.Note(credential, *session) : nullptr;
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

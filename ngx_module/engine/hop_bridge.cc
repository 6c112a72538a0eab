#include "ngx_module/hop_bridge.h"

#include <algorithm>
#include <string>

#include "core/crypto/system_random.h"
#include "core/hop/cdn_loop.h"
#include "core/hop/hop.h"
#include "core/layout/layout.h"
#include "ngx_module/engine/nonce_memory.h"
#include "ngx_module/engine/opened_file.h"
#include "ngx_module/engine/seam.h"

namespace usher::engine {
namespace {

hop::Secrets& SecretsOf(usher_file_t* file) {
  return static_cast<HopSecretsFile&>(*file->file).secrets();
}
session::Secrets& SessionsOf(usher_file_t* file) {
  return static_cast<SessionSecretsFile&>(*file->file).secrets();
}

NonceMemory NoncesAt(void* memory, size_t size) {
  return NonceMemory({static_cast<std::byte*>(memory), size});
}

// The event whose key the path asks for.
std::optional<std::string_view> EventOfKey(std::string_view path) {
  const auto resource = layout::Classify(path);
  if (!resource) return std::nullopt;
  const bool is_key = resource->kind == layout::Kind::kKey ||
                      resource->kind == layout::Kind::kLicence;
  return is_key ? std::optional(resource->event) : std::nullopt;
}

hop::Message MessageOf(const usher_hop_message_t& from) {
  return {.method = Text(from.method),
          .host = Text(from.host),
          .path = Text(from.path),
          .args = Text(from.args)};
}

hop::Message MessageToSign(const usher_hop_message_t& from) {
  hop::Message message = MessageOf(from);
  if (!EventOfKey(message.path)) return message;
  message.credential = Text(from.credential);
  if (message.method == "POST") {
    message.body = crypto::Sha256(AsBytes(Text(from.body)));
  }
  return message;
}

void Refuse(hop::Refusal refusal, usher_hop_t* hop) {
  hop->verdict = USHER_HOP_REFUSED;
  hop->refusal = static_cast<int>(refusal);
}

void Write(const hop::Hop& from, usher_hop_t* to) {
  to->credential = {from.credential.data(), from.credential.size()};
  to->has_body = from.body ? 1 : 0;
  if (from.body) std::ranges::copy(*from.body, to->body);
}

// A box vouches for itself; the viewer's session vouches for the viewer.
void CheckSession(usher_file_t* sessions, std::string_view event,
                  std::string_view credential, uint32_t now, usher_hop_t* hop) {
  const auto session =
      SessionsOf(sessions).Check(credential, session::EventHash(event), now);
  if (session) return;
  hop->verdict = USHER_HOP_DENIED;
  hop->denial = static_cast<int>(session.error());
}

}  // namespace
}  // namespace usher::engine

using namespace usher::engine;  // NOLINT: the C functions below are its door
using usher::hop::Refusal;

int usher_hop_sign(usher_file_t* secrets, const usher_hop_message_t* message,
                   int64_t now, usher_buffer_t* header) noexcept {
  static usher::crypto::SystemRandom random;
  return Guarded(-1, [&] {
    const auto signed_header = SecretsOf(secrets).Sign(
        MessageToSign(*message), static_cast<uint32_t>(now), random);
    return signed_header ? Write(*signed_header, header) : -1;
  });
}

void usher_hop_check(usher_file_t* secrets, usher_file_t* sessions,
                     const usher_hop_message_t* message, usher_view_t header,
                     void* nonces, size_t size, int64_t now,
                     usher_hop_t* hop) noexcept {
  *hop = {};
  Refuse(Refusal::kInvalid, hop);
  Guarded(0, [&] {
    const auto time = static_cast<uint32_t>(now);
    const auto checked =
        SecretsOf(secrets).Check(Text(header), MessageOf(*message), time);
    if (!checked) {
      Refuse(checked.error(), hop);
      return 0;
    }
    if (!NoncesAt(nonces, size).Remember(checked->stamp, time)) {
      Refuse(Refusal::kReplayed, hop);
      return 0;
    }
    hop->verdict = USHER_HOP_GOOD;
    Write(*checked, hop);
    const auto event = EventOfKey(Text(message->path));
    if (event && sessions != nullptr) {
      CheckSession(sessions, *event, checked->credential, time, hop);
    }
    return 0;
  });
}

int usher_hop_body_matches(const uint8_t* digest, usher_view_t body) noexcept {
  return Guarded(0, [&] {
    const auto actual = usher::crypto::Sha256(usher::AsBytes(Text(body)));
    return std::ranges::equal(actual, usher::ByteView(digest, actual.size()))
               ? 1
               : 0;
  });
}

size_t usher_hop_nonces_minimum(void) noexcept {
  return NonceMemory::kMinimumSize;
}

void usher_hop_nonces_format(void* nonces, size_t size) noexcept {
  NoncesAt(nonces, size).Format();
}

int usher_hop_nonces_usable(void* nonces, size_t size) noexcept {
  return NoncesAt(nonces, size).IsUsable() ? 1 : 0;
}

const int usher_hop_loop = static_cast<int>(Refusal::kLoop);
const int usher_hop_invalid = static_cast<int>(Refusal::kInvalid);

// The texts are string literals, so they end with a zero.
const char* usher_hop_code(int refusal) noexcept {
  return CodeOf(static_cast<Refusal>(refusal)).data();
}

int usher_hop_status(int refusal) noexcept {
  return HttpStatusOf(static_cast<Refusal>(refusal));
}

const char* usher_hop_sentence(int refusal) noexcept {
  return SentenceOf(static_cast<Refusal>(refusal)).data();
}

int usher_cdn_id(usher_view_t description, usher_buffer_t* id) noexcept {
  return Guarded(
      -1, [&] { return Write(usher::hop::CdnId(Text(description)), id); });
}

int usher_cdn_passed(usher_view_t header, usher_view_t id) noexcept {
  return usher::hop::PassedThrough(Text(header), Text(id)) ? 1 : 0;
}

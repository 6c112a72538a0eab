#include <limits>
#include <utility>

#include "core/crypto/secret_lines.h"
#include "core/session/credential.h"

namespace usher::session {
namespace {

constexpr size_t kMacKeySize = 32;
constexpr std::string_view kMacLabel = "usher session v1";

}  // namespace

Result<Secrets> Secrets::Parse(std::string_view text, std::string_view name) {
  const auto lines =
      crypto::ReadSecretLines(text, name, std::numeric_limits<uint8_t>::max());
  if (!lines) return std::unexpected(lines.error());
  Secrets secrets;
  for (const crypto::SecretLine& line : *lines) {
    const SecretBytes key =
        crypto::HkdfSha256(line.secret.view(), {}, kMacLabel, kMacKeySize);
    secrets.secrets_.push_back({static_cast<uint8_t>(line.id), line.from,
                                crypto::HmacSha256(key.view())});
  }
  return secrets;
}

}  // namespace usher::session

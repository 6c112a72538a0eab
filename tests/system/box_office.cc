#include "tests/system/box_office.h"

#include <atomic>
#include <ctime>
#include <stdexcept>

#include "core/base/base64url.h"
#include "core/base/hex.h"
#include "core/crypto/system_random.h"
#include "core/ticket/signer.h"
#include "tests/support/temp_dir.h"

namespace usher::testing {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kKid = "box-office";

template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().OneLine());
  return *std::move(result);
}

crypto::SystemRandom& Random() {
  static crypto::SystemRandom random;
  return random;
}

void WriteSecret(const fs::path& file, std::string_view contents) {
  WriteFile(file, contents);
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write |
                            fs::perms::group_read);
}

}  // namespace

int64_t UnixNow() { return std::time(nullptr); }

BoxOffice& BoxOffice::The() {
  static BoxOffice office;
  return office;
}

BoxOffice::BoxOffice()
    : key_(Must(
          crypto::SigningKey::Generate(crypto::SignatureAlgorithm::kEs256))) {
  jwks_ = "{\"keys\":[" + Must(key_.PublicJwk(kKid)) + "]}";
  Bytes secret(32);
  Random().Fill(secret);
  secrets_ = "1:" + ToHex(secret) + "\n";
}

std::string BoxOffice::Ticket(std::string_view event) const {
  return Ticket(Claims(event));
}

std::string BoxOffice::Ticket(const ticket::Claims& claims) const {
  return Must(ticket::Sign(claims, kKid, key_));
}

std::string BoxOffice::Sign(std::string_view payload) const {
  const std::string header =
      R"({"alg":"ES256","kid":")" + std::string(kKid) + R"("})";
  const std::string input =
      ToBase64Url(AsBytes(header)) + '.' + ToBase64Url(AsBytes(payload));
  return input + '.' + ToBase64Url(key_.Sign(AsBytes(input)));
}

ticket::Claims BoxOffice::Claims(std::string_view event) const {
  ticket::Claims claims;
  static std::atomic<int> sold = 0;
  claims.subject = "order-" + std::to_string(++sold);
  claims.events = {std::string(event)};
  claims.expires = UnixNow() + 3600;
  return claims;
}

void BoxOffice::WriteFiles(const fs::path& directory) const {
  WriteFile(directory / "jwks.json", jwks_);
  WriteSecret(directory / "session-secrets", secrets_);
  Must(keys::MasterKey::ReadOrCreate(directory / "master.key", Random()));
  fs::create_directories(directory / "keys");
}

keys::ContentKey BoxOffice::AddKey(const fs::path& directory,
                                   std::string_view event,
                                   uint64_t from) const {
  keys::KeyStore store(directory / "keys",
                       Must(keys::MasterKey::Read(directory / "master.key")));
  keys::ContentKey key = keys::NewContentKey(Random());
  key.from = from;
  const Status added = store.Add(event, key, Random());
  if (!added) throw std::runtime_error(added.error().OneLine());
  return key;
}

}  // namespace usher::testing

#include "ngx_module/engine/watched_file.h"

#include <algorithm>
#include <utility>

namespace usher::engine {
namespace {

constexpr size_t kShortestSecret = 32;

bool HoldsSharedSecret(const ticket::KeySet& keys) {
  return std::ranges::any_of(keys.keys(), [](const ticket::KeySet::Key& key) {
    return key.verify.algorithm() == crypto::SignatureAlgorithm::kHs256;
  });
}

}  // namespace

Status WatchedFile::Load() {
  // Before reading: a write in between is then seen as a change.
  seen_ = CurrentStamp();
  return Adopt();
}

Result<bool> WatchedFile::Poll() {
  if (CurrentStamp() == seen_) return false;
  if (Status adopted = Load(); !adopted) {
    return std::unexpected(std::move(adopted).error());
  }
  return true;
}

Result<SecretBytes> WatchedFile::Read(keys::Readers readers,
                                      size_t largest) const {
  auto contents = keys::ReadPrivateFile(path_, largest, readers);
  if (contents && contents->empty()) {
    return BadInput(path_.string(), "is empty", "restore its contents");
  }
  return contents;
}

std::optional<WatchedFile::Stamp> WatchedFile::CurrentStamp() const {
  struct stat status;
  if (stat(path_.c_str(), &status) != 0) return {};
  constexpr int64_t kNanoseconds = 1'000'000'000;
  return Stamp{.inode = status.st_ino,
               .size = status.st_size,
               .modified = status.st_mtim.tv_sec * kNanoseconds +
                           status.st_mtim.tv_nsec};
}

Status TicketKeysFile::Adopt() {
  const auto text = Read(keys::Readers::kAnyone);
  if (!text) return std::unexpected(text.error());
  auto keys = ticket::KeySet::Parse(AsText(text->view()), path().string());
  if (!keys) return std::unexpected(std::move(keys).error());
  if (HoldsSharedSecret(*keys)) {
    // Public keys may be public; a shared one signs tickets as well.
    const auto secret = Read(keys::Readers::kGroupOnly);
    if (!secret) return std::unexpected(secret.error());
  }
  keys_ = *std::move(keys);
  return {};
}

Status SessionSecretsFile::Adopt() {
  const auto text = Read(keys::Readers::kGroupOnly);
  if (!text) return std::unexpected(text.error());
  auto secrets = session::Secrets::Parse(AsText(text->view()), path().string());
  if (!secrets) return std::unexpected(std::move(secrets).error());
  secrets_ = *std::move(secrets);
  return {};
}

Status HopSecretsFile::Adopt() {
  const auto text = Read(keys::Readers::kGroupOnly);
  if (!text) return std::unexpected(text.error());
  auto secrets = hop::Secrets::Parse(AsText(text->view()), path().string());
  if (!secrets) return std::unexpected(std::move(secrets).error());
  secrets_ = *std::move(secrets);
  return {};
}

Status MasterKeyFile::Adopt() {
  auto key = keys::MasterKey::Read(path());
  if (!key) return std::unexpected(std::move(key).error());
  key_ = *std::move(key);
  return {};
}

Status RevocationsFile::Adopt() {
  const auto text = Read(keys::Readers::kAnyone, ticket::kMaxListSize);
  if (!text) return std::unexpected(text.error());
  auto list = ticket::VerifyList(AsText(text->view()), keys_.keys());
  if (!list) {
    return BadInput(path().string(), list.error(),
                    "make it with `usher revoke --list`");
  }
  list_ = *std::move(list);
  return {};
}

std::string_view ControlSecretFile::secret() const {
  const std::string_view text = AsText(secret_.view());
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

Status ControlSecretFile::Adopt() {
  auto text = Read(keys::Readers::kGroupOnly);
  if (!text) return std::unexpected(std::move(text).error());
  std::swap(secret_, *text);
  const std::string_view now = secret();
  if (now.size() >= kShortestSecret &&
      std::ranges::all_of(now, [](char c) { return c > ' ' && c < '\x7f'; })) {
    return {};
  }
  std::swap(secret_, *text);
  return BadInput(path().string(),
                  "is not one line of 32 characters or more without spaces",
                  "make one with `openssl rand -hex 32`");
}

}  // namespace usher::engine

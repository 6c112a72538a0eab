#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "core/base/hex.h"
#include "core/keys/key_store.h"
#include "core/keys/private_file.h"

namespace usher::keys {
namespace fs = std::filesystem;
namespace {

constexpr size_t kKeySize = 32;
constexpr size_t kLargestFile = 4096;  // an editor may leave white space
constexpr size_t kMostKeys = 8;        // each costs an attempt to open

std::string_view WithoutTrailingSpace(std::string_view text) {
  const size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

SecretBytes NewKey(RandomSource& random) {
  SecretBytes key(kKeySize);
  random.Fill(key.writable());
  return key;
}

// Lines of hex digits; empty ones are skipped. Nothing where one is no key.
std::vector<SecretBytes> ReadKeys(std::string_view text) {
  std::vector<SecretBytes> keys;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = WithoutTrailingSpace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    auto key = FromHex(line);
    if (!key || key->size() != kKeySize) {
      if (key) Wipe(*key);
      return {};
    }
    keys.emplace_back(*std::move(key));
  }
  return keys;
}

bool IsMissing(const fs::path& file) {
  struct stat status;
  return stat(file.c_str(), &status) != 0 && errno == ENOENT;
}

}  // namespace

Result<MasterKey> MasterKey::Read(const fs::path& file) {
  if (IsMissing(file)) {
    return BadInput(file.string(), "there is no master key file",
                    "copy it from the machine that packages, or from a backup");
  }
  auto text = ReadPrivateFile(file, kLargestFile, Readers::kGroupOnly);
  if (!text) return std::unexpected(std::move(text).error());
  std::vector<SecretBytes> keys = ReadKeys(AsText(text->view()));
  if (keys.empty() || keys.size() > kMostKeys) {
    return BadInput(file.string(), "is no master key: 64 hex digits expected",
                    "check the path, or restore the file from a backup");
  }
  return MasterKey(std::move(keys));
}

Result<MasterKey> MasterKey::ReadOrCreate(const fs::path& file,
                                          RandomSource& random) {
  if (IsMissing(file)) {
    std::vector<SecretBytes> keys;
    keys.push_back(NewKey(random));
    // Where another process was quicker, its key is the one we read.
    const auto created =
        CreatePrivateFile(file, MasterKey(std::move(keys)).ToText().view());
    if (!created) return std::unexpected(created.error());
  }
  return Read(file);
}

MasterKey MasterKey::Clone() const {
  std::vector<SecretBytes> keys;
  keys.reserve(keys_.size());
  for (const SecretBytes& key : keys_) keys.push_back(key.Clone());
  return MasterKey(std::move(keys));
}

MasterKey MasterKey::Newest() const {
  std::vector<SecretBytes> keys;
  keys.push_back(keys_.front().Clone());
  return MasterKey(std::move(keys));
}

MasterKey MasterKey::WithNew(RandomSource& random) const {
  MasterKey both = Clone();
  both.keys_.insert(both.keys_.begin(), NewKey(random));
  return both;
}

// As hex with newlines, so that it survives a clipboard.
SecretBytes MasterKey::ToText() const {
  std::string text;
  text.reserve(keys_.size() * (2 * kKeySize + 1));
  for (const SecretBytes& key : keys_) {
    std::string hex = ToHex(key.view());
    text.append(hex) += '\n';
    Wipe({reinterpret_cast<uint8_t*>(hex.data()), hex.size()});
  }
  SecretBytes secret(AsBytes(text));
  Wipe({reinterpret_cast<uint8_t*>(text.data()), text.size()});
  return secret;
}

}  // namespace usher::keys

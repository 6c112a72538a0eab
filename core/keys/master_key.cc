#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "core/base/hex.h"
#include "core/keys/key_store.h"
#include "core/keys/private_file.h"

namespace usher::keys {
namespace fs = std::filesystem;
namespace {

constexpr size_t kKeySize = 32;
constexpr size_t kLargestFile = 4096;  // an editor may leave white space

std::string_view WithoutTrailingSpace(std::string_view text) {
  const size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// As hex with a newline, so that it survives a clipboard.
SecretBytes NewMasterKeyText(RandomSource& random) {
  SecretBytes key(kKeySize);
  random.Fill(key.writable());
  std::string hex = ToHex(key.view());
  hex += '\n';
  SecretBytes text(AsBytes(hex));
  Wipe({reinterpret_cast<uint8_t*>(hex.data()), hex.size()});
  return text;
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
  auto key = FromHex(WithoutTrailingSpace(AsText(text->view())));
  if (!key || key->size() != kKeySize) {
    if (key) Wipe(*key);
    return BadInput(file.string(), "is no master key: 64 hex digits expected",
                    "check the path, or restore the file from a backup");
  }
  return MasterKey(SecretBytes(*std::move(key)));
}

Result<MasterKey> MasterKey::ReadOrCreate(const fs::path& file,
                                          RandomSource& random) {
  if (IsMissing(file)) {
    const SecretBytes text = NewMasterKeyText(random);
    // Where another process was quicker, its key is the one we read.
    const auto created = CreatePrivateFile(file, text.view());
    if (!created) return std::unexpected(created.error());
  }
  return Read(file);
}

}  // namespace usher::keys

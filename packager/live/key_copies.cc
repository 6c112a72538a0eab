#include "packager/live/key_copies.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "packager/storage/system_error.h"

namespace usher::live {
namespace {

namespace fs = std::filesystem;

Status Copy(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  const fs::path temporary = to.parent_path() / ("." + to.filename().string());
  fs::copy_file(from, temporary, fs::copy_options::overwrite_existing, error);
  // It is sealed, and its origin's workers are another user.
  if (!error) {
    fs::permissions(
        temporary,
        fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read,
        error);
  }
  if (!error) fs::rename(temporary, to, error);
  if (!error) return {};
  return std::unexpected(SystemError(error.value(), "copy the key to", to));
}

}  // namespace

Status CopyKeys(const config::LiveOptions& options,
                const std::vector<keys::KeyId>& kids) {
  if (options.key_output.empty()) return {};
  for (const keys::KeyId& kid : kids) {
    const fs::path file =
        fs::path(options.package.event) / (kid.ToHex() + ".key");
    auto copied =
        Copy(options.package.key_store / file, options.key_output / file);
    if (!copied) return copied;
  }
  return {};
}

}  // namespace usher::live

#include "packager/storage/origin_credential.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "core/base/file_descriptor.h"
#include "packager/storage/system_error.h"

namespace usher {
namespace {

constexpr size_t kLargest = 64 * 1024;

Result<SecretBytes> ReadSecret(const std::filesystem::path& file) {
  const FileDescriptor open(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info = {};
  if (!open.valid() || ::fstat(open.get(), &info) != 0) {
    return std::unexpected(SystemError(errno, "read", file));
  }
  if ((info.st_mode & S_IRWXO) != 0) {
    return BadInput(file.string(), "can be read by everybody",
                    "chmod 0600 " + file.string());
  }
  SecretBytes bytes(kLargest);
  size_t size = 0;
  while (size < kLargest) {
    const ssize_t got =
        ::read(open.get(), bytes.writable().data() + size, kLargest - size);
    if (got < 0 && errno != EINTR) {
      return std::unexpected(SystemError(errno, "read", file));
    }
    if (got == 0) return SecretBytes(bytes.view().first(size));
    if (got > 0) size += static_cast<size_t>(got);
  }
  return BadInput(file.string(), "is larger than 64 KiB");
}

std::string_view TakeWord(std::string_view& line) {
  constexpr std::string_view kBlank = " \t\r";
  const size_t begin = std::min(line.find_first_not_of(kBlank), line.size());
  const size_t end = std::min(line.find_first_of(kBlank, begin), line.size());
  const std::string_view word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

std::optional<OriginCredential::Kind> KindOf(std::string_view word) {
  if (word == "basic") return OriginCredential::Kind::kBasic;
  if (word == "bearer") return OriginCredential::Kind::kBearer;
  if (word == "s3") return OriginCredential::Kind::kS3;
  return std::nullopt;
}

bool IsSecret(OriginCredential::Kind kind, std::string_view secret) {
  if (secret.empty()) return false;
  if (kind == OriginCredential::Kind::kBearer) return true;
  const size_t colon = secret.find(':');
  return colon != 0 && colon != secret.npos;
}

}  // namespace

Result<std::optional<OriginCredential>> ReadCredential(
    const std::filesystem::path& file, const std::string& origin) {
  const auto bytes = ReadSecret(file);
  if (!bytes) return std::unexpected(bytes.error());
  std::string_view text = AsText(bytes->view());
  std::optional<OriginCredential> found;
  bool by_name = false;
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view name = TakeWord(line);
    if (name.empty() || name.starts_with('#')) continue;
    const auto kind = KindOf(TakeWord(line));
    const std::string_view secret = TakeWord(line);
    if (!kind || !IsSecret(*kind, secret) || !TakeWord(line).empty()) {
      return BadInput(file.string() + ":" + std::to_string(number),
                      "is no credential",
                      "write HOST:PORT basic USER:PASSWORD, HOST:PORT bearer "
                      "TOKEN or HOST:PORT s3 ACCESS:SECRET");
    }
    if (by_name || (name != origin && name != "*")) continue;
    if (found && name == "*") continue;
    by_name = name == origin;
    found = OriginCredential{*kind, SecretBytes(AsBytes(secret))};
  }
  return found;
}

}  // namespace usher

#include "packager/storage/system_error.h"

#include <cerrno>
#include <system_error>

namespace usher {
namespace {

std::string RemedyFor(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "free some space or choose another place with --output";
    case EFBIG:
      return "raise the limit on file sizes (ulimit -f)";
    case EACCES:
    case EPERM:
    case EROFS:
      return "choose a place you may write to with --output";
    case ENOTDIR:
      return "choose another place with --output";
    default:
      return {};
  }
}

}  // namespace

Error SystemError(int error_number, const std::string& doing,
                  const std::filesystem::path& path) {
  return {
      ErrorKind::kFailed, path.string(),
      "cannot " + doing + ": " + std::generic_category().message(error_number),
      RemedyFor(error_number)};
}

}  // namespace usher

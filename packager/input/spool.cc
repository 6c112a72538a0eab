#include "packager/input/spool.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "core/base/nameless_file.h"

namespace usher {
namespace {

constexpr char kElsewhere[] = "name a larger directory in TMPDIR";

std::string SystemText(int error) {
  return std::generic_category().message(error);
}

std::string InGigabytes(uint64_t bytes) {
  return std::to_string((bytes + (1 << 30) - 1) >> 30) + " GB";
}

}  // namespace

Result<Spool> Spool::Make(const SpoolPlace& place, std::string where) {
  FileDescriptor file = OpenNamelessFile(place.directory);
  if (!file.valid()) {
    return Failed(place.directory.string(),
                  "cannot hold " + where + ": " + SystemText(errno),
                  "name another directory in TMPDIR");
  }
  return Spool(place, std::move(where), std::move(file));
}

Status Spool::Reserve(uint64_t size) {
  if (auto fits = CheckLimit(size); !fits) return fits;
  struct statvfs system{};
  if (::fstatvfs(file_.get(), &system) == 0 &&
      uint64_t{system.f_bavail} * system.f_frsize < size) {
    return Failed(place_.directory.string(),
                  "has no room for the " + InGigabytes(size) + " of " + where_,
                  kElsewhere);
  }
  if (::ftruncate(file_.get(), static_cast<off_t>(size)) == 0) return {};
  return Failed(place_.directory.string(),
                "cannot hold " + where_ + ": " + SystemText(errno), kElsewhere);
}

Status Spool::Write(uint64_t offset, ByteView bytes) {
  if (auto fits = CheckLimit(offset + bytes.size()); !fits) return fits;
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_.get(), bytes.data(), bytes.size(),
                                     static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      return Failed(place_.directory.string(),
                    "cannot hold " + where_ + ": " + SystemText(errno),
                    kElsewhere);
    }
    offset += static_cast<uint64_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Status Spool::CheckLimit(uint64_t size) const {
  if (size <= place_.limit) return {};
  return BadInput(where_,
                  "is larger than the limit of " + InGigabytes(place_.limit) +
                      " for what is kept in " + place_.directory.string(),
                  "raise --spool-limit, or download it first");
}

}  // namespace usher

#include "packager/input/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/base/file_descriptor.h"
#include "packager/config/input_address.h"
#include "packager/input/byte_source.h"
#include "packager/input/remote_file.h"

namespace usher {
namespace {

namespace fs = std::filesystem;

std::string SystemText(int error) {
  return std::generic_category().message(error);
}

Status ReadFrom(int file, uint64_t offset, std::span<uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got =
        ::pread(file, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed({}, SystemText(errno));
    if (got == 0) return BadInput({}, "ends");
    offset += static_cast<uint64_t>(got);
    out = out.subspan(static_cast<size_t>(got));
  }
  return {};
}

class LocalFile final : public InputFile {
 public:
  LocalFile(const fs::path& path, FileDescriptor file, uint64_t size)
      : InputFile(path.string(), path.filename().string()),
        file_(std::move(file)),
        size_(size) {}

  uint64_t size() const override { return size_; }
  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    if (ReadFrom(file_.get(), offset, out)) return {};
    return std::unexpected(CutShort());
  }

 private:
  FileDescriptor file_;
  uint64_t size_;
};

// All of what came in by standard input.
class SpooledInput final : public InputFile {
 public:
  SpooledInput(const std::string& where, Spool spool, uint64_t size)
      : InputFile(where, ""), spool_(std::move(spool)), size_(size) {}

  uint64_t size() const override { return size_; }
  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    if (ReadFrom(spool_.file(), offset, out)) return {};
    return std::unexpected(CutShort());
  }

 private:
  Spool spool_;
  uint64_t size_;
};

std::unexpected<Error> Empty(const std::string& where) {
  return BadInput(where, "is empty", "copy or export it again");
}

// Opened so that a pipe does not make it wait.
Result<InputFilePtr> OpenLocal(const fs::path& path) {
  const std::string where = path.string();
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) {
    return BadInput(
        where, SystemText(errno),
        errno == EACCES ? "make it readable for this user" : "check the path");
  }
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) {
    return BadInput(where, SystemText(errno), "check the path");
  }
  if (S_ISDIR(info.st_mode)) {
    return BadInput(where, "is a directory", "name a film file");
  }
  if (!S_ISREG(info.st_mode)) {
    return BadInput(where, "is not a regular file",
                    "write it to a file first, or give it as standard input");
  }
  if (info.st_size == 0) return Empty(where);
  return std::make_shared<LocalFile>(path, std::move(file),
                                     static_cast<uint64_t>(info.st_size));
}

Result<InputFilePtr> SpoolStandardInput(const SpoolPlace& place,
                                        const Interrupt& interrupt) {
  const std::string where = config::ShownAddress(config::kStandardInput);
  if (::isatty(STDIN_FILENO) == 1) {
    return BadInput(where, "is a terminal", "pipe a film into it");
  }
  auto spool = Spool::Make(place, where);
  if (!spool) return std::unexpected(spool.error());
  DescriptorSource source(STDIN_FILENO);
  std::array<uint8_t, 1 << 16> buffer;
  uint64_t size = 0;
  while (const size_t got = source.Read(buffer, interrupt)) {
    if (auto kept = spool->Write(size, std::span(buffer).first(got)); !kept) {
      return std::unexpected(kept.error());
    }
    size += got;
  }
  if (auto wanted = interrupt.Check(); !wanted) {
    return std::unexpected(wanted.error());
  }
  if (size == 0) return Empty(where);
  return std::make_shared<SpooledInput>(where, *std::move(spool), size);
}

}  // namespace

Result<InputFilePtr> OpenInput(const fs::path& address, const SpoolPlace& spool,
                               const Interrupt& interrupt) {
  const std::string& text = address.native();
  if (text == config::kStandardInput) {
    return SpoolStandardInput(spool, interrupt);
  }
  if (config::IsHttpUrl(text)) return OpenRemote(text, spool, interrupt);
  if (config::HasUrlScheme(text)) {
    return BadInput(config::ShownAddress(address),
                    "has a protocol usher package does not know",
                    "use http or https, or download it first");
  }
  return OpenLocal(address);
}

}  // namespace usher

#include "ngx_module/engine/live_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

namespace usher::engine {
namespace {

// A day of two-second segments is about four megabytes.
constexpr off_t kMaxPlaylistSize = 64 << 20;
constexpr size_t kMaxEntries = 512;

class Descriptor {
 public:
  explicit Descriptor(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::optional<std::string> ReadWhole(int fd, off_t size) {
  std::string text(static_cast<size_t>(size), '\0');
  size_t read = 0;
  while (read < text.size()) {
    const ssize_t got = ::read(fd, text.data() + read, text.size() - read);
    if (got <= 0) return std::nullopt;
    read += static_cast<size_t>(got);
  }
  return text;
}

}  // namespace

LiveFiles::File LiveFiles::Read(const std::string& path) {
  struct stat info{};
  const Descriptor file(path);
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0 ||
      !S_ISREG(info.st_mode) || info.st_size > kMaxPlaylistSize) {
    entries_.erase(path);
    return {};
  }
  if (!entries_.contains(path)) MakeRoom();
  Entry& entry = entries_[path];
  entry.used = ++uses_;
  const Identity identity = IdentityOf(info);
  if (entry.identity == identity) return entry.file;
  entry.identity = identity;
  entry.file = {nullptr, info.st_mtim.tv_sec};
  if (auto text = ReadWhole(file.get(), info.st_size)) {
    if (auto playlist = LivePlaylist::Read(*std::move(text))) {
      entry.file.playlist =
          std::make_shared<const LivePlaylist>(*std::move(playlist));
    }
  }
  return entry.file;
}

LiveFiles::Identity LiveFiles::IdentityOf(const struct stat& info) {
  constexpr int64_t kNanoseconds = 1'000'000'000;
  return {info.st_ino, info.st_size,
          info.st_mtim.tv_sec * kNanoseconds + info.st_mtim.tv_nsec};
}

void LiveFiles::MakeRoom() {
  if (entries_.size() < kMaxEntries) return;
  const auto oldest = std::ranges::min_element(
      entries_, {}, [](const auto& entry) { return entry.second.used; });
  entries_.erase(oldest);
}

}  // namespace usher::engine

#include "ngx_module/engine/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace usher::engine {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kFirstLine = "usher-state 1";
constexpr mode_t kMode = 0640;
constexpr int kAttempts = 10;
constexpr const char* kMend =
    "restore it from a backup, or remove it to forget every revocation";

std::string TextOf(std::span<const StateRecord> records) {
  std::string text;
  for (const StateRecord& record : records) text += ToLine(record) + '\n';
  return text;
}

bool IsOfASession(const StateRecord& record) {
  return record.kind == SlotKind::kEvicted ||
         record.kind == SlotKind::kRevokedSession;
}

// As House::Lasting() orders them.
bool IsBefore(const StateRecord& a, const StateRecord& b) {
  return std::pair(a.kind, a.id) < std::pair(b.kind, b.id);
}

// What the journal says of each in the end, so that nothing of its past comes
// to life for a moment; evictions last, where there is no room for all.
std::vector<StateRecord> LastWords(std::span<const StateRecord> records,
                                   uint32_t now) {
  std::map<std::pair<SlotKind, SlotId>, StateRecord> last;
  for (const StateRecord& record : records) {
    const bool of_session = IsOfASession(record);
    StateRecord& before =
        last.try_emplace(
                {of_session ? SlotKind::kEvicted : record.kind, record.id},
                record)
            .first->second;
    // As SessionTable::Apply() has it: evicting undoes no revocation, and what
    // takes a revocation back undoes no eviction.
    const bool other_kind = of_session && before.kind != record.kind;
    const bool is_weaker =
        record.kind == SlotKind::kEvicted || record.until <= now;
    if (!other_kind || !is_weaker || before.until <= now) before = record;
  }
  std::vector<StateRecord> words;
  words.reserve(last.size());
  for (const auto& [key, record] : last) words.push_back(record);
  std::ranges::stable_partition(words, [](const StateRecord& record) {
    return record.kind != SlotKind::kEvicted;
  });
  return words;
}

bool WriteAll(int fd, std::string_view text) {
  struct stat before;
  if (fstat(fd, &before) != 0) return false;
  const ssize_t written = write(fd, text.data(), text.size());
  if (written == static_cast<ssize_t>(text.size())) return true;
  const int error = errno;
  // A full disk took half a line, which would garble the next.
  struct stat after;
  if (written > 0 && fstat(fd, &after) == 0 &&
      after.st_size == before.st_size + written &&
      ftruncate(fd, before.st_size) != 0) {
    return false;
  }
  errno = written < 0 ? error : ENOSPC;
  return false;
}

std::optional<std::string> WholeFile(int fd) {
  std::string text;
  std::array<char, size_t{64} * 1024> piece;
  ssize_t got = 0;
  while ((got = read(fd, piece.data(), piece.size())) > 0) {
    text.append(piece.data(), static_cast<size_t>(got));
  }
  if (got < 0) return {};
  return text;
}

bool SyncDirectoryOf(const fs::path& file) {
  const fs::path parent = file.parent_path().empty() ? "." : file.parent_path();
  const int fd = open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool synced = fsync(fd) == 0;
  close(fd);
  return synced;
}

bool ApplyAll(House& house, std::span<const StateRecord> records,
              uint32_t now) {
  bool applied = true;
  for (const StateRecord& record : records) {
    applied = house.Apply(record, now) && applied;
  }
  return applied;
}

}  // namespace

// Of the process, not of the descriptor, which all workers share.
class StateFile::Lock {
 public:
  explicit Lock(int fd) : fd_(fd) { Set(F_WRLCK); }
  ~Lock() { Set(F_UNLCK); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  bool held() const { return held_; }

 private:
  void Set(short type) {
    struct flock lock = {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    int result = 0;
    do {
      result = fcntl(fd_, F_SETLKW, &lock);
    } while (result != 0 && errno == EINTR);
    held_ = result == 0;
  }
  int fd_;
  bool held_ = false;
};

StateFile::~StateFile() {
  if (fd_ >= 0) close(fd_);
}

Result<std::vector<StateRecord>> StateFile::Read() const {
  const int fd = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return {};
  if (fd < 0) return std::unexpected(Broken("cannot be opened"));
  auto records = ReadFrom(fd);
  close(fd);
  return records;
}

Result<std::vector<StateRecord>> StateFile::ReadFrom(int fd) const {
  const auto text = WholeFile(fd);
  if (!text) return std::unexpected(Broken("cannot be read"));
  std::vector<StateRecord> records;
  size_t number = 0;
  for (size_t at = 0, end = 0; (end = text->find('\n', at)) != text->npos;
       at = end + 1) {
    const std::string_view line(text->data() + at, end - at);
    if (++number == 1 && line == kFirstLine) continue;
    const auto record = number == 1 ? std::nullopt : FromLine(line);
    if (!record) {
      return BadInput(path_.string() + ":" + std::to_string(number),
                      "is not what usher_state writes", kMend);
    }
    records.push_back(*record);
  }
  return records;
}

Result<size_t> StateFile::Open(House& house, uid_t uid, gid_t gid,
                               uint32_t now) {
  const int old = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode);
  if (old < 0) return std::unexpected(Broken("cannot be opened"));
  // No worker of before a reload may change anything until its lines are here.
  Result<size_t> homeless = 0;
  {
    const Lock lock(old);
    // Not by Read(): closing a second descriptor would give up the lock.
    auto records = ReadFrom(old);
    if (!lock.held()) {
      homeless = std::unexpected(Broken("cannot be locked"));
    } else if (records) {
      homeless = Tidy(house, *std::move(records), uid, gid, now);
    } else {
      homeless = std::unexpected(records.error());
    }
  }
  close(old);
  return homeless;
}

Result<size_t> StateFile::Tidy(House& house, std::vector<StateRecord> records,
                               uid_t uid, gid_t gid, uint32_t now) {
  records = LastWords(records, now);
  std::erase_if(records, [&](const StateRecord& record) {
    return house.Apply(record, now);
  });
  const size_t homeless = records.size();
  const std::vector<StateRecord> lasting = house.Lasting(now);
  records.insert(records.end(), lasting.begin(), lasting.end());
  if (Status replaced = Replace(records, uid, gid); !replaced) {
    return std::unexpected(replaced.error());
  }
  // Workers of before a reload evict meanwhile, and note it in the old file.
  std::vector<StateRecord> missed = house.Lasting(now);
  std::erase_if(missed, [&](const StateRecord& record) {
    return std::ranges::binary_search(lasting, record, IsBefore);
  });
  if (Status appended = Append(missed); !appended) {
    return std::unexpected(appended.error());
  }
  return homeless;
}

Status StateFile::Change(House& house, std::span<const StateRecord> records,
                         uint32_t now) {
  Status failed = Failed(path_.string(), "is replaced again and again");
  // A reload may replace the file while this waits for its lock.
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (Status open = ReopenWhereReplaced(); !open) {
      failed = std::move(open);
      break;
    }
    const Lock lock(fd_);
    if (!lock.held()) {
      failed = std::unexpected(Broken("cannot be locked"));
      break;
    }
    if (!IsReplaced()) return ChangeLocked(house, records, now);
  }
  // Who is thrown out stays out, though a restart may forget it.
  ApplyAll(house, records, now);
  return failed;
}

Status StateFile::ChangeLocked(House& house,
                               std::span<const StateRecord> records,
                               uint32_t now) const {
  const bool applied = ApplyAll(house, records, now);
  if (Status appended = Append(records); !appended) return appended;
  if (fdatasync(fd_) != 0) return std::unexpected(Broken("cannot be synced"));
  if (applied) return {};
  return Failed("usher_zone", "has no room for another revocation",
                "make it larger");
}

Status StateFile::Note(std::span<const StateRecord> records) {
  if (Status open = ReopenWhereReplaced(); !open) return open;
  return Append(records);
}

Status StateFile::Append(std::span<const StateRecord> records) const {
  if (WriteAll(fd_, TextOf(records))) return {};
  return std::unexpected(Broken("cannot be written"));
}

bool StateFile::IsReplaced() const {
  struct stat status;
  return fstat(fd_, &status) != 0 || status.st_nlink == 0;
}

Status StateFile::ReopenWhereReplaced() {
  if (!IsReplaced()) return {};
  const int fd = open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0) return std::unexpected(Broken("cannot be opened anew"));
  close(std::exchange(fd_, fd));
  return {};
}

Status StateFile::Replace(std::span<const StateRecord> records, uid_t uid,
                          gid_t gid) {
  const fs::path fresh = path_.string() + ".new";
  unlink(fresh.c_str());
  const int fd = open(
      fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, kMode);
  if (fd < 0) return std::unexpected(Broken("cannot be made beside"));
  const std::string text = std::string(kFirstLine) + "\n" + TextOf(records);
  const bool given = geteuid() != 0 || fchown(fd, uid, gid) == 0;
  if (!given || !WriteAll(fd, text) || fsync(fd) != 0 ||
      rename(fresh.c_str(), path_.c_str()) != 0 || !SyncDirectoryOf(path_)) {
    Error error = Broken("cannot be written anew");
    close(fd);
    unlink(fresh.c_str());
    return std::unexpected(std::move(error));
  }
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
  return {};
}

Error StateFile::Broken(const char* what) const {
  return Error{ErrorKind::kFailed,
               path_.string(),
               std::string(what) + ": " + std::strerror(errno),
               {}};
}

}  // namespace usher::engine

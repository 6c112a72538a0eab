#include "packager/storage/upload_spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <system_error>
#include <vector>

#include "core/base/file_descriptor.h"
#include "core/base/hex.h"
#include "core/crypto/digest.h"
#include "packager/storage/directory_storage.h"
#include "packager/storage/system_error.h"

namespace usher {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPut = ".put";
constexpr std::string_view kDel = ".del";

// The path, and what tells whether the content is whole.
std::string HeaderOf(std::string_view path, ByteView content) {
  return std::string(path) + " " + ToHex(crypto::Sha256(content)) + "\n";
}

struct SpooledFile {
  std::string path;
  uint64_t header = 0;
  uint64_t bytes = 0;
};

// Nothing where it is damaged.
std::optional<SpooledFile> ReadWhole(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const size_t end = text.find('\n');
  if (end == std::string::npos) return std::nullopt;
  const std::string_view line(text.data(), end);
  const std::string path(line.substr(0, line.find(' ')));
  const ByteView content = AsBytes(text).subspan(end + 1);
  if (HeaderOf(path, content) != text.substr(0, end + 1)) {
    return std::nullopt;
  }
  return SpooledFile{path, end + 1, text.size()};
}

// 0, or errno.
int SyncFile(const fs::path& path, int flags) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (!file.valid()) return errno;
  return ::fdatasync(file.get()) == 0 ? 0 : errno;
}

bool IsInit(std::string_view path) {
  return path.substr(path.rfind('/') + 1).starts_with("init");
}

}  // namespace

Status UploadSpool::Open(bool shared) {
  std::error_code error;
  fs::create_directories(directory_, error);
  std::vector<fs::path> files;
  for (const auto& each : fs::directory_iterator(directory_, error)) {
    const std::string extension = each.path().extension().string();
    if (extension == kPut || extension == kDel) {
      files.push_back(each.path());
    } else if (each.path().filename() != kSentLog) {
      fs::remove(each.path(), error);  // half written when the run ended
    }
  }
  if (error) {
    return std::unexpected(SystemError(error.value(), "use", directory_));
  }
  std::ranges::sort(files);
  sent_.Open();
  for (const fs::path& file : files) {
    if (auto taken = TakeUp(file, shared); !taken) return taken;
  }
  return {};
}

Status UploadSpool::TakeUp(const fs::path& file, bool shared) {
  Waiting entry;
  const std::string name = file.stem().string();
  std::from_chars(name.data(), name.data() + name.size(), entry.number);
  if (entry.number == 0) {
    return BadInput(file.string(), "is no file of a spool",
                    "remove it, or name another directory with --spool");
  }
  next_ = entry.number + 1;
  const auto whole = ReadWhole(file);
  std::error_code ignored;
  if (!whole) {
    ++damaged_;
    fs::remove(file, ignored);
    return {};
  }
  entry.path = whole->path;
  entry.header = whole->header;
  entry.bytes = whole->bytes;
  if (sent_.Has(entry.path) && file.extension() == kPut) {
    fs::remove(file, ignored);  // the run ended before it was
    return {};
  }
  entry.kind = file.extension() == kDel ? Kind::kRemoval : KindOf(entry.path);
  if (shared && (entry.kind == Kind::kList || entry.kind == Kind::kMaster)) {
    fs::remove(file, ignored);
    return {};
  }
  // Whose place it took is not written down: anyone's.
  entry.owed_since = 1;
  bytes_ += entry.bytes;
  waiting_.push_back(std::move(entry));
  return {};
}

Status UploadSpool::Put(std::string_view path,
                        std::span<const ByteView> pieces) {
  return Add(path, KindOf(path), pieces);
}

Status UploadSpool::Remove(std::string_view path) {
  return Add(path, Kind::kRemoval, {});
}

Status UploadSpool::RemoveLeftover(std::string_view path) {
  {
    const std::scoped_lock lock(mutex_);
    const auto newest =
        std::find_if(waiting_.rbegin(), waiting_.rend(),
                     [&](const Waiting& each) { return each.path == path; });
    const bool may_be_there = newest != waiting_.rend()
                                  ? newest->kind != Kind::kRemoval
                                  : sent_.Has(std::string(path));
    if (!may_be_there) return {};
  }
  return Add(path, Kind::kRemoval, {}, false);
}

Status UploadSpool::Add(std::string_view path, Kind kind,
                        std::span<const ByteView> pieces, bool supersedes) {
  Waiting entry;
  entry.path = path;
  entry.kind = kind;
  {
    const std::scoped_lock lock(mutex_);
    entry.number = next_++;
  }
  Bytes content;
  for (const ByteView piece : pieces) {
    content.insert(content.end(), piece.begin(), piece.end());
  }
  const std::string header = HeaderOf(path, content);
  entry.header = header.size();
  entry.bytes = header.size() + content.size();
  const ByteView all[] = {AsBytes(header), content};
  DirectoryStorage files(directory_);
  const std::string name =
      FileOf(entry.number, kind == Kind::kRemoval).filename().string();
  if (auto stored = files.Put(name, all); !stored) return stored;
  std::vector<std::string> dropped;
  {
    const std::scoped_lock lock(mutex_);
    entry.owed_since = entry.number;
    if (supersedes) Supersede(entry);
    bytes_ += entry.bytes;
    if (is_flushed_ && kind == Kind::kMedia) unsynced_.push_back(entry.number);
    waiting_.push_back(std::move(entry));
    MakeRoom(dropped);
  }
  for (const std::string& each : dropped) on_dropped_(each);
  return {};
}

// An older playlist is of use to nobody, nor is what is to be removed; and what
// is put again need not be removed before.
void UploadSpool::Supersede(Waiting& newer) {
  const auto is_superseded = [&](const Waiting& old) {
    return old.path == newer.path && !old.claimed &&
           (newer.kind != Kind::kMedia || old.kind == Kind::kRemoval);
  };
  for (size_t i = 0; i < waiting_.size();) {
    if (!is_superseded(waiting_[i])) {
      ++i;
      continue;
    }
    if (waiting_[i].kind == newer.kind) {
      newer.owed_since = std::min(newer.owed_since, waiting_[i].owed_since);
    }
    Erase(waiting_.begin() + static_cast<ptrdiff_t>(i));
  }
}

void UploadSpool::MakeRoom(std::vector<std::string>& dropped) {
  while (bytes_ > limit_) {
    const auto oldest = std::ranges::find_if(waiting_, [](const Waiting& each) {
      return each.kind == Kind::kMedia && !each.claimed && !IsInit(each.path);
    });
    if (oldest == waiting_.end()) return;
    dropped.push_back(oldest->path);
    Erase(oldest);
  }
}

// Media go at once, in any order; a playlist when all media before it are
// there; one that names playlists when those before it are there, too; a
// removal when nothing that was put before it is left. A playlist that took the
// place of an older one counts from where that one stood.
std::optional<UploadSpool::Entry> UploadSpool::Claim() {
  const std::scoped_lock lock(mutex_);
  const uint64_t list = OldestOwed(Kind::kList);
  const uint64_t master = OldestOwed(Kind::kMaster);
  bool media_before = false;
  std::set<std::string_view> paths_before;
  for (Waiting& each : waiting_) {
    const bool may =
        each.kind == Kind::kMedia  ? true
        : each.kind == Kind::kList ? !media_before
        : each.kind == Kind::kMaster
            ? !media_before && each.number < list
            : !media_before && each.number < std::min(list, master);
    if (may && !each.claimed && !paths_before.contains(each.path)) {
      each.claimed = true;
      return Entry{each.number, each.path, each.kind == Kind::kRemoval,
                   each.header};
    }
    media_before = media_before || each.kind == Kind::kMedia;
    paths_before.insert(each.path);
  }
  return std::nullopt;
}

uint64_t UploadSpool::OldestOwed(Kind kind) const {
  uint64_t oldest = UINT64_MAX;
  for (const Waiting& each : waiting_) {
    if (each.kind == kind) oldest = std::min(oldest, each.owed_since);
  }
  return oldest;
}

Result<Bytes> UploadSpool::Read(const Entry& entry) const {
  const fs::path file = FileOf(entry.number, entry.removal);
  std::ifstream content(file, std::ios::binary);
  std::error_code error;
  const uint64_t size = fs::file_size(file, error);
  if (!content || error || size < entry.header) {
    return std::unexpected(SystemError(ENOENT, "read", file));
  }
  Bytes bytes(size - entry.header);
  content.seekg(static_cast<std::streamoff>(entry.header));
  content.read(reinterpret_cast<char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  if (!content) return std::unexpected(SystemError(EIO, "read", file));
  return bytes;
}

Status UploadSpool::Flush() {
  std::vector<uint64_t> fresh;
  std::vector<std::pair<std::string, fs::path>> sent;
  {
    const std::scoped_lock lock(mutex_);
    fresh.swap(unsynced_);
    sent.swap(sent_files_);
  }
  int error = 0;
  for (const uint64_t number : fresh) {
    const fs::path file = FileOf(number, false);
    const int failed = SyncFile(file, 0);
    if (failed != 0 && failed != ENOENT) error = failed;  // else it was dropped
  }
  if (error == 0 && !fresh.empty()) error = SyncFile(directory_, O_DIRECTORY);
  if (error == 0 && !sent.empty()) error = SyncFile(directory_ / kSentLog, 0);
  if (error == 0) {
    std::error_code ignored;
    for (const auto& each : sent) fs::remove(each.second, ignored);
    return {};
  }
  const std::scoped_lock lock(mutex_);
  unsynced_.insert(unsynced_.end(), fresh.begin(), fresh.end());
  sent_files_.insert(sent_files_.end(), sent.begin(), sent.end());
  return std::unexpected(SystemError(error, "write", directory_));
}

bool UploadSpool::HasLost(std::string_view path) const {
  const std::scoped_lock lock(mutex_);
  return sent_.found() && !sent_.Has(std::string(path)) &&
         std::ranges::none_of(
             waiting_, [&](const Waiting& each) { return each.path == path; });
}

void UploadSpool::Done(const Entry& entry) {
  const std::scoped_lock lock(mutex_);
  const auto found =
      std::ranges::find(waiting_, entry.number, &Waiting::number);
  if (found == waiting_.end()) return;
  if (found->kind == Kind::kRemoval) {
    ForgetSentFile(entry.path);  // first, or it would be sent once more
    sent_.NoteRemoved(entry.path);
  }
  if (found->kind != Kind::kMedia) return Erase(found);
  sent_.Note(entry.path);
  if (!is_flushed_) return Erase(found);
  sent_files_.emplace_back(entry.path, FileOf(entry.number, false));
  bytes_ -= found->bytes;
  waiting_.erase(found);
}

void UploadSpool::GiveUp(const Entry& entry) {
  const std::scoped_lock lock(mutex_);
  const auto found =
      std::ranges::find(waiting_, entry.number, &Waiting::number);
  if (found != waiting_.end()) Erase(found);
}

void UploadSpool::Release(const Entry& entry) {
  const std::scoped_lock lock(mutex_);
  const auto found =
      std::ranges::find(waiting_, entry.number, &Waiting::number);
  if (found == waiting_.end()) return;
  found->claimed = false;
  const bool put_again =
      found->kind == Kind::kRemoval &&
      std::any_of(std::next(found), waiting_.end(), [&](const Waiting& later) {
        return later.path == found->path;
      });
  if (put_again) Erase(found);
}

void UploadSpool::ForgetSentFile(std::string_view path) {
  std::error_code ignored;
  std::erase_if(sent_files_, [&](const auto& each) {
    return each.first == path && fs::remove(each.second, ignored);
  });
}

void UploadSpool::ForgetSent() {
  const std::scoped_lock lock(mutex_);
  std::error_code ignored;
  for (const auto& each : sent_files_) fs::remove(each.second, ignored);
  sent_files_.clear();
  fs::remove(directory_ / kSentLog, ignored);
}

size_t UploadSpool::size() const {
  const std::scoped_lock lock(mutex_);
  return waiting_.size();
}

void UploadSpool::Erase(const std::deque<Waiting>::iterator& entry) {
  std::error_code ignored;  // what cannot be removed is sent once more later
  fs::remove(FileOf(entry->number, entry->kind == Kind::kRemoval), ignored);
  bytes_ -= entry->bytes;
  waiting_.erase(entry);
}

UploadSpool::Kind UploadSpool::KindOf(std::string_view path) {
  const bool list = path.ends_with(".m3u8") || path.ends_with(".mpd");
  if (!list) return Kind::kMedia;
  return path.substr(path.rfind('/') + 1).starts_with("master") ? Kind::kMaster
                                                                : Kind::kList;
}

fs::path UploadSpool::FileOf(uint64_t number, bool removal) const {
  char name[32];
  std::snprintf(name, sizeof name, "%020llu",
                static_cast<unsigned long long>(number));
  return directory_ / (std::string(name) + std::string(removal ? kDel : kPut));
}

}  // namespace usher

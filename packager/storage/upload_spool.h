// What an origin has yet to be sent, on disk and in order, so that neither an
// origin that is away nor a restart loses any of it. Knows which of it may be
// sent now: a playlist never before what it names.
//
// One file an entry: "<number>.put" holds the path, the content's checksum, a
// line feed, the content; "<number>.del" the path. One that is damaged is not
// sent. Of a playlist only the newest waits. What is too much for the limit
// goes oldest first, and only media do. Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "packager/storage/sent_log.h"

namespace usher {

class UploadSpool {
 public:
  struct Entry {
    uint64_t number = 0;
    std::string path;
    bool removal = false;
    uint64_t header = 0;  // bytes in front of its content
  };
  // Called with the path of what had to go.
  using OnDropped = std::function<void(const std::string& path)>;

  // `is_flushed`: by whom Flush is called, time and again.
  UploadSpool(std::filesystem::path directory, uint64_t limit,
              OnDropped on_dropped, bool is_flushed = false)
      : directory_(std::move(directory)),
        limit_(limit),
        is_flushed_(is_flushed),
        sent_(directory_ / kSentLog),
        on_dropped_(std::move(on_dropped)) {}

  // Makes the directory, or takes up what an earlier run left in it; of
  // playlists nothing where others may have put newer ones since, `shared`.
  Status Open(bool shared = false);

  Status Put(std::string_view path, std::span<const ByteView> pieces);
  Status Remove(std::string_view path);
  // The same where the origin may have the file: it was sent lately, or will
  // be. One that an earlier run was sending goes once more, and is removed
  // then: whether it came is not known.
  Status RemoveLeftover(std::string_view path);
  // Returns when media that were put are on the disk. What was sent goes from
  // it no earlier than that is written down there.
  Status Flush();

  // Files of an earlier run that were damaged.
  size_t damaged() const { return damaged_; }
  // Of media that an earlier run put: neither sent nor here any more.
  bool HasLost(std::string_view path) const;

  // The first that may be sent now; it is the caller's until Done or Release.
  std::optional<Entry> Claim();
  Result<Bytes> Read(const Entry& entry) const;
  // It was sent.
  void Done(const Entry& entry);
  // It never will be.
  void GiveUp(const Entry& entry);
  // It is to be sent again.
  void Release(const Entry& entry);

  size_t size() const;
  // No run goes on with this event: what was sent need not be known any more.
  void ForgetSent();

 private:
  static constexpr char kSentLog[] = "sent.log";

  enum class Kind { kMedia, kList, kMaster, kRemoval };
  struct Waiting {
    uint64_t number = 0;
    std::string path;
    Kind kind = Kind::kMedia;
    uint64_t bytes = 0;
    uint64_t header = 0;  // bytes in front of the content
    bool claimed = false;
    // The number of the oldest playlist of this path that never went, because
    // newer ones took its place. What was put behind that one waits for this.
    uint64_t owed_since = 0;
  };

  static Kind KindOf(std::string_view path);
  Status Add(std::string_view path, Kind kind, std::span<const ByteView> pieces,
             bool supersedes = true);
  Status TakeUp(const std::filesystem::path& file, bool shared);
  // The rest need mutex_.
  void Supersede(Waiting& newer);
  uint64_t OldestOwed(Kind kind) const;
  void MakeRoom(std::vector<std::string>& dropped);
  void ForgetSentFile(std::string_view path);
  void Erase(const std::deque<Waiting>::iterator& entry);
  std::filesystem::path FileOf(uint64_t number, bool removal) const;

  const std::filesystem::path directory_;
  const uint64_t limit_;
  const bool is_flushed_;
  SentLog sent_;
  const OnDropped on_dropped_;
  mutable std::mutex mutex_;
  std::deque<Waiting> waiting_;     // by number
  std::vector<uint64_t> unsynced_;  // media that are not on the disk yet
  // What was sent, and goes from the disk at the next Flush: path and file.
  std::vector<std::pair<std::string, std::filesystem::path>> sent_files_;
  size_t damaged_ = 0;
  uint64_t bytes_ = 0;
  uint64_t next_ = 1;
};

}  // namespace usher

#include "packager/input/remote_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "packager/config/input_address.h"
#include "packager/input/http_range.h"

namespace usher {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kBlock = 1 << 20;
// How many blocks one request asks for, while blocks are asked for in order.
constexpr uint64_t kMostBlocks = 16;
// In a row, without a byte between them.
constexpr int kMaxFailures = 6;
constexpr milliseconds kFirstPause(100);

class RemoteFile final : public InputFile {
 public:
  RemoteFile(const std::string& url, std::string where, Spool spool,
             const Interrupt& interrupt)
      : InputFile(where, config::FileNameOf(url)),
        http_(url, where, interrupt),
        interrupt_(interrupt),
        spool_(std::move(spool)) {}

  Status Start();
  uint64_t size() const override { return size_; }
  Status Read(uint64_t offset, std::span<uint8_t> out) override;

 private:
  Status Provide(uint64_t first_block, uint64_t last_block);
  uint64_t WindowAt(uint64_t block);
  // Everything from `begin` to `end`, however often the connection breaks.
  Status Fetch(uint64_t begin, uint64_t end);
  Status FinishWhole(bool done, uint64_t end);
  Status Take(const RangeAnswer& answer, uint64_t begin);
  Status TakeFirst(const RangeAnswer& answer);
  Status Pause(int failures) const;
  std::unexpected<Error> Lost() const;

  HttpRange http_;
  const Interrupt& interrupt_;
  Spool spool_;
  std::mutex mutex_;  // guards all below, once started
  uint64_t size_ = 0;
  bool sized_ = false;
  bool has_ranges_ = false;
  std::string validator_;
  std::vector<bool> present_;  // by block
  uint64_t next_ = 0;          // block behind the last request
  uint64_t window_ = 1;        // blocks
};

Status RemoteFile::Start() {
  if (auto begun = Fetch(0, kBlock); !begun) return begun;
  if (size_ == 0) return BadInput(where(), "is empty", "check the URL");
  const uint64_t blocks = (size_ + kBlock - 1) / kBlock;
  present_.assign(blocks, !has_ranges_);
  present_[0] = true;
  next_ = 1;
  return {};
}

Status RemoteFile::Read(uint64_t offset, std::span<uint8_t> out) {
  if (out.empty()) return {};
  if (offset > size_ || out.size() > size_ - offset) {
    return std::unexpected(CutShort());
  }
  const uint64_t last = (offset + out.size() - 1) / kBlock;
  if (auto provided = Provide(offset / kBlock, last); !provided) {
    return provided;
  }
  while (!out.empty()) {
    const ssize_t got = ::pread(spool_.file(), out.data(), out.size(),
                                static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::unexpected(CutShort());
    offset += static_cast<uint64_t>(got);
    out = out.subspan(static_cast<size_t>(got));
  }
  return {};
}

Status RemoteFile::Provide(uint64_t first_block, uint64_t last_block) {
  const std::lock_guard lock(mutex_);
  for (uint64_t block = first_block; block <= last_block; ++block) {
    if (present_[block]) continue;
    uint64_t end = block + 1;
    const uint64_t wanted = std::max(last_block + 1, block + WindowAt(block));
    while (end < std::min<uint64_t>(wanted, present_.size()) &&
           !present_[end]) {
      ++end;
    }
    auto fetched = Fetch(block * kBlock, std::min(end * kBlock, size_));
    if (!fetched) return fetched;
    for (uint64_t each = block; each < end; ++each) present_[each] = true;
    next_ = end;
  }
  return {};
}

// Who reads in order will read on.
uint64_t RemoteFile::WindowAt(uint64_t block) {
  window_ = block == next_ ? std::min(window_ * 2, kMostBlocks) : 1;
  return window_;
}

Status RemoteFile::Fetch(uint64_t begin, uint64_t end) {
  for (int failures = 0;;) {
    const uint64_t before = begin;
    const HttpRange::Receiver receiver{
        [&](const RangeAnswer& answer) -> Status {
          auto taken = Take(answer, begin);
          // Nothing that was sent can be asked for again.
          if (taken && !has_ranges_) end = size_;
          return taken;
        },
        [&](ByteView bytes) -> Status {
          if (has_ranges_) {
            bytes = bytes.first(std::min<uint64_t>(bytes.size(), end - begin));
          }
          auto kept = spool_.Write(begin, bytes);
          begin += bytes.size();
          return kept;
        }};
    const auto outcome =
        http_.Get(begin, end - begin, sized_ ? validator_ : "", receiver);
    if (!outcome) return std::unexpected(outcome.error());
    const bool done = *outcome == HttpRange::Outcome::kDone;
    if (sized_ && !has_ranges_) return FinishWhole(done, begin);
    if (*outcome == HttpRange::Outcome::kNothing) {
      if (begin == 0) return {};
      return std::unexpected(CutShort());
    }
    if (sized_) end = std::min(end, size_);
    if (sized_ && begin >= end) return {};
    failures = begin > before ? 1 : failures + 1;
    const bool hopeless =
        !sized_ && *outcome == HttpRange::Outcome::kUnreachable;
    if (failures == kMaxFailures || hopeless) return Lost();
    if (auto waited = Pause(failures); !waited) return waited;
  }
}

// A server without ranges sent what it had.
Status RemoteFile::FinishWhole(bool done, uint64_t end) {
  if (!done || end < size_) return Lost();
  size_ = end;
  return {};
}

Status RemoteFile::Take(const RangeAnswer& answer, uint64_t begin) {
  if (!sized_) return TakeFirst(answer);
  if (answer.partial && answer.first == begin && answer.size == size_) {
    return {};
  }
  return Failed(where(), "changed while it was read", "try again");
}

Status RemoteFile::TakeFirst(const RangeAnswer& answer) {
  if (answer.partial && (answer.first != 0 || !answer.size)) {
    return BadInput(where(), "comes from a server that does not say its length",
                    "download it first");
  }
  has_ranges_ = answer.partial;
  validator_ = answer.validator;
  size_ = answer.size.value_or(0);
  sized_ = true;
  return spool_.Reserve(size_);
}

std::unexpected<Error> RemoteFile::Lost() const {
  const std::string trouble = " (" + http_.trouble() + ")";
  if (!sized_) {
    return Failed(where(), "cannot be fetched" + trouble, "check the URL");
  }
  return Failed(where(),
                has_ranges_ ? "the connection is lost again and again" + trouble
                            : "the connection was lost" + trouble +
                                  ", and its server cannot go on from there",
                "try again, or download it first");
}

// Each time twice as long.
Status RemoteFile::Pause(int failures) const {
  constexpr milliseconds kLookAround(50);
  for (milliseconds rest = kFirstPause * (1 << failures);
       rest.count() > 0 && !interrupt_.requested(); rest -= kLookAround) {
    std::this_thread::sleep_for(kLookAround);
  }
  return interrupt_.Check();
}

}  // namespace

Result<InputFilePtr> OpenRemote(const std::string& url, const SpoolPlace& place,
                                const Interrupt& interrupt) {
  const std::string where = config::ShownAddress(url);
  auto spool = Spool::Make(place, where);
  if (!spool) return std::unexpected(spool.error());
  auto file =
      std::make_shared<RemoteFile>(url, where, *std::move(spool), interrupt);
  if (auto started = file->Start(); !started) {
    return std::unexpected(started.error());
  }
  return file;
}

}  // namespace usher

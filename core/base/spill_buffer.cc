#include "core/base/spill_buffer.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "core/base/nameless_file.h"

namespace usher {
namespace {

bool WriteAt(int file, ByteView bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return true;
}

}  // namespace

SpillBuffer::Mapping& SpillBuffer::Mapping::operator=(
    Mapping&& other) noexcept {
  std::swap(address_, other.address_);
  std::swap(size_, other.size_);
  return *this;
}

SpillBuffer::Mapping::~Mapping() {
  if (address_ != nullptr) ::munmap(address_, size_);
}

void SpillBuffer::Append(ByteView bytes) {
  memory_.insert(memory_.end(), bytes.begin(), bytes.end());
  if (directory_.empty() || memory_.size() < spill_at_) return;
  // A full disk is not asked again with every line.
  spill_at_ = Spill() ? kInMemory : memory_.size() + kInMemory;
}

bool SpillBuffer::Spill() {
  if (!file_.valid()) file_ = OpenNamelessFile(directory_);
  if (!file_.valid() || !WriteAt(file_.get(), memory_, in_file_)) return false;
  in_file_ += memory_.size();
  memory_.clear();
  if (memory_.capacity() > 4 * kInMemory) memory_.shrink_to_fit();
  return true;
}

Result<SpillBuffer::Contents> SpillBuffer::Read(uint64_t from) const {
  Contents contents;
  if (from >= in_file_) {
    contents.pieces[1] =
        ByteView(memory_).subspan(static_cast<size_t>(from - in_file_));
    return contents;
  }
  const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  const uint64_t begin = from / page * page;
  const auto size = static_cast<size_t>(in_file_ - begin);
  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED,
                               file_.get(), static_cast<off_t>(begin));
  if (address == MAP_FAILED) {
    return Failed(directory_.string(),
                  "cannot read back what was put aside: " +
                      std::generic_category().message(errno));
  }
  contents.file = Mapping(address, size);
  contents.pieces = {
      contents.file.bytes().subspan(static_cast<size_t>(from - begin)),
      ByteView(memory_)};
  return contents;
}

}  // namespace usher

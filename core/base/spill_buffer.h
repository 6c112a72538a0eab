// Bytes that are only ever added to, and would be too many for memory in the
// long run: all but the newest lie in a file that has no name, and so goes with
// the process. Where that cannot be written they stay in memory until it can.
// Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/base/file_descriptor.h"

namespace usher {

class SpillBuffer {
 public:
  // The file is one of `directory`; empty: everything stays in memory.
  explicit SpillBuffer(std::filesystem::path directory = {})
      : directory_(std::move(directory)) {}

  // What is added at once can be read in one piece.
  void Append(ByteView bytes);

  uint64_t size() const { return in_file_ + memory_.size(); }
  uint64_t in_memory() const { return memory_.size(); }
  const std::filesystem::path& directory() const { return directory_; }

  // Pages of a file, mapped for as long as the object lives.
  class Mapping {
   public:
    Mapping() = default;
    Mapping(void* address, size_t size) : address_(address), size_(size) {}
    Mapping(Mapping&& other) noexcept { *this = std::move(other); }
    Mapping& operator=(Mapping&& other) noexcept;
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping();
    ByteView bytes() const {
      return {static_cast<const uint8_t*>(address_), size_};
    }

   private:
    void* address_ = nullptr;
    size_t size_ = 0;
  };

  // All bytes from some on, until the next Append.
  struct Contents {
    Mapping file;
    std::array<ByteView, 2> pieces;
  };
  // At most size(). Fails where the file cannot be mapped.
  Result<Contents> Read(uint64_t from) const;

 private:
  bool Spill();

  std::filesystem::path directory_;
  FileDescriptor file_;
  uint64_t in_file_ = 0;
  Bytes memory_;
  size_t spill_at_ = kInMemory;  // bytes of memory

  static constexpr size_t kInMemory = 64 * 1024;
};

}  // namespace usher

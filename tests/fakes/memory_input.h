// An input whose bytes are the test's own.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "packager/input/input_file.h"

namespace usher::testing {

class MemoryInput final : public InputFile {
 public:
  explicit MemoryInput(std::string bytes)
      : InputFile("memory", "memory.mp4"), bytes_(std::move(bytes)) {}

  uint64_t size() const override { return bytes_.size(); }
  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
      return std::unexpected(CutShort());
    }
    std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(offset), out.size(),
                out.begin());
    return {};
  }

 private:
  std::string bytes_;
};

}  // namespace usher::testing

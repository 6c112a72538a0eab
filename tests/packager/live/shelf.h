// What was put last, and how often anything was, by path.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "packager/storage/storage.h"

namespace usher::live {

class Shelf final : public Storage {
 public:
  Status Put(std::string_view path, std::span<const ByteView> pieces) override {
    if (full) return Failed(std::string(path), "has no room");
    std::string& text = texts[std::string(path)];
    text.clear();
    for (const ByteView piece : pieces) text.append(piece.begin(), piece.end());
    ++puts[std::string(path)];
    return {};
  }
  Status Remove(std::string_view path) override {
    ++removed[std::string(path)];
    return {};
  }
  std::map<std::string, std::string> texts;
  std::map<std::string, int> puts;
  std::map<std::string, int> removed;
  bool full = false;
};

}  // namespace usher::live

#include "core/layout/layout.h"

namespace usher::layout {

std::string InitName(size_t n) {
  return n == 1 ? std::string(kInit) : "init-" + std::to_string(n) + ".mp4";
}

std::string SegmentName(uint64_t number, std::string_view extension) {
  return std::to_string(number) + "." + std::string(extension);
}

std::string PartName(uint64_t number, uint64_t part,
                     std::string_view extension) {
  return SegmentName(number, std::to_string(part)) + "." +
         std::string(extension);
}

std::string TrackDirectory(std::string_view track, unsigned revision) {
  std::string directory(track);
  if (revision > 1) directory += "." + std::to_string(revision);
  return directory;
}

std::string KeyUri(const keys::KeyId& kid, unsigned depth) {
  std::string uri;
  for (unsigned i = 0; i < depth; ++i) uri += "../";
  return uri + "key/" + kid.ToHex();
}

std::string ClockUri(unsigned depth) {
  std::string uri;
  for (unsigned i = 0; i <= depth; ++i) uri += "../";
  return uri + "usher/time";
}

}  // namespace usher::layout

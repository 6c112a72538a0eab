// A live media playlist as the origin needs to know it: how far it reaches, so
// that requests for what is not in it yet can be held (rfc8216bis 6.2.5.2),
// and what a delta update leaves out (6.2.5.1).
//
// Reads anyone's playlist and trusts none of it. Immutable; read as often as it
// is replaced, so it keeps offsets into the text instead of a model of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usher::engine {

class LivePlaylist {
 public:
  // Nothing where `text` is no media playlist with a target duration.
  static std::optional<LivePlaylist> Read(std::string text);

  enum class Reach {
    kHere,    // it holds that segment or part, or will never change
    kNext,    // not yet, but soon
    kBeyond,  // further ahead than a client may ask
  };
  // Segment `number`; or its part, where one is named.
  Reach Reaches(uint64_t number, std::optional<uint64_t> part) const;

  // Nothing of the segment is still to come.
  bool IsComplete(uint64_t number) const {
    return number < first_number_ + segments_.size();
  }

  const std::string& text() const { return text_; }
  // The text without what the client has; nothing where the packager did not
  // allow that, or nothing would be left out. `wanted` is the segment that it
  // waits for, so it may have the one in front of that in parts only: where it
  // has not heard of the event for longer than the skip boundary, more is told.
  std::optional<std::string> Delta(std::optional<uint64_t> wanted = {}) const;

  uint32_t target_duration() const { return target_duration_; }  // seconds
  bool ended() const { return ended_; }

 private:
  struct Segment {
    size_t offset = 0;  // of its first tag
    double duration = 0;
    uint64_t parts = 0;
  };

  explicit LivePlaylist(std::string text) : text_(std::move(text)) {}
  bool Scan();
  void ScanTag(std::string_view line, size_t offset);
  uint64_t AdvanceLimit() const;
  size_t Skippable(std::optional<uint64_t> wanted) const;
  std::string InForceAt(size_t segment) const;

  std::string text_;
  uint32_t target_duration_ = 0;
  double part_target_ = 0;     // 0: no parts
  double can_skip_until_ = 0;  // seconds; 0: no delta updates
  uint64_t first_number_ = 0;
  bool ended_ = false;
  std::vector<Segment> segments_;  // whole ones
  Segment open_;                   // behind the last one: its parts
  bool open_begun_ = false;
};

}  // namespace usher::engine

#include "packager/text/subtitle_reader.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "packager/text/cue_timing.h"
#include "packager/text/markup.h"
#include "packager/text/utf8.h"

namespace usher::text {
namespace {

constexpr std::string_view kSignature = "WEBVTT";

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("\r\n"), text.size());
    lines.push_back(text.substr(0, end));
    const bool pair = text.substr(end).starts_with("\r\n");
    text.remove_prefix(std::min(end + (pair ? 2 : 1), text.size()));
  }
  return lines;
}

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\f") == std::string_view::npos;
}

bool IsCounter(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return false;
  line = line.substr(begin, line.find_last_not_of(" \t") + 1 - begin);
  return std::ranges::all_of(line, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsWebVtt(std::string_view text) {
  if (!text.starts_with(kSignature)) return false;
  text.remove_prefix(kSignature.size());
  return text.empty() || std::string_view(" \t\r\n").contains(text.front());
}

// Reads one text; lives for one call of ReadSubtitleText.
class Reader {
 public:
  explicit Reader(std::string_view text)
      : web_vtt_(IsWebVtt(text)), lines_(LinesOf(text)) {}

  ReadSubtitles Run() {
    if (web_vtt_) SkipHeader();
    while (next_ < lines_.size()) Block();
    ForgetSharedIds();
    std::ranges::stable_sort(read_.subtitles.cues, {}, &Cue::start);
    return std::move(read_);
  }

 private:
  bool EndsBlock(size_t i) const {
    return i >= lines_.size() || IsBlank(lines_[i]) || HasArrow(lines_[i]);
  }

  void SkipHeader() {
    for (++next_; !EndsBlock(next_); ++next_) {
    }
  }

  void Block() {
    const std::string_view line = lines_[next_];
    if (IsBlank(line)) {
      ++next_;
    } else if (HasArrow(line)) {
      ReadCue({});
    } else if (next_ + 1 < lines_.size() && HasArrow(lines_[next_ + 1])) {
      ++next_;
      ReadCue(web_vtt_ ? line : std::string_view());
    } else {
      ReadOther();
    }
  }

  // STYLE and REGION in front of the first cue; anything else is a comment.
  void ReadOther() {
    const std::string_view first = lines_[next_];
    const bool wanted =
        web_vtt_ && read_.subtitles.cues.empty() &&
        (first.starts_with("STYLE") || first.starts_with("REGION"));
    std::string block;
    for (; !EndsBlock(next_); ++next_) {
      if (!block.empty()) block += '\n';
      block += lines_[next_];
    }
    if (!wanted) return;
    std::string& styles = read_.subtitles.styles;
    if (!styles.empty()) styles += "\n\n";
    styles += block;
  }

  void ReadCue(std::string_view id) {
    const size_t line = next_;
    const auto timing = ParseCueTiming(lines_[next_++]);
    const std::string text = web_vtt_ ? TakePayload() : TakeSubRipText();
    Cue cue;
    if (timing) {
      cue.start = std::max(timing->start, Time{});
      cue.end = timing->end;
    }
    if (!timing || cue.end <= cue.start) {
      if (read_.unreadable++ == 0) read_.first_unreadable = line + 1;
      return;
    }
    cue.id = id;
    if (web_vtt_) {
      cue.payload = CleanPayload(text);
      cue.settings = KnownSettings(timing->rest);
    } else {
      MarkedText marked = FromSubRip(text);
      cue.payload = std::move(marked.payload);
      cue.settings = std::move(marked.settings);
    }
    if (!cue.payload.empty()) read_.subtitles.cues.push_back(std::move(cue));
  }

  std::string TakePayload() {
    const size_t begin = next_;
    while (!EndsBlock(next_)) ++next_;
    size_t end = next_;
    // Without a blank line, the next cue's number is not this one's text.
    const bool cut = next_ < lines_.size() && HasArrow(lines_[next_]);
    if (cut && end > begin && IsCounter(lines_[end - 1])) --end;
    return Joined(begin, end);
  }

  // Blank lines inside the text are common: it goes on to the next times.
  std::string TakeSubRipText() {
    const size_t begin = next_;
    while (next_ < lines_.size() && !HasArrow(lines_[next_])) ++next_;
    size_t end = next_;
    if (next_ < lines_.size() && end > begin && IsCounter(lines_[end - 1])) {
      --end;
    }
    return Joined(begin, end);
  }

  std::string Joined(size_t begin, size_t end) const {
    std::string text;
    for (size_t i = begin; i < end; ++i) {
      text += lines_[i];
      text += '\n';
    }
    return text;
  }

  // Players take two cues of one id for the same one and show only the first.
  void ForgetSharedIds() {
    std::unordered_map<std::string, size_t> uses;
    for (const Cue& cue : read_.subtitles.cues) ++uses[cue.id];
    for (Cue& cue : read_.subtitles.cues) {
      if (uses.at(cue.id) > 1) cue.id.clear();
    }
  }

  bool web_vtt_;
  std::vector<std::string_view> lines_;
  size_t next_ = 0;
  ReadSubtitles read_;
};

}  // namespace

Result<ReadSubtitles> ReadSubtitleText(ByteView bytes) {
  const DecodedText decoded = DecodeText(bytes);
  ReadSubtitles read = Reader(decoded.utf8).Run();
  if (read.subtitles.cues.empty()) {
    return BadInput({}, "holds no subtitles that can be read",
                    "give WebVTT (.vtt) or SubRip (.srt)");
  }
  read.guessed_encoding = decoded.guessed;
  return read;
}

}  // namespace usher::text

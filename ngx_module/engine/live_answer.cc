#include "ngx_module/engine/live_answer.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/layout/layout.h"
#include "ngx_module/engine/live_request.h"

namespace usher::engine {
namespace {

using Step = LiveAnswer::Step;
using Reach = LivePlaylist::Reach;

// A request that is held longer than this many target durations is in vain
// (rfc8216bis 6.2.5.2).
constexpr uint32_t kPatience = 3;
// How long caches may keep an answer, in target durations: appendix B.
constexpr uint32_t kBlockingLifetime = 6;
constexpr uint32_t kPlainLifetimeDivisor = 2;

// A playlist's own text, without a copy of it.
std::shared_ptr<const std::string> TextOf(
    const std::shared_ptr<const LivePlaylist>& playlist) {
  return {playlist, &playlist->text()};
}

LiveAnswer Hold(const LivePlaylist& playlist) {
  return {.step = Step::kHold,
          .body = nullptr,
          .patience = kPatience * playlist.target_duration()};
}

LiveAnswer Send(const LiveFiles::File& file, const LiveRequest& request,
                uint32_t max_age) {
  LiveAnswer answer{.step = Step::kSend,
                    .body = TextOf(file.playlist),
                    .modified = file.modified,
                    .max_age = max_age};
  if (!request.delta) return answer;
  if (auto text = file.playlist->Delta(request.number)) {
    answer.body = std::make_shared<const std::string>(*std::move(text));
  }
  return answer;
}

LiveAnswer AnswerPlaylist(LiveFiles& files, const std::string& file,
                          std::string_view args, bool at_once) {
  const auto request = ParseLiveRequest(args);
  if (!request) return {.step = Step::kBad, .body = nullptr};
  const LiveFiles::File read = files.Read(file);
  if (!read.playlist) return {};
  const uint32_t target = read.playlist->target_duration();
  if (!request->number) {
    return Send(read, *request, std::max(1U, target / kPlainLifetimeDivisor));
  }
  switch (read.playlist->Reaches(*request->number, request->part)) {
    case Reach::kHere:
      return Send(read, *request, kBlockingLifetime * target);
    case Reach::kNext:
      if (at_once) return Send(read, *request, 0);
      return Hold(*read.playlist);
    case Reach::kBeyond:
      break;
  }
  return {.step = Step::kBad, .body = nullptr};
}

bool Exists(const std::string& file) {
  struct stat info{};
  return ::stat(file.c_str(), &info) == 0;
}

LiveAnswer AnswerPart(LiveFiles& files, const std::string& file, bool at_once) {
  if (Exists(file)) return {};
  const size_t slash = file.rfind('/') + 1;
  const auto name = ParsePartName(std::string_view(file).substr(slash));
  const LiveFiles::File read =
      files.Read(file.substr(0, slash) + std::string(layout::kMedia));
  if (!name || !read.playlist) return {};
  // Players of DASH take a segment's number of parts from the one before: one
  // that was cut short has fewer, and they are to learn it at once.
  if (read.playlist->IsComplete(name->number) ||
      read.playlist->Reaches(name->number, name->part) != Reach::kNext) {
    return {.step = Step::kMissing, .body = nullptr};
  }
  if (at_once) return {.step = Step::kStalled, .body = nullptr};
  return Hold(*read.playlist);
}

}  // namespace

LiveAnswer AnswerLive(LiveFiles& files, std::string_view directory,
                      std::string_view path, std::string_view args,
                      bool at_once) {
  const auto resource = layout::Classify(path);
  if (!resource) return {};
  const std::string file = std::string(directory) + std::string(path);
  if (resource->kind == layout::Kind::kMediaPlaylist) {
    return AnswerPlaylist(files, file, args, at_once);
  }
  if (resource->kind == layout::Kind::kPart) {
    return AnswerPart(files, file, at_once);
  }
  return {};
}

}  // namespace usher::engine

// The C door to live playlists.
#include "ngx_module/live_bridge.h"

#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "core/layout/layout.h"
#include "ngx_module/engine/live_answer.h"
#include "ngx_module/engine/live_files.h"
#include "ngx_module/engine/seam.h"

struct usher_live_s {
  usher::engine::LiveFiles files;
};

struct usher_live_body_s {
  std::shared_ptr<const std::string> text;
};

namespace usher::engine {
namespace {

static_assert(USHER_LIVE_STALLED ==
              static_cast<int>(LiveAnswer::Step::kStalled));
static_assert(USHER_LIVE_PLAYLIST == layout::kMedia);

void Ask(LiveFiles& files, usher_view_t directory, usher_view_t path,
         usher_view_t args, bool at_once, usher_live_answer_t& out) {
  LiveAnswer answer =
      AnswerLive(files, Text(directory), Text(path), Text(args), at_once);
  if (answer.body) {
    out.body = View(*answer.body);
    out.held = new usher_live_body_s{std::move(answer.body)};
  }
  out.step = static_cast<usher_live_step_t>(answer.step);
  out.modified = answer.modified;
  out.max_age = answer.max_age;
  out.patience = answer.patience;
}

}  // namespace
}  // namespace usher::engine

usher_live_t* usher_live_create() noexcept {
  return new (std::nothrow) usher_live_s;
}

void usher_live_destroy(usher_live_t* live) noexcept { delete live; }

void usher_live_ask(usher_live_t* live, usher_view_t directory,
                    usher_view_t path, usher_view_t args, int at_once,
                    usher_live_answer_t* answer) noexcept {
  *answer = {};
  try {
    usher::engine::Ask(live->files, directory, path, args, at_once != 0,
                       *answer);
  } catch (...) {  // out of memory: nginx serves the file as it is
    *answer = {};
  }
}

void usher_live_release(usher_live_body_t* held) noexcept { delete held; }

// What stands behind usher_file_t: one watched file, of a kind its users know.
#pragma once

#include <memory>

#include "ngx_module/bridge.h"
#include "ngx_module/engine/watched_file.h"

struct usher_file_s {
  usher_file_kind_t kind;
  std::unique_ptr<usher::engine::WatchedFile> file;
};

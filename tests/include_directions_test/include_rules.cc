#include "tests/include_directions_test/include_rules.h"

#include <algorithm>

namespace usher::testing {
namespace {

// What a folder of core may include besides itself: a folder, or one header
// that is plain data.
struct CoreRule {
  std::string_view folder;
  std::string_view allowed;
};
constexpr CoreRule kCoreRules[] = {
    {"core/crypto/", "core/base/"},
    {"core/ticket/", "core/base/"},
    {"core/ticket/", "core/crypto/"},
    {"core/session/", "core/base/"},
    {"core/session/", "core/crypto/"},
    {"core/session/", "core/ticket/claims.h"},
    {"core/session/", "core/ticket/verdict.h"},
    {"core/hop/", "core/base/"},
    {"core/hop/", "core/crypto/"},
    {"core/keys/", "core/base/"},
    {"core/keys/", "core/crypto/"},
    {"core/playlist/", "core/base/"},
    {"core/layout/", "core/base/"},
    {"core/layout/", "core/keys/key_id.h"},
};

// In the order in which data flows: each sees itself and those before it.
constexpr std::string_view kPackagerStages[] = {
    "packager/config/",   "packager/text/",     "packager/track/",
    "packager/input/",    "packager/fragment/", "packager/encrypt/",
    "packager/mp4/",      "packager/ts/",       "packager/manifest/",
    "packager/storage/",  "packager/segment/",  "packager/inspect/",
    "packager/pipeline/", "packager/live/",     "packager/control/",
    "packager/cli/",      "packager/main.cc",
};

// Libraries and the places that may know them.
struct Door {
  std::string_view library;  // start of the header's name
  std::string_view place;    // start of the file's path
};
constexpr Door kDoors[] = {
    {"libsw", "packager/input/"},      {"openssl/", "core/crypto/"},
    {"pugixml", "core/playlist/"},     {"libav", "packager/input/"},
    {"yaml-cpp/", "packager/config/"}, {"CLI/", "packager/cli/"},
    {"CLI/", "packager/main.cc"},      {"curl/", "packager/inspect/"},
    {"curl/", "packager/input/"},      {"curl/", "packager/storage/"},
    {"srt/", "packager/input/srt/"},   {"curl/", "packager/control/"},
    {"re2/", "core/ticket/"},          {"cbor", "core/ticket/"},
    {"ngx_", "ngx_module/shim/"},      {"nginx.h", "ngx_module/shim/"},
};

bool IsOurs(std::string_view path) {
  return path.starts_with("core/") || path.starts_with("packager/") ||
         path.starts_with("ngx_module/") || path.starts_with("tests/");
}

bool MayIncludeInCore(std::string_view file, std::string_view target) {
  const std::string_view folder =
      file.substr(0, file.find('/', std::string_view("core/").size()) + 1);
  return target.starts_with(folder) ||
         std::ranges::any_of(kCoreRules, [&](const CoreRule& rule) {
           return rule.folder == folder && target.starts_with(rule.allowed);
         });
}

size_t StageOf(std::string_view path) {
  const auto stage = std::ranges::find_if(
      kPackagerStages,
      [path](std::string_view folder) { return path.starts_with(folder); });
  return static_cast<size_t>(stage - std::begin(kPackagerStages));
}

bool MayIncludeInPackager(std::string_view file, std::string_view target) {
  if (target.starts_with("core/")) return true;
  const size_t stage = StageOf(file);
  return target.starts_with("packager/") &&
         stage < std::size(kPackagerStages) && StageOf(target) <= stage;
}

// The shim knows nginx and the seam; the engine knows core and the seam.
bool MayIncludeInModule(std::string_view file, std::string_view target) {
  constexpr std::string_view kShim = "ngx_module/shim/";
  constexpr std::string_view kEngine = "ngx_module/engine/";
  const bool is_seam = target.starts_with("ngx_module/") &&
                       !target.starts_with(kShim) &&
                       !target.starts_with(kEngine);
  if (is_seam) return true;
  if (file.starts_with(kShim)) return target.starts_with(kShim);
  if (file.starts_with(kEngine)) {
    return target.starts_with(kEngine) || target.starts_with("core/");
  }
  return false;
}

bool MayIncludeOurs(std::string_view file, std::string_view target) {
  if (file.starts_with("tests/core/")) {
    return target.starts_with("core/") || target.starts_with("tests/");
  }
  if (file.starts_with("tests/")) return true;
  if (file.starts_with("core/")) return MayIncludeInCore(file, target);
  if (file.starts_with("packager/")) return MayIncludeInPackager(file, target);
  return MayIncludeInModule(file, target);
}

bool MayIncludeLibrary(std::string_view file, std::string_view header) {
  if (file.starts_with("tests/")) return true;
  // Slow to compile, and its types would be everybody's.
  if (header.starts_with("nlohmann/")) return file.ends_with(".cc");
  const auto guards = [header](const Door& door) {
    return header.starts_with(door.library);
  };
  return std::ranges::none_of(kDoors, guards) ||
         std::ranges::any_of(kDoors, [&](const Door& door) {
           return guards(door) && file.starts_with(door.place);
         });
}

}  // namespace

std::optional<std::string> ObjectionTo(std::string_view file,
                                       std::string_view target) {
  const bool allowed = IsOurs(target) ? MayIncludeOurs(file, target)
                                      : MayIncludeLibrary(file, target);
  if (allowed) return std::nullopt;
  return std::string(file) + " may not include " + std::string(target);
}

}  // namespace usher::testing

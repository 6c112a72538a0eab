#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "tests/include_directions_test/include_rules.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

struct Include {
  std::string file;
  std::string target;
};

bool IsSource(const fs::path& path) {
  return path.extension() == ".h" || path.extension() == ".cc" ||
         path.extension() == ".c";
}

// "../bridge.h" in ngx_module/shim/x.c is ngx_module/bridge.h.
std::string Resolved(const fs::path& file, const std::string& target) {
  const fs::path beside = (file.parent_path() / target).lexically_normal();
  return fs::exists(beside) ? beside.string() : target;
}

void ReadIncludes(const fs::path& file, std::vector<Include>& includes) {
  static const std::regex kInclude("^\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"]");
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::smatch match;
    if (!std::regex_search(line, match, kInclude)) continue;
    includes.push_back({file.string(), Resolved(file, match[1].str())});
  }
}

std::vector<Include> IncludesOfTheTree() {
  std::vector<Include> includes;
  for (const char* root : {"core", "packager", "ngx_module", "tests"}) {
    for (auto entry = fs::recursive_directory_iterator(root);
         entry != fs::recursive_directory_iterator(); ++entry) {
      if (entry->path().filename() == "node_modules") {
        entry.disable_recursion_pending();
      } else if (IsSource(entry->path())) {
        ReadIncludes(entry->path(), includes);
      }
    }
  }
  return includes;
}

TEST(IncludeDirections, PointOneWayInTheWholeTree) {
  const std::vector<Include> includes = IncludesOfTheTree();
  ASSERT_GT(includes.size(), 500U) << "not run from the repository's root?";
  for (const Include& include : includes) {
    const auto objection = ObjectionTo(include.file, include.target);
    EXPECT_FALSE(objection) << *objection;
  }
}

TEST(IncludeDirections, AllowWhatTheDesignAllows) {
  const Include allowed[] = {
      {"core/base/hex.cc", "core/base/hex.h"},
      {"core/ticket/verifier.cc", "core/crypto/digest.h"},
      {"core/session/credential.h", "core/ticket/claims.h"},
      {"core/layout/layout.h", "core/keys/key_id.h"},
      {"core/ticket/jwk.cc", "nlohmann/json.hpp"},
      {"core/crypto/aes.cc", "openssl/evp.h"},
      {"packager/mp4/box.cc", "packager/track/track.h"},
      {"packager/pipeline/pipeline.cc", "packager/input/source.h"},
      {"packager/input/source.cc", "libavformat/avformat.h"},
      {"packager/main.cc", "packager/cli/root_command.h"},
      {"packager/cli/key_command.cc", "core/keys/key_store.h"},
      {"ngx_module/engine/engine.cc", "ngx_module/bridge.h"},
      {"ngx_module/engine/engine.cc", "core/session/credential.h"},
      {"ngx_module/shim/phases.c", "ngx_module/bridge.h"},
      {"ngx_module/shim/phases.c", "ngx_http.h"},
      {"core/base/hex.cc", "string"},
  };
  for (const Include& include : allowed) {
    EXPECT_FALSE(ObjectionTo(include.file, include.target))
        << include.file << " " << include.target;
  }
}

TEST(IncludeDirections, RefuseEveryArrowTheOtherWay) {
  const Include refused[] = {
      {"core/base/hex.cc", "core/crypto/digest.h"},
      {"core/crypto/aes.cc", "core/ticket/claims.h"},
      {"core/ticket/verifier.cc", "core/session/credential.h"},
      {"core/session/credential.cc", "core/ticket/verifier.h"},
      {"core/playlist/mpd.cc", "core/crypto/digest.h"},
      {"core/layout/layout.h", "core/keys/key_store.h"},
      {"core/ticket/verifier.cc", "openssl/evp.h"},
      {"core/ticket/jwk.h", "nlohmann/json.hpp"},
      {"core/base/hex.cc", "packager/track/track.h"},
      {"core/base/hex.cc", "ngx_module/bridge.h"},
      {"packager/track/track.cc", "packager/mp4/box.h"},
      {"packager/mp4/box.cc", "packager/cli/command.h"},
      {"packager/unknown/x.cc", "packager/track/track.h"},
      {"packager/mp4/box.cc", "libavformat/avformat.h"},
      {"packager/cli/key_command.cc", "yaml-cpp/yaml.h"},
      {"packager/config/yaml.cc", "CLI/CLI.hpp"},
      {"packager/cli/key_command.cc", "ngx_module/bridge.h"},
      {"ngx_module/engine/engine.cc", "packager/track/track.h"},
      {"ngx_module/engine/engine.cc", "ngx_http.h"},
      {"ngx_module/engine/engine.cc", "ngx_module/shim/phases.h"},
      {"ngx_module/shim/phases.c", "core/base/hex.h"},
      {"ngx_module/shim/phases.c", "ngx_module/engine/engine.h"},
      {"ngx_module/bridge.h", "core/base/bytes.h"},
      {"ngx_module/bridge.h", "ngx_core.h"},
      {"tests/core/ticket/x_test.cc", "packager/track/track.h"},
  };
  for (const Include& include : refused) {
    EXPECT_TRUE(ObjectionTo(include.file, include.target))
        << include.file << " " << include.target;
  }
}

}  // namespace
}  // namespace usher::testing

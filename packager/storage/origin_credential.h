// How the packager proves to an origin that it may publish. A file holds a line
// for each origin, and nobody but its owner and group may read it:
//
//   origin.example.net:8444  basic   packager:PASSWORD
//   mirror.example.net       bearer  TOKEN
//   s3.example.net           s3      ACCESS-KEY:SECRET-KEY[:SESSION-TOKEN]
//
// `*` stands for every origin that no other line names.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/base/secret_bytes.h"

namespace usher {

struct OriginCredential {
  enum class Kind { kBasic, kBearer, kS3 };
  Kind kind = Kind::kBasic;
  SecretBytes secret;
};

// Nothing where the file has no line for it. Errors tell lines, never what
// stands in them.
Result<std::optional<OriginCredential>> ReadCredential(
    const std::filesystem::path& file, const std::string& origin);

}  // namespace usher

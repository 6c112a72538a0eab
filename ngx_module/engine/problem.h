// Answers that say why: application/problem+json (RFC 9457).
#pragma once

#include <string>
#include <string_view>

namespace usher::engine {

// `code` is for programs (docs/answers.md), `detail` for the viewer.
std::string ProblemJson(int status, std::string_view code,
                        std::string_view detail);

}  // namespace usher::engine

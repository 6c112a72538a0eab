#include "ngx_module/engine/problem.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace usher::engine {
namespace {

TEST(ProblemTest, ItHasTheMembersOfRfc9457AndACode) {
  const auto problem =
      nlohmann::json::parse(ProblemJson(403, "ticket_expired", "Say \"it\"."));
  EXPECT_EQ(problem, (nlohmann::json{{"type", "about:blank"},
                                     {"title", "Forbidden"},
                                     {"status", 403},
                                     {"code", "ticket_expired"},
                                     {"detail", "Say \"it\"."}}));
}

}  // namespace
}  // namespace usher::engine

#include "tests/system/attack/attack.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace usher::testing {

void ExpectAnswer(const Attack& attack, const Answer& answer,
                  std::string_view protocol, const GivesAway& gives_away) {
  SCOPED_TRACE(attack.name + " over " + std::string(protocol));
  EXPECT_EQ(answer.status, attack.status) << answer.body;
  if (attack.method != "HEAD") {
    EXPECT_EQ(answer.Code(), attack.code);
  }
  EXPECT_FALSE(gives_away(answer.body));
  bool is_problem = false;
  for (const auto& header : answer.headers) {
    EXPECT_FALSE(gives_away(header.first)) << header.first;
    EXPECT_FALSE(gives_away(header.second)) << header.second;
    is_problem |= header.second == "application/problem+json";
  }
  EXPECT_EQ(is_problem, !attack.code.empty());
}

}  // namespace usher::testing

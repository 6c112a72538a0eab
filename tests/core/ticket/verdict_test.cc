#include "core/ticket/verdict.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/support/temp_dir.h"

namespace usher {
namespace {

constexpr int kCount = static_cast<int>(Denial::kMethodNotAllowed) + 1;

TEST(Verdict, HasTheCodesAndStatusesOfTheContract) {
  EXPECT_EQ(CodeOf(Denial::kTicketMissing), "ticket_missing");
  EXPECT_EQ(HttpStatusOf(Denial::kTicketMissing), 401);
  EXPECT_EQ(HttpStatusOf(Denial::kTicketInvalid), 403);
  EXPECT_EQ(HttpStatusOf(Denial::kSeatsTaken), 409);
  EXPECT_EQ(HttpStatusOf(Denial::kRateLimited), 429);
  EXPECT_EQ(HttpStatusOf(Denial::kBadRequest), 400);
  EXPECT_EQ(CodeOf(Denial::kMethodNotAllowed), "method_not_allowed");
  EXPECT_EQ(HttpStatusOf(Denial::kMethodNotAllowed), 405);
}

TEST(Verdict, GivesEachDenialACodeOfItsOwnAndASentence) {
  std::set<std::string_view> codes;
  for (int i = 0; i < kCount; ++i) {
    const auto denial = static_cast<Denial>(i);
    EXPECT_TRUE(codes.insert(CodeOf(denial)).second) << CodeOf(denial);
    EXPECT_TRUE(SentenceOf(denial).ends_with('.')) << CodeOf(denial);
    // It goes into JSON and HTML as it is.
    EXPECT_EQ(SentenceOf(denial).find_first_of("\"\\<>&\n"),
              std::string_view::npos);
  }
}

TEST(Verdict, IsTheTableOfTheDocumentation) {
  const std::string page = testing::ReadFile("docs/answers.md");
  for (int i = 0; i < kCount; ++i) {
    const auto denial = static_cast<Denial>(i);
    const std::string row = "| " + std::to_string(HttpStatusOf(denial)) +
                            " | `" + std::string(CodeOf(denial)) + "` | " +
                            std::string(SentenceOf(denial)) + " |";
    EXPECT_NE(page.find(row), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace usher

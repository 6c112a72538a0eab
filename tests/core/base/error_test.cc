#include "core/base/error.h"

#include <gtest/gtest.h>

namespace usher {
namespace {

TEST(Error, NamesPlaceFaultAndRemedyInThatOrder) {
  const Error error{ErrorKind::kBadInput, "film.mp4", "is empty",
                    "record it again"};
  EXPECT_EQ(error.OneLine(), "film.mp4: is empty; record it again");
}

TEST(Error, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ((Error{ErrorKind::kFailed, "", "is empty", ""}).OneLine(),
            "is empty");
}

TEST(Error, StaysOneLineWhateverTheFileIsCalled) {
  const Error error{ErrorKind::kBadInput, "a\nb\x1b[31m\x7f", "is empty", ""};
  EXPECT_EQ(error.OneLine(), "a\\nb\\x1b[31m\\x7f: is empty");
}

}  // namespace
}  // namespace usher

#include "core/keys/key_id.h"

#include <gtest/gtest.h>

#include <string>

namespace usher::keys {
namespace {

constexpr char kHex[] = "0123456789abcdeffedcba9876543210";
constexpr char kUuid[] = "01234567-89ab-cdef-fedc-ba9876543210";

TEST(KeyId, IsReadFromHexAndUuidOfEitherCase) {
  for (const char* text : {kHex, "0123456789ABCDEFFEDCBA9876543210", kUuid,
                           "01234567-89AB-CDEF-FEDC-BA9876543210"}) {
    const auto kid = KeyId::Parse(text);
    ASSERT_TRUE(kid) << text;
    EXPECT_EQ(kid->ToHex(), kHex);
    EXPECT_EQ(kid->ToUuid(), kUuid);
  }
}

TEST(KeyId, IsNothingElse) {
  for (const char* text :
       {"", "0", "0123456789abcdeffedcba987654321",
        "0123456789abcdeffedcba98765432100", "0123456789abcdeffedcba987654321g",
        " 123456789abcdeffedcba9876543210",
        // Hyphens in other places, and too many of them.
        "0123-456789ab-cdef-fedc-ba9876543210",
        "01234567-89ab-cdef-fedc-ba98765-3210",
        "------------------------------------",
        "{01234567-89ab-cdef-fedc-ba9876543210}"}) {
    EXPECT_FALSE(KeyId::Parse(text)) << text;
  }
}

}  // namespace
}  // namespace usher::keys

#include "core/ticket/strict_json.h"

#include <gtest/gtest.h>

#include <string>

namespace usher::ticket {
namespace {

using namespace std::string_view_literals;

constexpr size_t kDeep = 8;

TEST(StrictJson, TakesObjectsOfEveryKindOfValue) {
  for (const std::string_view text : {
           "{}"sv,
           " {\"a\" : 1}\n"sv,
           R"({"a":{"b":[1,-2,3.5,1e3,true,false,null,"x"]},"b":[]})"sv,
           R"([{"a":1},{"a":1}])"sv.substr(1, 7),  // {"a":1}
           R"({"a":[{"b":1},{"b":2}]})"sv,         // equal names, other objects
           R"({"a":{"a":{"a":1}}})"sv,
           "{\"a\":\"\xc3\xa9\"}"sv,
           R"({"a":"\ud83d\ude00"})"sv,
       }) {
    EXPECT_TRUE(IsStrictJsonObject(text, kDeep)) << text;
  }
}

TEST(StrictJson, RefusesWhatIsNoJsonObject) {
  for (const std::string_view text : {
           ""sv,
           " "sv,
           "1"sv,
           "\"a\""sv,
           "null"sv,
           "true"sv,
           "[]"sv,
           "[{}]"sv,
           "{"sv,
           "}"sv,
           "{}{}"sv,
           "{} x"sv,
           "{a:1}"sv,
           "{'a':1}"sv,
           "{\"a\":1,}"sv,
           "{\"a\" 1}"sv,
           "{\"a\":}"sv,
           "{\"a\":01}"sv,
           "{\"a\":+1}"sv,
           "{\"a\":.5}"sv,
           "{\"a\":NaN}"sv,
           "{\"a\":Infinity}"sv,
           "{\"a\":1e999}"sv,
           "{\"a\":1}/**/"sv,
           "// c\n{}"sv,
           "{\"a\":\"\n\"}"sv,
           "{\"a\":\"\\x\"}"sv,
           "\xEF\xBB\xBF{}"sv,
           "{}\0"sv,
           "{\"a\":1}\0{\"a\":2}"sv,
           "\0{}"sv,
       }) {
    EXPECT_FALSE(IsStrictJsonObject(text, kDeep)) << text;
  }
}

TEST(StrictJson, RefusesDuplicateMembersAtEveryLevel) {
  for (const char* text : {
           R"({"a":1,"a":1})",
           R"({"a":1,"b":2,"a":3})",
           R"({"a":{"b":1,"b":2}})",
           R"({"a":[{"b":1,"b":2}]})",
           R"({"a":1,"\u0061":2})",
           R"({"":1,"":2})",
       }) {
    EXPECT_FALSE(IsStrictJsonObject(text, kDeep)) << text;
  }
}

TEST(StrictJson, RefusesTextThatIsNotUtf8OrHoldsNul) {
  for (const std::string_view text : {
           "{\"a\":\"\xff\"}"sv,
           "{\"a\":\"\xc3\"}"sv,
           "{\"a\":\"\xc0\x80\"}"sv,
           "{\"a\":\"\xed\xa0\x80\"}"sv,
           R"({"a":"\ud800"})"sv,
           R"({"a":"\udc00\ud800"})"sv,
           R"({"a":"x\u0000y"})"sv,
           R"({"a\u0000":1})"sv,
           "{\"a\":\"\0\"}"sv,
       }) {
    EXPECT_FALSE(IsStrictJsonObject(text, kDeep)) << text;
  }
}

TEST(StrictJson, AllowsNestingUpToTheLimitOnly) {
  const auto nested = [](int arrays) {
    return "{\"a\":" + std::string(static_cast<size_t>(arrays), '[') +
           std::string(static_cast<size_t>(arrays), ']') + "}";
  };
  EXPECT_TRUE(IsStrictJsonObject(nested(7), kDeep));
  EXPECT_FALSE(IsStrictJsonObject(nested(8), kDeep));
  EXPECT_FALSE(IsStrictJsonObject(nested(100'000), kDeep));
  std::string objects = "1";
  for (int i = 0; i < 8; ++i) objects = "{\"a\":" + objects + "}";
  EXPECT_TRUE(IsStrictJsonObject(objects, kDeep));
  EXPECT_FALSE(IsStrictJsonObject("{\"a\":" + objects + "}", kDeep));
}

}  // namespace
}  // namespace usher::ticket

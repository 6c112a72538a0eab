#include "core/ticket/request_uri.h"

#include <gtest/gtest.h>

namespace usher::ticket {
namespace {

TEST(RequestUri, LosesItsTokenWithTheDelimiterThatBelongsToIt) {
  const struct {
    const char* query;
    const char* rest;
  } cases[] = {
      {"t=X", ""},
      {"t=X&a=1", "a=1"},
      {"a=1&t=X", "a=1"},
      {"come=data&t=X&other=data", "come=data&other=data"},
      {"a=1&t=X&b=2&t=Y", "a=1&b=2&t=Y"},
      {"tt=X&a=t=X", "tt=X&a=t=X"},
      {"t", ""},
      {"a&t&b", "a&b"},
      {"", ""},
      {"&&t=X", "&"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(WithoutAttribute(each.query, "t"), each.rest) << each.query;
  }
}

TEST(RequestUri, HasOneSpelling) {
  const struct {
    const char* base;
    const char* target;
    const char* uri;
  } cases[] = {
      {"http://cdni.example", "/foo/bar", "http://cdni.example/foo/bar"},
      {"HTTP://Cdni.Example:80", "/Foo", "http://cdni.example/Foo"},
      {"https://cdni.example:443", "/", "https://cdni.example/"},
      {"https://cdni.example:80", "", "https://cdni.example:80/"},
      {"http://cdni.example:443", "/", "http://cdni.example:443/"},
      {"https://[2001:DB8::1]:443", "/x", "https://[2001:db8::1]/x"},
      {"http://h", "/%7euser/%2f%3A?q=%c3%a9%41",
       "http://h/~user/%2F%3A?q=%C3%A9A"},
      {"http://h", "/100%", "http://h/100%"},
      {"http://h", "/%zz%4", "http://h/%zz%4"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(NormalUri(each.base, each.target), each.uri);
  }
}

}  // namespace
}  // namespace usher::ticket

// Header blocks that no browser sends (RFC 9113 section 8.2 and 8.3).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/system/attack/http2_client.h"
#include "tests/system/attack/stage.h"

namespace usher::testing {
namespace {

TEST(Http2Attacks, FieldsNoBrowserSends) {
  Stage stage;
  const std::string paid = stage.Session("film") + std::string(kSegment);
  const std::string segment(kSegment);
  struct Case {
    const char* name;
    Http2Fields fields;
    int status;
  };
  const auto with = [&](Http2Fields more) {
    Http2Fields fields = {{":method", "GET"},
                          {":scheme", "http"},
                          {":path", segment},
                          {":authority", "x"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
  };
  constexpr int kReset = 0;  // the stream, without an answer
  const Case cases[] = {
      {"two paths, the paid one first",
       {{":method", "GET"},
        {":scheme", "http"},
        {":path", paid},
        {":path", segment},
        {":authority", "x"}},
       400},
      {"two paths, the paid one last", with({{":path", paid}}), 400},
      {"no path",
       {{":method", "GET"}, {":scheme", "http"}, {":authority", "x"}},
       400},
      {"empty path",
       {{":method", "GET"},
        {":scheme", "http"},
        {":path", ""},
        {":authority", "x"}},
       400},
      {"path without a slash",
       {{":method", "GET"},
        {":scheme", "http"},
        {":path", "film/v720/1.m4s"},
        {":authority", "x"}},
       400},
      {"absolute path",
       {{":method", "GET"},
        {":scheme", "http"},
        {":path", "http://x" + segment},
        {":authority", "x"}},
       400},
      {"a line end in the path",
       {{":method", "GET"},
        {":scheme", "http"},
        {":path", segment + "\r\nX: y"},
        {":authority", "x"}},
       kReset},
      {"NUL in the path",
       {{":method", "GET"},
        {":scheme", "http"},
        {":path", segment + std::string(1, '\0')},
        {":authority", "x"}},
       kReset},
      {"no method",
       {{":scheme", "http"}, {":path", segment}, {":authority", "x"}},
       400},
      {"no scheme",
       {{":method", "GET"}, {":path", segment}, {":authority", "x"}},
       400},
      {"a pseudo-header that is none", with({{":status", "200"}}), 400},
      {"a header in capitals", with({{"X-Original-URL", paid}}), kReset},
      {"a line end in a header", with({{"x", "y\r\nauthorization: Bearer z"}}),
       kReset},
      {"NUL in a header", with({{"x", std::string("a\0b", 3)}}), kReset},
      {"a blank in a name", with({{"x y", "z"}}), kReset},
      {"chunked", with({{"transfer-encoding", "chunked"}}), 401},
      {"connection", with({{"connection", "keep-alive"}}), 401},
      {"upgrade", with({{"upgrade", "h2c"}}), 401},
      {"host beside authority", with({{"host", "y"}}), 400},
      {"a content length without content", with({{"content-length", "10"}}),
       400},
      {"many headers", with(Http2Fields(2000, {"x", "y"})), 400},
  };
  for (const Case& attack : cases) {
    SCOPED_TRACE(attack.name);
    const Answer answer = AskHttp2(stage.http2_port(), attack.fields);
    EXPECT_EQ(answer.status, attack.status) << answer.body;
    EXPECT_FALSE(stage.IsGivenAway(answer.body));
  }
  stage.StillServes();
}

}  // namespace
}  // namespace usher::testing

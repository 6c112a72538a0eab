#include "ngx_module/engine/redaction.h"

#include <gtest/gtest.h>

namespace usher::engine {
namespace {

TEST(RedactionTest, OfARefererOnlySchemeAndAuthorityStay) {
  EXPECT_EQ(LoggableReferer("https://a.example:8443/s/x/film?t=1#f"),
            "https://a.example:8443");
  EXPECT_EQ(LoggableReferer("https://a.example?ticket=x"), "https://a.example");
  EXPECT_EQ(LoggableReferer("https://a.example"), "https://a.example");
  EXPECT_EQ(LoggableReferer("/s/x/film"), "");
  EXPECT_EQ(LoggableReferer("/s/x/film?u=http://h/"), "");
  EXPECT_EQ(LoggableReferer("?ticket=x://h"), "");
  EXPECT_EQ(LoggableReferer("ticket"), "");
  EXPECT_EQ(LoggableReferer(""), "");
}

TEST(RedactionTest, AnUnparsedRequestLineEndsWhereASecretCouldBegin) {
  EXPECT_EQ(LoggableRequestLine("GET /film/x HTTP/1.1"),
            "GET /film/x HTTP/1.1");
  EXPECT_EQ(LoggableRequestLine("GET /film/x?ticket=t HTTP/1.1"),
            "GET /film/x");
  EXPECT_EQ(LoggableRequestLine("GET /s/x/film HTTP/1.1"), "GET ");
  EXPECT_EQ(LoggableRequestLine("GET //s/x/film HTTP/1.1"), "GET ");
  EXPECT_EQ(LoggableRequestLine("GET /%73/x/film HTTP/1.1"), "GET /");
  EXPECT_EQ(LoggableRequestLine("GET http://h/s/x HTTP/1.1"), "GET http:");
  EXPECT_EQ(LoggableRequestLine(""), "");
}

}  // namespace
}  // namespace usher::engine

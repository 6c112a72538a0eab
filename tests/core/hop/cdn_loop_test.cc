#include "core/hop/cdn_loop.h"

#include <gtest/gtest.h>

namespace usher::hop {
namespace {

TEST(CdnLoop, AServerHasOneNameAndAnotherServerAnother) {
  EXPECT_EQ(CdnId("box /etc/nginx.conf:12"), CdnId("box /etc/nginx.conf:12"));
  EXPECT_NE(CdnId("box /etc/nginx.conf:12"), CdnId("box /etc/nginx.conf:13"));
  EXPECT_EQ(CdnId("x").size(), 6u + 16u);
}

// RFC 8586 section 2 has these forms.
TEST(CdnLoop, FindsItsNameAmongMembersAndParameters) {
  for (const char* header :
       {"usher-1",
        "foo123.foocdn.example, barcdn.example; trace=\"abcdef\", "
        "usher-1; abc=123; def=\"456\"",
        " usher-1 ", "a,\tusher-1", ",,usher-1,", "USHER-1"}) {
    EXPECT_TRUE(PassedThrough(header, "usher-1")) << header;
  }
  for (const char* header : {"", ",", "usher-11", "usher", "a; usher-1=2",
                             "x usher-1", "\"usher-1\""}) {
    EXPECT_FALSE(PassedThrough(header, "usher-1")) << header;
  }
}

}  // namespace
}  // namespace usher::hop

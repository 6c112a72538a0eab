#include "packager/text/markup.h"

#include <gtest/gtest.h>

namespace usher::text {
namespace {

struct Case {
  std::string_view text;
  std::string_view payload;
  std::string_view settings = "";
};

TEST(Markup, OfSubRipBecomesWebVtts) {
  const Case cases[] = {
      {"plain", "plain"},
      {"<i>a</i> <B>b</B> <u>c</u>", "<i>a</i> <b>b</b> <u>c</u>"},
      {"I <3 you & me", "I &lt;3 you &amp; me"},
      {"a &amp; b &lt;c", "a &amp; b &lt;c"},
      {"a > b", "a &gt; b"},
      {"<font color=\"#FFFF00\">a</font>", "<c.yellow>a</c>"},
      {"<font color=red face='x'>a</font>", "<c.red>a</c>"},
      {"<font color=\"#123456\">a</font>", "a"},
      {"<font size=3>a</font>", "a"},
      {"<i>never closed", "<i>never closed</i>"},
      {"never opened</i>", "never opened"},
      {"<i>a<b>b</i>c</b>", "<i>a<b>b</b></i>c"},
      {"<ibid>", "&lt;ibid&gt;"},
      {"<i", "&lt;i"},
      {"{\\an8}top", "top", "line:0"},
      {"{\\an7\\i1}left{\\i0}", "<i>left</i>",
       "line:0 position:0% align:start"},
      {"{an unclosed brace", "{an unclosed brace"},
      {"{\\never closed", "{\\never closed"},
      {"two\r\n\r\nlines\n", "two\nlines"},
      {"an --> arrow", "an --&gt; arrow"},
      {"bell\a", "bell"},
      {"C:\\New", "C:\\New"},
      {" \n ", ""},
  };
  for (const Case& each : cases) {
    const MarkedText marked = FromSubRip(each.text);
    EXPECT_EQ(marked.payload, each.payload);
    EXPECT_EQ(marked.settings, each.settings) << each.text;
  }
}

TEST(Markup, OfAssBecomesWebVtts) {
  const Case cases[] = {
      {"a\\Nb\\nc\\hd",
       "a\nb\nc\xC2\xA0"
       "d"},
      {"{\\b1}a{\\b0}{\\fs20\\c&HFF&}b", "<b>a</b>b"},
      {"{\\pos(1,2)\\p1}m 0 0 l 1 1{\\p0}text", "text"},
      {"{\\an8}<i>no tag here</i>", "&lt;i&gt;no tag here&lt;/i&gt;", "line:0"},
      {"{comment}a", "{comment}a"},
  };
  for (const Case& each : cases) {
    const MarkedText marked = FromAss(each.text);
    EXPECT_EQ(marked.payload, each.payload);
    EXPECT_EQ(marked.settings, each.settings) << each.text;
  }
}

TEST(Markup, OfWebVttStaysAsItIs) {
  EXPECT_EQ(CleanPayload("<v Bob>Hi &amp; <c.loud>bye</c>\n\n<00:01.000>x"),
            "<v Bob>Hi &amp; <c.loud>bye</c>\n<00:01.000>x");
}

}  // namespace
}  // namespace usher::text

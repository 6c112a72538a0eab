#include "core/playlist/xml_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace usher::playlist {
namespace {

constexpr char kDeclaration[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

TEST(XmlWriter, NestsAndIndents) {
  XmlWriter xml;
  xml.Open("a").Attribute("n", 1);
  xml.Open("b").Close();
  xml.Open("c").Text("t").Close();
  xml.Close();
  EXPECT_EQ(xml.Take(), std::string(kDeclaration) +
                            "<a n=\"1\">\n  <b/>\n  <c>t</c>\n</a>\n");
}

TEST(XmlWriter, EscapesTextAndAttributes) {
  XmlWriter xml;
  xml.Open("a").Attribute("v", "<&>\"'\n").Text("]]><b/>&amp;").Close();
  EXPECT_EQ(xml.Take(),
            std::string(kDeclaration) +
                "<a v=\"&lt;&amp;&gt;&quot;'&#10;\">]]&gt;&lt;b/&gt;&amp;amp;"
                "</a>\n");
}

TEST(XmlWriter, DropsWhatNoXmlDocumentMayHold) {
  XmlWriter xml;
  xml.Open("a").Text(std::string("x\0\x01\x1fy", 5)).Close();
  EXPECT_EQ(xml.Take(), std::string(kDeclaration) + "<a>x   y</a>\n");
}

}  // namespace
}  // namespace usher::playlist

#include "core/playlist/xml_writer.h"

namespace usher::playlist {
namespace {

// XML 1.0 allows no control character but these, not even as a reference.
bool IsXmlCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 || c == '\t' || c == '\n' || c == '\r';
}

void AppendEscaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\t':
      case '\n':
      case '\r':
        // A parser would turn them into spaces in an attribute.
        out += "&#" + std::to_string(c) + ";";
        break;
      default:
        out += IsXmlCharacter(c) ? c : ' ';
    }
  }
}

}  // namespace

XmlWriter::XmlWriter()
    : text_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}

XmlWriter& XmlWriter::Open(const char* name) {
  if (!open_.empty()) EndStartTag(Content::kElements);
  Indent();
  text_.append("<").append(name);
  open_.push_back({name});
  return *this;
}

XmlWriter& XmlWriter::Attribute(const char* name, std::string_view value) {
  text_.append(" ").append(name).append("=\"");
  AppendEscaped(value, text_);
  text_ += '"';
  return *this;
}

XmlWriter& XmlWriter::Attribute(const char* name, uint64_t value) {
  return Attribute(name, std::to_string(value));
}

XmlWriter& XmlWriter::Text(std::string_view text) {
  EndStartTag(Content::kText);
  AppendEscaped(text, text_);
  return *this;
}

XmlWriter& XmlWriter::Close() {
  const Element element = open_.back();
  open_.pop_back();
  if (element.content == Content::kNone) {
    text_ += "/>\n";
    return *this;
  }
  if (element.content == Content::kElements) Indent();
  text_.append("</").append(element.name).append(">\n");
  return *this;
}

void XmlWriter::EndStartTag(Content content) {
  if (open_.back().content != Content::kNone) return;
  open_.back().content = content;
  text_ += content == Content::kElements ? ">\n" : ">";
}

void XmlWriter::Indent() { text_.append(2 * open_.size(), ' '); }

}  // namespace usher::playlist

// Writes an XML document element by element, indented. Escaping is here and
// nowhere else: whatever text is given, the document stays well-formed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace usher::playlist {

class XmlWriter {
 public:
  XmlWriter();  // begins with the XML declaration

  // Opens an element; names are string literals and need no escaping.
  XmlWriter& Open(const char* name);
  // Adds to the element opened last, before any child or text of it.
  XmlWriter& Attribute(const char* name, std::string_view value);
  XmlWriter& Attribute(const char* name, uint64_t value);
  // Text is an element's only content.
  XmlWriter& Text(std::string_view text);
  XmlWriter& Close();

  // The document; every element has been closed.
  std::string Take() { return std::move(text_); }

 private:
  enum class Content { kNone, kText, kElements };
  struct Element {
    const char* name;
    Content content = Content::kNone;
  };

  void EndStartTag(Content content);
  void Indent();

  std::string text_;
  std::vector<Element> open_;
};

}  // namespace usher::playlist

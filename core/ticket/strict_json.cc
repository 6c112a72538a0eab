#include "core/ticket/strict_json.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace usher::ticket {
namespace {

using Json = nlohmann::json;

bool HasNoNul(std::string_view text) {
  return text.find('\0') == std::string_view::npos;
}

// Returning false stops the parser.
class StrictReader final : public nlohmann::json_sax<Json> {
 public:
  explicit StrictReader(size_t max_nesting) : max_nesting_(max_nesting) {}

  bool null() override { return Value(); }
  bool boolean(bool) override { return Value(); }
  bool number_integer(number_integer_t) override { return Value(); }
  bool number_unsigned(number_unsigned_t) override { return Value(); }
  bool number_float(number_float_t, const string_t&) override {
    return Value();
  }
  bool string(string_t& text) override { return Value() && HasNoNul(text); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return Open(); }
  bool key(string_t& name) override {
    return HasNoNul(name) && members_.back().insert(name).second;
  }
  bool end_object() override { return Close(); }
  bool start_array(size_t) override { return !members_.empty() && Open(); }
  bool end_array() override { return Close(); }
  bool parse_error(size_t, const std::string&,
                   const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  // A text that is a bare value is no object.
  bool Value() const { return !members_.empty(); }
  bool Open() {
    members_.emplace_back();
    return members_.size() <= max_nesting_;
  }
  bool Close() {
    members_.pop_back();
    return true;
  }

  size_t max_nesting_;
  std::vector<std::set<std::string>> members_;  // one set per open level
};

}  // namespace

bool IsStrictJsonObject(std::string_view text, size_t max_nesting) {
  // The parser would skip a byte order mark, and take NUL for the end.
  if (text.starts_with("\xEF\xBB\xBF") || !HasNoNul(text)) return false;
  StrictReader reader(max_nesting);
  return Json::sax_parse(text, &reader);
}

}  // namespace usher::ticket

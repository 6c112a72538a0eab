// Action Message Format 0, as far as RTMP commands need it (Adobe's "Action
// Message Format -- AMF 0", 2.2 to 2.13).
//
// Pure functions and plain data. The reader trusts nothing: nesting, counts
// and lengths are bounded by the bytes that are there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/bytes.h"

namespace usher::rtmp {

// Numbers, booleans and strings; anything else that can be read is kNothing.
struct AmfNothing {
  bool operator==(const AmfNothing&) const = default;
};
using AmfScalar = std::variant<AmfNothing, double, bool, std::string>;
using AmfProperties = std::vector<std::pair<std::string, AmfScalar>>;

// One value: a scalar, or an object whose members are scalars (deeper ones
// are read over).
struct AmfValue {
  AmfScalar scalar;
  AmfProperties properties;  // of an object or ECMA array

  const std::string* text() const { return std::get_if<std::string>(&scalar); }
  const double* number() const { return std::get_if<double>(&scalar); }
  // The named property's text; null where there is none.
  const std::string* TextOf(std::string_view name) const;
};

// Takes one value from the front of `bytes`. Nothing where it is malformed.
std::optional<AmfValue> ReadAmf(ByteView& bytes);
// All values of a message. Nothing where one is malformed.
std::optional<std::vector<AmfValue>> ReadAllAmf(ByteView bytes);

class AmfWriter {
 public:
  explicit AmfWriter(Bytes& out) : out_(out) {}
  AmfWriter& Number(double value);
  AmfWriter& Text(std::string_view value);  // at most 65535 bytes
  AmfWriter& Null();
  AmfWriter& Object(
      std::initializer_list<std::pair<std::string_view, std::string_view>>
          texts);

 private:
  Bytes& out_;
};

}  // namespace usher::rtmp

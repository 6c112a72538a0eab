#include "packager/input/rtmp/amf0.h"

#include <algorithm>
#include <bit>

#include "core/base/byte_writer.h"

namespace usher::rtmp {
namespace {

enum Marker : uint8_t {
  kNumber = 0,
  kBoolean = 1,
  kString = 2,
  kObject = 3,
  kNull = 5,
  kUndefined = 6,
  kEcmaArray = 8,
  kObjectEnd = 9,
  kStrictArray = 10,
  kDate = 11,
  kLongString = 12,
};

constexpr int kMaxDepth = 8;
constexpr size_t kMaxValues = 64;  // of one message
constexpr size_t kMaxProperties = 256;

class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}
  std::optional<AmfValue> Value(int depth = 0);
  ByteView rest() const { return bytes_; }

 private:
  std::optional<uint64_t> Integer(size_t size);
  std::optional<std::string> Text(size_t length_size);
  std::optional<AmfValue> Scalar(uint8_t marker);
  std::optional<AmfValue> Members(int depth);
  std::optional<AmfValue> StrictArray(int depth);

  ByteView bytes_;
};

std::optional<AmfValue> Reader::Value(int depth) {
  const auto marker = Integer(1);
  if (!marker || depth > kMaxDepth) return std::nullopt;
  switch (*marker) {
    case kObject:
      return Members(depth);
    case kEcmaArray:  // its count is a hint; the members end as an object's do
      return Integer(4) ? Members(depth) : std::nullopt;
    case kStrictArray:
      return StrictArray(depth);
    default:
      return Scalar(static_cast<uint8_t>(*marker));
  }
}

std::optional<AmfValue> Reader::Scalar(uint8_t marker) {
  switch (marker) {
    case kNumber: {
      const auto bits = Integer(8);
      if (!bits) return std::nullopt;
      return AmfValue{std::bit_cast<double>(*bits), {}};
    }
    case kBoolean: {
      const auto flag = Integer(1);
      if (!flag) return std::nullopt;
      return AmfValue{*flag != 0, {}};
    }
    case kString:
    case kLongString: {
      auto text = Text(marker == kString ? 2 : 4);
      if (!text) return std::nullopt;
      return AmfValue{*std::move(text), {}};
    }
    case kDate:  // milliseconds and a time zone
      return Integer(8) && Integer(2) ? std::optional(AmfValue{})
                                      : std::nullopt;
    case kNull:
    case kUndefined:
      return AmfValue{};
    default:
      return std::nullopt;
  }
}

std::optional<AmfValue> Reader::Members(int depth) {
  AmfValue object;
  while (true) {
    auto name = Text(2);
    if (!name) return std::nullopt;
    if (name->empty() && !bytes_.empty() && bytes_.front() == kObjectEnd) {
      bytes_ = bytes_.subspan(1);
      return object;
    }
    auto value = Value(depth + 1);
    if (!value || object.properties.size() == kMaxProperties) {
      return std::nullopt;
    }
    object.properties.emplace_back(*std::move(name), std::move(value->scalar));
  }
}

std::optional<AmfValue> Reader::StrictArray(int depth) {
  const auto count = Integer(4);
  if (!count || *count > kMaxProperties) return std::nullopt;
  for (uint64_t i = 0; i < *count; ++i) {
    if (!Value(depth + 1)) return std::nullopt;
  }
  return AmfValue{};
}

std::optional<uint64_t> Reader::Integer(size_t size) {
  if (bytes_.size() < size) return std::nullopt;
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value = value << 8 | bytes_[i];
  bytes_ = bytes_.subspan(size);
  return value;
}

std::optional<std::string> Reader::Text(size_t length_size) {
  const auto length = Integer(length_size);
  if (!length || *length > bytes_.size()) return std::nullopt;
  std::string text(AsText(bytes_.first(*length)));
  bytes_ = bytes_.subspan(*length);
  return text;
}

}  // namespace

const std::string* AmfValue::TextOf(std::string_view name) const {
  const auto property = std::ranges::find(
      properties, name, [](const auto& each) { return each.first; });
  return property == properties.end()
             ? nullptr
             : std::get_if<std::string>(&property->second);
}

std::optional<AmfValue> ReadAmf(ByteView& bytes) {
  Reader reader(bytes);
  auto value = reader.Value();
  if (value) bytes = reader.rest();
  return value;
}

std::optional<std::vector<AmfValue>> ReadAllAmf(ByteView bytes) {
  std::vector<AmfValue> values;
  while (!bytes.empty()) {
    auto value = ReadAmf(bytes);
    if (!value || values.size() == kMaxValues) return std::nullopt;
    values.push_back(*std::move(value));
  }
  return values;
}

AmfWriter& AmfWriter::Number(double value) {
  ByteWriter writer(out_);
  writer.U8(kNumber);
  writer.U64(std::bit_cast<uint64_t>(value));
  return *this;
}

AmfWriter& AmfWriter::Text(std::string_view value) {
  ByteWriter writer(out_);
  writer.U8(kString);
  writer.U16(static_cast<uint16_t>(value.size()));
  writer.Text(value);
  return *this;
}

AmfWriter& AmfWriter::Null() {
  ByteWriter(out_).U8(kNull);
  return *this;
}

AmfWriter& AmfWriter::Object(
    std::initializer_list<std::pair<std::string_view, std::string_view>>
        texts) {
  ByteWriter writer(out_);
  writer.U8(kObject);
  for (const auto& [name, text] : texts) {
    writer.U16(static_cast<uint16_t>(name.size()));
    writer.Text(name);
    Text(text);
  }
  writer.U16(0);
  writer.U8(kObjectEnd);
  return *this;
}

}  // namespace usher::rtmp

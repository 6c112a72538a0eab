#include "packager/mp4/box_reader.h"

namespace usher::mp4 {

ByteView FieldReader::Take(size_t count) {
  if (count > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const ByteView taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

uint64_t FieldReader::BigEndian(size_t count) {
  uint64_t value = 0;
  for (const uint8_t byte : Take(count)) value = value << 8 | byte;
  return value;
}

std::optional<BoxView> BoxReader::Next() {
  const ByteView rest = data_.subspan(position_);
  if (rest.empty() || damaged_) return std::nullopt;
  FieldReader header(rest);
  uint64_t size = header.U32();
  BoxView box;
  box.type = AsText(header.Take(4));
  box.offset = position_;
  if (size == 1) {
    size = header.U64();
    box.header_size = 16;
  } else if (size == 0) {
    size = rest.size();  // to the end of the file
  }
  if (!header.ok() || size < box.header_size || size > rest.size()) {
    damaged_ = true;
    return std::nullopt;
  }
  box.body = rest.subspan(box.header_size,
                          static_cast<size_t>(size) - box.header_size);
  position_ += static_cast<size_t>(size);
  return box;
}

std::optional<BoxView> FindBox(ByteView data, std::string_view type) {
  BoxReader boxes(data);
  while (auto box = boxes.Next()) {
    if (box->type == type) return box;
  }
  return std::nullopt;
}

}  // namespace usher::mp4

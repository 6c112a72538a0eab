#include "tests/system/attack/hpack.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace usher::testing {
namespace {

// The lengths of RFC 7541 appendix B, the end of string last. The code is
// canonical: codes of one length are consecutive, in the order of the symbols.
constexpr std::array<uint8_t, 257> kCodeLengths = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28,
    28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28, 6,  10, 10, 12, 13, 6,
    8,  11, 10, 10, 8,  11, 8,  6,  6,  6,  5,  5,  5,  6,  6,  6,  6,  6,  6,
    6,  7,  8,  15, 6,  12, 10, 13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,
    7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14,
    6,  15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,  6,  7,
    6,  5,  5,  6,  7,  7,  7,  7,  7,  15, 11, 14, 13, 28, 20, 22, 20, 20, 22,
    22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23,
    23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22,
    24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22,
    22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19,
    21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21,
    22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27,
    27, 27, 28, 27, 27, 27, 27, 27, 26, 30};
constexpr size_t kLongestCode = 30;
constexpr size_t kEndOfString = 256;

// Symbols by the length of their code.
using Codes = std::array<std::vector<size_t>, kLongestCode + 1>;

Codes MakeCodes() {
  Codes codes;
  for (size_t symbol = 0; symbol < kCodeLengths.size(); ++symbol) {
    codes[kCodeLengths[symbol]].push_back(symbol);
  }
  return codes;
}

// One bit after another; what is left over at the end is padding.
std::string Unpack(std::string_view bytes) {
  static const Codes codes = MakeCodes();
  std::string text;
  size_t length = 0;
  uint32_t code = 0;
  uint32_t first = 0;  // code of the current length
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const auto byte = static_cast<uint8_t>(bytes[bit / 8]);
    code = code << 1 | (byte >> (7 - bit % 8) & 1);
    first = static_cast<uint32_t>(first + codes[length].size()) << 1;
    if (++length > kLongestCode) return text;
    if (code - first >= codes[length].size()) continue;
    const size_t symbol = codes[length][code - first];
    if (symbol == kEndOfString) return text;
    text += static_cast<char>(symbol);
    length = code = first = 0;
  }
  return text;
}

class Reader {
 public:
  explicit Reader(std::string_view block) : rest_(block) {}

  bool AtEnd() const { return rest_.empty(); }
  bool damaged() const { return damaged_; }
  uint8_t Peek() const { return static_cast<uint8_t>(rest_.front()); }

  // An integer behind a prefix of so many bits (section 5.1).
  size_t Number(unsigned bits) {
    const size_t most = (size_t{1} << bits) - 1;
    size_t number = Byte() & most;
    if (number < most) return number;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      const uint8_t byte = Byte();
      number += static_cast<size_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return number;
    }
    damaged_ = true;
    return 0;
  }
  // Section 5.2.
  std::string String() {
    const bool packed = !AtEnd() && (Peek() & 0x80) != 0;
    const size_t size = Number(7);
    if (size > rest_.size()) {
      damaged_ = true;
      return {};
    }
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return packed ? Unpack(bytes) : std::string(bytes);
  }

 private:
  uint8_t Byte() {
    if (rest_.empty()) {
      damaged_ = true;
      return 0;
    }
    const uint8_t byte = Peek();
    rest_.remove_prefix(1);
    return byte;
  }

  std::string_view rest_;
  bool damaged_ = false;
};

}  // namespace

std::optional<std::vector<std::string>> LiteralsOf(std::string_view block) {
  std::vector<std::string> literals;
  Reader reader(block);
  while (!reader.AtEnd() && !reader.damaged()) {
    const uint8_t kind = reader.Peek();
    if ((kind & 0x80) != 0) {
      reader.Number(7);  // a name and a value of the table
      continue;
    }
    if ((kind & 0xe0) == 0x20) {
      reader.Number(5);  // the table's size
      continue;
    }
    const size_t name = reader.Number((kind & 0x40) != 0 ? 6 : 4);
    if (name == 0) literals.push_back(reader.String());
    literals.push_back(reader.String());
  }
  if (reader.damaged()) return {};
  return literals;
}

}  // namespace usher::testing

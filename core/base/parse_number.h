// Whole texts as integers.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace usher {

// Decimal digits, of signed types with a "-" where it is negative, and nothing
// else; nothing where the number does not fit.
template <std::integral T>
std::optional<T> ParseNumber(std::string_view text) {
  T number{};
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [rest, error] = std::from_chars(begin, end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

}  // namespace usher

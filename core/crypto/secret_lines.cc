#include "core/crypto/secret_lines.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/base/hex.h"
#include "core/base/parse_number.h"

namespace usher::crypto {
namespace {

constexpr size_t kMinSecretSize = 32;
constexpr size_t kMaxFileSize = size_t{1} << 20;
constexpr std::string_view kFrom = "from=";
constexpr const char* kForm = "write it as ID:HEX or ID:HEX from=UNIXTIME";

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// The text up to the first of `ends`, which is dropped from `rest` with it.
std::string_view Take(std::string_view& rest, std::string_view ends) {
  const size_t end = std::min(rest.find_first_of(ends), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

// Error texts quote nothing of the line: it holds a secret.
Result<SecretLine> ReadLine(std::string_view text, uint32_t largest_id) {
  SecretLine line;
  if (text.find(':') == std::string_view::npos) {
    return BadInput("", "has no colon behind the id", kForm);
  }
  const auto id = ParseNumber<uint32_t>(Take(text, ":"));
  if (!id || *id > largest_id) {
    return BadInput(
        "", "the id is no number from 0 to " + std::to_string(largest_id),
        kForm);
  }
  auto secret = FromHex(Take(text, " \t"));
  if (!secret) {
    return BadInput("", "the secret is not hexadecimal", kForm);
  }
  line.id = *id;
  line.secret = SecretBytes(*std::move(secret));
  if (line.secret.size() < kMinSecretSize) {
    return BadInput("", "the secret is shorter than 32 bytes",
                    "make one with `openssl rand -hex 32`");
  }
  const std::string_view option = Trimmed(text);
  if (option.empty()) return line;
  const auto from = option.starts_with(kFrom)
                        ? ParseNumber<uint64_t>(option.substr(kFrom.size()))
                        : std::nullopt;
  if (!from) {
    return BadInput("", "what follows the secret is not from=UNIXTIME", kForm);
  }
  line.from = *from;
  return line;
}

}  // namespace

Result<std::vector<SecretLine>> ReadSecretLines(std::string_view text,
                                                std::string_view name,
                                                uint32_t largest_id) {
  if (text.size() > kMaxFileSize) {
    return BadInput(std::string(name), "is larger than 1 MiB");
  }
  std::vector<SecretLine> lines;
  std::set<uint32_t> ids;
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view content = Trimmed(Take(text, "\n"));
    if (content.empty() || content.starts_with('#')) continue;
    const std::string where = std::string(name) + ":" + std::to_string(number);
    auto line = ReadLine(content, largest_id);
    if (!line) {
      return BadInput(where, line.error().what, line.error().mend);
    }
    if (!ids.insert(line->id).second) {
      return BadInput(where, "the id is used by an earlier line",
                      "give each secret an id of its own");
    }
    lines.push_back(*std::move(line));
  }
  if (lines.empty()) {
    return BadInput(std::string(name), "has no secret",
                    "add a line made with `echo 1:$(openssl rand -hex 32)`");
  }
  std::ranges::stable_sort(lines, {}, &SecretLine::from);
  return lines;
}

}  // namespace usher::crypto

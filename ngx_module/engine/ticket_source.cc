#include "ngx_module/engine/ticket_source.h"

#include <algorithm>
#include <utility>

#include "core/base/hex.h"

namespace usher::engine {
namespace {

std::string_view TakeUntil(std::string_view& rest, char separator) {
  const size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view head = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return head;
}

std::string_view WithoutSpace(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b;
  });
}

// A ticket is unreserved characters only, but some mailers encode its dots.
std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte =
        text[i] == '%' ? FromHex(text.substr(i + 1, 2)) : std::nullopt;
    if (byte && byte->size() == 1) {
      decoded += static_cast<char>(byte->front());
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::string TicketOf(const TicketSource& source,
                     const TicketCarriers& carriers) {
  switch (source.kind) {
    case TicketSource::Kind::kQuery:
      return PercentDecoded(ArgumentValue(carriers.query, source.name));
    case TicketSource::Kind::kCookie:
      if (carriers.fetch_site == "cross-site") return {};
      return std::string(CookieValue(carriers.cookie, source.name));
    case TicketSource::Kind::kBearer:
      return std::string(BearerToken(carriers.authorization));
    case TicketSource::Kind::kHeader:
      return std::string(WithoutSpace(carriers.header));
  }
  return {};
}

}  // namespace

FoundTicket FindTicket(std::span<const TicketSource> sources,
                       const TicketCarriers& carriers) {
  for (const TicketSource& source : sources) {
    std::string ticket = TicketOf(source, carriers);
    if (ticket.empty()) continue;
    const bool in_query = source.kind == TicketSource::Kind::kQuery;
    return {std::move(ticket), in_query ? source.name : std::string_view{}};
  }
  return {};
}

std::string_view ArgumentValue(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    std::string_view pair = TakeUntil(query, '&');
    if (TakeUntil(pair, '=') == name) return pair;
  }
  return {};
}

std::string_view CookieValue(std::string_view cookie, std::string_view name) {
  while (!cookie.empty()) {
    std::string_view pair = WithoutSpace(TakeUntil(cookie, ';'));
    if (TakeUntil(pair, '=') == name) return pair;
  }
  return {};
}

std::string_view BearerToken(std::string_view authorization) {
  std::string_view rest = authorization;
  if (!EqualsIgnoringCase(TakeUntil(rest, ' '), "bearer")) return {};
  return WithoutSpace(rest);
}

void BlankTickets(const TicketSource& source, std::span<char> header) {
  const std::string_view text(header.data(), header.size());
  const auto blank = [&](std::string_view part) {
    if (part.empty()) return;
    std::ranges::fill(header.subspan(part.data() - text.data(), part.size()),
                      '-');
  };
  if (source.kind == TicketSource::Kind::kHeader) blank(text);
  if (source.kind == TicketSource::Kind::kBearer) blank(BearerToken(text));
  if (source.kind != TicketSource::Kind::kCookie) return;
  std::string_view rest = text;
  while (!rest.empty()) {
    blank(CookieValue(TakeUntil(rest, ';'), source.name));
  }
}

}  // namespace usher::engine

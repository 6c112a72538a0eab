#include "ngx_module/engine/session_endpoint.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/base64url.h"
#include "core/ticket/strict_json.h"
#include "core/ticket/verifier.h"

namespace usher::engine {
namespace {

using Json = nlohmann::json;

// False where `name` is there, but no string.
bool ReadText(const Json& object, const char* name, std::string& text) {
  const auto member = object.find(name);
  if (member == object.end()) return true;
  if (!member->is_string()) return false;
  text = member->get<std::string>();
  return true;
}

// Null where it is no object, or one that could be read in two ways.
Json ParseObject(std::string_view text) {
  if (!ticket::IsStrictJsonObject(text, ticket::kMaxNesting)) return {};
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

std::string_view HostOf(std::string_view origin) {
  const size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view{}
                                          : origin.substr(scheme + 3);
}

}  // namespace

std::optional<SessionBody> ReadSessionBody(std::string_view body) {
  SessionBody members;
  if (body.empty()) return members;
  const Json object = ParseObject(body);
  if (!object.is_object() || !ReadText(object, "ticket", members.ticket) ||
      !ReadText(object, "event", members.event) ||
      !ReadText(object, "session", members.session)) {
    return {};
  }
  return members;
}

std::string OnlyEventOf(std::string_view ticket) {
  if (ticket.size() > ticket::kMaxTicketSize) return {};
  const size_t first = ticket.find('.');
  const size_t second = ticket.find('.', first + 1);
  if (second == std::string_view::npos) return {};
  const auto payload =
      FromBase64Url(ticket.substr(first + 1, second - first - 1));
  if (!payload) return {};
  const Json claims = ParseObject(AsText(*payload));
  if (!claims.is_object()) return {};
  const auto event = claims.find("event");
  if (event == claims.end()) return {};
  if (event->is_string()) return event->get<std::string>();
  if (event->is_array() && event->size() == 1 && event->front().is_string()) {
    return event->front().get<std::string>();
  }
  return {};
}

bool IsOriginAllowed(std::string_view origin, std::string_view fetch_site,
                     std::string_view host,
                     std::span<const std::string_view> allowed) {
  if (origin.empty()) return true;
  const auto matches = [&](std::string_view entry) {
    return entry == "*" || entry == origin;
  };
  if (std::ranges::any_of(allowed, matches)) return true;
  // A proxy in front may have renamed the host; the browser knows.
  return fetch_site == "same-origin" || HostOf(origin) == host;
}

std::string SessionJson(const OpenedSession& opened) {
  std::string base = "/s/";
  base.append(opened.credential).append("/").append(opened.event).append("/");
  std::string license(opened.scheme);
  license.append("://").append(opened.host).append(base).append("key/");
  const Json answer = {
      {"base", base}, {"license", license}, {"expires", opened.expires}};
  return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace usher::engine

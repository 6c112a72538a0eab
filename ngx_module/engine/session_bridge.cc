// The C door to the session endpoint.
#include <algorithm>
#include <string_view>
#include <vector>

#include "core/layout/layout.h"
#include "ngx_module/bridge.h"
#include "ngx_module/engine/seam.h"
#include "ngx_module/engine/session_endpoint.h"
#include "ngx_module/engine/ticket_source.h"

using namespace usher::engine;  // NOLINT: the C functions below are its door

int usher_session_body(usher_view_t body, usher_buffer_t* scratch,
                       usher_session_body_t* members) noexcept {
  return Guarded(-1, [&] {
    const auto read = ReadSessionBody(Text(body));
    if (!read) return -1;
    members->ticket = Append(read->ticket, scratch);
    members->event = Append(read->event, scratch);
    members->session = Append(read->session, scratch);
    return 0;
  });
}

usher_view_t usher_only_event(usher_view_t ticket,
                              usher_buffer_t* scratch) noexcept {
  return Guarded(usher_view_t{nullptr, 0},
                 [&] { return Append(OnlyEventOf(Text(ticket)), scratch); });
}

usher_view_t usher_bearer(usher_view_t authorization) noexcept {
  return View(BearerToken(Text(authorization)));
}

int usher_is_event(usher_view_t name) noexcept {
  return usher::layout::IsEventName(Text(name)) ? 1 : 0;
}

int usher_origin_allowed(usher_view_t origin, usher_view_t fetch_site,
                         usher_view_t host, const usher_view_t* allowed,
                         size_t allowed_count) noexcept {
  return Guarded(0, [&] {
    std::vector<std::string_view> entries(allowed_count);
    std::transform(allowed, allowed + allowed_count, entries.begin(), Text);
    return IsOriginAllowed(Text(origin), Text(fetch_site), Text(host), entries)
               ? 1
               : 0;
  });
}

int usher_session_json(usher_view_t scheme, usher_view_t host,
                       usher_view_t event, const usher_decision_t* decision,
                       usher_buffer_t* json) noexcept {
  return Guarded(-1, [&] {
    const OpenedSession opened = {
        .scheme = Text(scheme),
        .host = Text(host),
        .event = Text(event),
        .credential = {decision->credential, USHER_CREDENTIAL_SIZE},
        .expires = decision->session.expires};
    return Write(SessionJson(opened), json);
  });
}

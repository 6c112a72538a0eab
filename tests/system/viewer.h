// A viewer with a ticket, at an edge.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/system/box_office.h"
#include "tests/system/http_client.h"

namespace usher::testing {

// "/s/<session>/<event>/...": where the edge leads who shows a ticket there.
inline std::string LedTo(uint16_t edge, std::string_view path,
                         std::string_view ticket) {
  const std::string target =
      std::string(path) + "?ticket=" + std::string(ticket);
  return Get(edge, target).Header("Location");
}

// "/s/<session>" of a good ticket for `event`.
inline std::string SessionAt(uint16_t edge, std::string_view event) {
  const std::string path = "/" + std::string(event) + "/master.m3u8";
  std::string location = LedTo(edge, path, BoxOffice::The().Ticket(event));
  return location.substr(0, location.find('/', 3));
}

// What stands between /s/ and the next slash.
inline std::string CredentialOf(std::string_view location) {
  if (!location.starts_with("/s/")) return {};
  return std::string(location.substr(3, location.find('/', 3) - 3));
}

}  // namespace usher::testing
